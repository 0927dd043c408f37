import { parseDay } from '../lib/dates/day.ts';
import { chainOf, setPartition, setsOf } from '../lib/dataset/snapshot.ts';
import { prefixOf } from '../lib/dataset/layout.ts';
import { finishRemovals } from '../lib/operations/merge/expire.ts';
import { mergeSets } from '../lib/operations/merge/merge.ts';
import { noState } from '../lib/operations/merge/read.ts';
import { countText } from '../lib/operations/pack/wording.ts';
import { defineTask } from '../lib/task/define.ts';
import type { Output, PlanContext } from '../lib/task/task.ts';
import { integer } from '../lib/task/values.ts';
import { bucketSize, mergeEffectsOf } from './snapshot-options.ts';

export const snapshotMerge = defineTask({
  name: 'snapshot:merge',
  summary: 'Merge the last full set and the increments after it into a new full set',
  usage: `--dataset=<name> [--date=<day>] [--when=<auto|always>] [--reads-per-day=<n>] [--bucket-rows=<n>] [--memory=<size>]

Options:
  --dataset=<name>     Whose sets snapshot:full and snapshot:increment made.
  --date=<day>         Whose increment the full set replaces; default: the last one.
  --when=<auto|always>  auto: when reading the increments comes to cost more than merging them [default: auto].
  --reads-per-day=<n>  How often the state is read [default: 1].
  --bucket-rows=<n>    Records of a file; default: as many as make 16 MiB.
  --memory=<size>      At most, such as 800MB; default: what there is.

For example:
  pipe snapshot:merge -- --dataset=users
  pipe snapshot:merge -- --dataset=users --when=always`,
  complete: { dataset: 'dataset' },
  outputs: (args, context) => mergeOutput(args, context),
  async run({ dataset, when, ...args }, context) {
    const day = context.outputs[0]?.partition.keys['date'];
    const sets = await setsOf(context.store, dataset);
    const effects = await mergeEffectsOf(context, args.memory);
    const merging = await mergeSets(effects, sets, {
      dataset,
      // A set that was stored while this one waited for its lease is none of its business.
      ...(day !== undefined && { day }),
      when,
      readsPerDay: integer(args['reads-per-day'], { option: '--reads-per-day', min: 0 }),
      bucketSize: bucketSize(args['bucket-rows']),
    });
    if (!merging) {
      // One that was cut off behind its commit has left files.
      await finishRemovals(context.store, dataset);
      return context.log(`${dataset}: the set is a full one already`);
    }
    context.log(`${dataset}: ${merging.cost.text}`);
    if (!merging.merged) return;
    const { rewritten, carried, joined, rows } = merging.merged;
    context.log(
      `${dataset}: ${rewritten} buckets rewritten with ${countText(rows.out)} records, ${carried} taken over as they are`,
    );
    if (joined > 0) context.log(`${dataset}: ${joined} small buckets joined, since keys are gone`);
  },
});

/** The set whose increment a full one replaces. */
async function mergeOutput(
  { dataset, date }: { readonly dataset: string; readonly date?: string },
  { store }: PlanContext,
): Promise<readonly Output[]> {
  const sets = await setsOf(store, dataset);
  const chain = chainOf(sets, date === undefined ? undefined : parseDay(date, '--date'));
  if (!chain) {
    throw noState(store, dataset, sets, date);
  }
  return [
    {
      partition: setPartition(dataset, chain.tip.day),
      inputs: [chain.full, ...chain.increments].map((set) => ({
        name: prefixOf(setPartition(dataset, set.day)),
        version: set.etag,
      })),
      lease: { dataset, keys: {} },
      optional: true,
    },
  ];
}
