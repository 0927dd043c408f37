import { setPartition, setsOf } from '../lib/dataset/snapshot.ts';
import type { StoredSet } from '../lib/dataset/snapshot.ts';
import { UserError } from '../lib/errors.ts';
import { finishRemovals, planExpiry, removeSets } from '../lib/operations/merge/expire.ts';
import type { Expiry } from '../lib/operations/merge/expire.ts';
import { noState } from '../lib/operations/merge/read.ts';
import { demandNone, faultsOf } from '../lib/operations/merge/verify.ts';
import { bytesText } from '../lib/operations/pack/wording.ts';
import { defineTask } from '../lib/task/define.ts';
import type { PlanContext } from '../lib/task/task.ts';
import { integer } from '../lib/task/values.ts';
import { dayIn, effectsOf } from './snapshot-options.ts';

interface ExpireArgs {
  readonly dataset: string;
  readonly 'keep-days': string;
  readonly 'keep-full': string;
  readonly 'grace-hours': string;
}

export const snapshotExpire = defineTask({
  name: 'snapshot:expire',
  summary: 'Delete sets that newer full sets made obsolete; dry run shows which',
  usage: `--dataset=<name> [--keep-days=<n>] [--keep-full=<n>] [--grace-hours=<n>] [--memory=<size>]

Options:
  --dataset=<name>   Whose sets snapshot:full and snapshot:increment made.
  --keep-days=<n>    Days back from today that stay readable [default: 30].
  --keep-full=<n>    Full sets that stay at least [default: 1].
  --grace-hours=<n>  How old the full set must be that makes others obsolete: longer than any read [default: 24].
  --memory=<size>    At most, such as 800MB; default: what there is.

For example:
  pipe --dry-run snapshot:expire -- --dataset=users --keep-days=90`,
  complete: { dataset: 'dataset' },
  async estimate(args, context) {
    const expiry = await expiryOf(args, context, context.now);
    return {
      title: 'Sets to be deleted',
      columns: [
        { name: 'day', kind: 'text' },
        { name: 'set', kind: 'text' },
        { name: 'records', kind: 'number' },
      ],
      rows: expiry.obsolete.map(({ day, set, manifest }) => [day, set.kind, manifest.rows.out]),
      notes: [textOf(expiry)],
    };
  },
  outputs: async ({ dataset }, { store }) => {
    const last = (await setsOf(store, dataset)).at(-1);
    if (!last) throw noState(store, dataset, [], undefined);
    const partition = setPartition(dataset, last.day);
    return [{ partition, inputs: [], lease: { dataset, keys: {} }, optional: true }];
  },
  async run(args, context) {
    const { dataset } = args;
    await finishRemovals(context.store, dataset);
    const sets = await setsOf(context.store, dataset);
    const expiry = await expiryOf(args, context, context.clock());
    context.log(`${dataset}: ${textOf(expiry)}`);
    const { keeper, obsolete, waitsUntil } = expiry;
    if (!keeper || obsolete.length === 0 || waitsUntil !== undefined) return;
    const effects = await effectsOf(context, args.memory);
    demandNone(
      dataset,
      await faultsOf(effects, [keeper]),
      'Nothing was deleted, since the older sets may be needed to mend this.',
    );
    // Reading them back may have taken long.
    const now = await setsOf(context.store, dataset);
    if (etagsOf(now) !== etagsOf(sets)) {
      throw new UserError(
        `${dataset}: a set was stored meanwhile, so nothing was deleted. Run the same command again.`,
        { retryable: true },
      );
    }
    const bytes = await removeSets(context.store, dataset, sets, obsolete);
    context.log(`${dataset}: ${obsolete.length} sets deleted, ${bytesText(bytes)}`);
  },
});

async function expiryOf(args: ExpireArgs, context: PlanContext, now: number): Promise<Expiry> {
  const count = (name: 'keep-days' | 'keep-full', min: number): number =>
    integer(args[name], { option: `--${name}`, min });
  return planExpiry(await setsOf(context.store, args.dataset), {
    today: dayIn(undefined, context),
    keepDays: count('keep-days', 1),
    keepFull: count('keep-full', 1),
    now,
    graceMs: integer(args['grace-hours'], { option: '--grace-hours', min: 0 }) * 3_600_000,
  });
}

function etagsOf(sets: readonly StoredSet[]): string {
  return sets.map(({ etag }) => etag).join(' ');
}

function textOf({ keeper, obsolete, waitsUntil }: Expiry): string {
  if (!keeper || obsolete.length === 0) return 'no set is obsolete';
  const sets = `${obsolete.length} sets before the full one of ${keeper.day} are obsolete`;
  return waitsUntil === undefined ? sets : `${sets}; they stay until ${waitsUntil}`;
}
