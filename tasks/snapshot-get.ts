import { parseDay } from '../lib/dates/day.ts';
import { damagedDays, setsOf } from '../lib/dataset/snapshot.ts';
import { NoDataError, UsageError } from '../lib/errors.ts';
import { getHistory, getRecord, textOf } from '../lib/operations/merge/get.ts';
import { withChain } from '../lib/operations/merge/read.ts';
import { demandNone, faultsOf, stateFaults } from '../lib/operations/merge/verify.ts';
import { countText } from '../lib/operations/pack/wording.ts';
import { defineTask } from '../lib/task/define.ts';
import { effectsOf } from './snapshot-options.ts';

export const snapshotGet = defineTask({
  name: 'snapshot:get',
  summary: 'Print the state of one record, or how it has changed over the days',
  usage: `--dataset=<name> (--key=<value>)... [--as-of=<day> | --history]

Options:
  --dataset=<name>  Whose sets snapshot:full and snapshot:increment made.
  --key=<value>     Of the record; once for each column of the key, in their order.
  --as-of=<day>     Default: the last one.
  --history         Each day that changed the record, as lines of JSON.

For example:
  pipe snapshot:get -- --dataset=users --key=2 --as-of=2026-11-18
  pipe snapshot:get -- --dataset=users --key=2 --history`,
  complete: { dataset: 'dataset' },
  async run({ dataset, key, history, ...args }, context) {
    const effects = { ...(await effectsOf(context, undefined)), store: context.store };
    if (history) {
      if (args['as-of'] !== undefined)
        throw new UsageError('--history goes over all days; leave --as-of out');
      const changes = await withChain(context.store, dataset, undefined, () =>
        getHistory(effects, dataset, key),
      );
      if (changes.length === 0) throw unknown(dataset, key);
      const lines = changes.map(
        ({ day, change, record }) =>
          `{"date":${JSON.stringify(day)},"change":"${change}","record":${textOf(record)}}\n`,
      );
      return { output: lines.join('') };
    }
    const asOf = args['as-of'] === undefined ? undefined : parseDay(args['as-of'], '--as-of');
    const record = await withChain(context.store, dataset, asOf, (chain) =>
      getRecord(effects, chain, key),
    );
    if (!record) throw unknown(dataset, key);
    return { output: `${textOf(record)}\n` };
  },
});

export const snapshotVerify = defineTask({
  name: 'snapshot:verify',
  summary: 'Read all sets back: chain, keys, counts and checksums, as of every day',
  usage: `--dataset=<name> [--memory=<size>]

Options:
  --dataset=<name>  Whose sets snapshot:full and snapshot:increment made.
  --memory=<size>   At most, such as 800MB; default: what there is.

For example:
  pipe snapshot:verify -- --dataset=users`,
  complete: { dataset: 'dataset' },
  async run({ dataset, memory }, context) {
    const sets = await setsOf(context.store, dataset);
    if (sets.length === 0)
      throw new NoDataError(
        `'${dataset}' has no sets in the store ${context.store.uri}; store one with snapshot:full`,
      );
    const effects = await effectsOf(context, memory);
    const lost = await damagedDays(context.store, dataset);
    const faults = [
      ...lost.map((day) => ({ day, problem: 'has lost files' })),
      ...(await faultsOf(effects, sets)),
      ...(await stateFaults(effects, sets)),
    ];
    demandNone(
      dataset,
      faults,
      'Restore these files from a copy, or store the whole state of today anew with snapshot:full.',
    );
    const fulls = sets.filter(({ set }) => set.kind === 'full').length;
    context.log(
      `${dataset}: ${countText(sets.length)} days from ${sets[0]?.day} to ${sets.at(-1)?.day}, ${fulls} of them full sets, are as they were published`,
    );
  },
});

function unknown(dataset: string, key: readonly string[]): NoDataError {
  return new NoDataError(`'${dataset}' has no record with the key '${key.join(', ')}'`);
}
