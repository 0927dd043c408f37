import { chainOf, setPartition, setsOf } from '../lib/dataset/snapshot.ts';
import type { Chain } from '../lib/dataset/snapshot.ts';
import { parseDay } from '../lib/dates/day.ts';
import { NoDataError, UsageError, UserError } from '../lib/errors.ts';
import { baseOf, inputsOf, isDerived } from '../lib/operations/derive/base.ts';
import { storeDerived } from '../lib/operations/derive/derive.ts';
import { gather } from '../lib/operations/derive/gather.ts';
import { standingOf } from '../lib/operations/merge/guards.ts';
import { withChain } from '../lib/operations/merge/read.ts';
import { countText } from '../lib/operations/pack/wording.ts';
import { defineTask } from '../lib/task/define.ts';
import type { Output, PlanContext } from '../lib/task/task.ts';
import { integer } from '../lib/task/values.ts';
import { codeOf, computingOf } from './snapshot-derive-with.ts';
import { bucketSize, effectsOf } from './snapshot-options.ts';

export const snapshotDerive = defineTask({
  name: 'snapshot:derive',
  summary: 'Compute attributes of records: those that are new or changed, and those that failed',
  usage: `--dataset=<name> --to=<derived> --with=<module> [--date=<day>] [--concurrency=<n>]
  [--max-rejects=<n>] [--allow-shrink] [--accept-schema] [--bucket-rows=<n>] [--memory=<size>]

Options:
  --dataset=<name>     Whose sets snapshot:full and snapshot:increment made.
  --to=<derived>       Where the derived sets go: the key of a record, and what was computed of it.
  --with=<module>      SQL: attributes.sql, a select over the table records with its key. JavaScript or
                       TypeScript: attributes.ts, which exports a function (record, context) => row; with
                       export const batch = 100 it takes and gives lists. A task:
                       it takes a file of records by --from and writes rows with their key to --to.
  --date=<day>         Of the set whose records these are; default: the last one.
  --concurrency=<n>    Calls of a function under way at once [default: 16].
  --max-rejects=<n>    Publish nothing when more records fail; default: any number, but not all.
  --allow-shrink       Take a set of no rows, or of less than half as many as the last one.
  --accept-schema      Take columns whose types do not fit those of the rows that are kept.
  --bucket-rows=<n>    Rows of a file; default: as many as make 16 MiB.
  --memory=<size>      At most, such as 800MB; default: what there is.

For example:
  pipe snapshot:derive -- --dataset=users --to=users/attributes --with=attributes.sql`,
  complete: { dataset: 'dataset', with: 'file' },
  outputs: async (args, context) => [await deriveOutput(args, context)],
  async run({ dataset, to, ...args }, context) {
    const effects = {
      ...(await effectsOf(context, args.memory)),
      signal: context.signal,
      progress: (done: number, total: number) => context.progress(done, total),
    };
    const computing = await computingOf(args.with, context, effects, {
      concurrency: integer(args.concurrency, { option: '--concurrency', min: 1 }),
    });
    const { day } = (await sourceOf({ dataset, date: args.date }, context)).tip;
    const derived = await setsOf(context.store, to);
    const isForced = context.outputs.some(({ because }) => because.includes('--force'));
    const { gathered, base, tip } = await withChain(context.store, dataset, day, async (chain) => {
      const sources = await setsOf(context.store, dataset);
      const { code } = computing;
      const found = isForced ? '--force' : baseOf({ dataset, sources, derived, day, code });
      if (typeof found === 'string') context.log(`${to}: all is computed, since ${found}`);
      const from = typeof found === 'string' ? undefined : found;
      return { gathered: await gather(effects, chain, from), base: from, tip: chain.tip };
    });
    const counts = await storeDerived(effects, gathered, computing, {
      dataset: to,
      day,
      base,
      inputs: inputsOf(tip, computing),
      standing: standingOf(to, derived, day),
      maxRejects:
        args['max-rejects'] === undefined
          ? Infinity
          : integer(args['max-rejects'], { option: '--max-rejects', min: 0 }),
      acceptSchema: args['accept-schema'],
      allowShrink: args['allow-shrink'],
      bucketSize: bucketSize(args['bucket-rows']),
    });
    const texts = Object.entries(counts).map(([name, count]) => `${countText(count)} ${name}`);
    context.log(`${to} of ${day}: ${texts.join(', ')}`);
  },
});

/** Days whose sets wait to be derived, in order; where none does, the last one, whose rejects may be tried again. */
export async function daysToDerive(
  store: PlanContext['store'],
  dataset: string,
  to: string,
): Promise<readonly string[]> {
  const days = (await setsOf(store, dataset)).map(({ day }) => day);
  const last = (await setsOf(store, to)).at(-1)?.day;
  const waiting = last === undefined ? [] : days.filter((day) => day > last);
  return waiting.length > 0 ? waiting : days.slice(-1);
}

interface DeriveArgs {
  readonly dataset: string;
  readonly to: string;
  readonly with: string;
  readonly date?: string;
}

async function deriveOutput(args: DeriveArgs, context: PlanContext): Promise<Output> {
  const { dataset, to } = args;
  const { tip } = await sourceOf(args, context);
  const derived = await setsOf(context.store, to);
  const last = derived.at(-1);
  if (to === dataset || (last && !isDerived(last, dataset))) {
    throw new UsageError(
      `--to: '${to}' holds sets that were not derived of '${dataset}'; name another dataset, such as --to=${dataset}/derived`,
    );
  }
  if (last && last.day > tip.day) {
    throw new UserError(
      `${to}: the set of ${tip.day} comes too late, since those up to ${last.day} are there and were derived without it; leave --date out`,
    );
  }
  const failed = last?.day === tip.day ? last.manifest.rows.rejected : 0;
  return {
    partition: setPartition(to, tip.day),
    inputs: [
      ...inputsOf(tip, await codeOf(args.with, context)),
      // Records that failed are tried again, whenever somebody asks.
      ...(failed > 0 ? [{ name: `${failed} rejects to try again`, version: 'now' }] : []),
    ],
    argv: ['derive', `--dataset=${dataset}`],
    lease: { dataset: to, keys: {} },
    optional: true,
  };
}

/** The chain of the set of the day that is asked for, or of the last one. */
async function sourceOf(
  { dataset, date }: { readonly dataset: string; readonly date?: string | undefined },
  { store }: Pick<PlanContext, 'store'>,
): Promise<Chain> {
  const day = date === undefined ? undefined : parseDay(date, '--date');
  const chain = chainOf(await setsOf(store, dataset), day);
  if (chain && (day === undefined || chain.tip.day === day)) return chain;
  throw new NoDataError(
    `'${dataset}' has no set${day === undefined ? 's' : ` of ${day}`} in the store ${store.uri}; store one with snapshot:full, snapshot:increment or snapshot:diff`,
  );
}
