import { directLookup } from '../dataset/lookup.ts';
import type { Lookup } from '../dataset/lookup.ts';
import { messageOf, NoDataError, UserError } from '../errors.ts';
import { codeOf } from '../store/fault.ts';
import type { Invocation } from '../task/invocation.ts';
import { assessAll } from './assess.ts';
import type { Assessed } from './assess.ts';
import { Leaf } from './leaf-work.ts';
import type { LeafEffects, LeafResult } from './leaf-work.ts';
import type { Taken } from './leases.ts';
import type { RunOptions } from './options.ts';
import { underLeases } from './overlap.ts';
import type { Confirm } from './overlap.ts';
import { declaredRecord } from './partition-record.ts';
import { isRenewal } from './renew.ts';

/**
 * Runs one leaf: looks whether its outputs are up to date, does the work where they are not, and
 * holds the task to what it declared. Throws what the task throws.
 */
export async function runLeaf(
  invocation: Invocation,
  options: RunOptions,
  effects: LeafEffects,
): Promise<LeafResult> {
  const { leases, log, attempt, lookup } = effects;
  const first = await lookAt(invocation, options, effects, lookup);
  if (first.settled) return first.settled;
  const { assessed } = first;
  if (!assessed) return await work(new Leaf(invocation, options, effects));
  if (!leases && !lookup) return await work(new Leaf(invocation, options, effects, assessed));
  const again = async (confirm?: Confirm): Promise<LeafResult> => {
    // Whoever held the leases until now may have done the work, and a first look may be old.
    const now = await lookAt(invocation, options, effects);
    return (
      now.settled ?? (await work(new Leaf(invocation, options, effects, now.assessed, confirm)))
    );
  };
  if (!leases) return await again();
  return await underLeases<LeafResult>(leases, assessed, {
    log,
    signal: attempt.signal,
    instead: (taken) => notHeld(taken, assessed, effects),
    work: again,
  });
}

/** What a look at a leaf finds: a result where there is nothing to do, and the outputs that it declares. */
export interface Look {
  readonly settled?: LeafResult | undefined;
  readonly assessed?: readonly Assessed[];
}

/**
 * Looks whether the outputs of a leaf are up to date. Throws NoDataError when there is nothing to
 * make them from. A bulk lookup may tell what was a while ago, but nothing that this run has changed
 * since.
 */
export async function lookAt(
  invocation: Invocation,
  options: RunOptions,
  { declare }: Pick<LeafEffects, 'declare'>,
  lookup: Lookup = directLookup(options.store),
): Promise<Look> {
  const assessed = await assessAll(invocation, options, lookup);
  if (assessed.length === 0) {
    return isRenewal(invocation, options.renewBefore) ? { settled: nothingToRenew } : {};
  }
  declare(assessed.map(declaredRecord));
  return { assessed, settled: settled(assessed, invocation, options) };
}

const nothingToRenew: LeafResult = {
  status: 'skipped',
  outputs: [],
  reason: 'never made, and --lookback renews only',
};

async function work(leaf: Leaf): Promise<LeafResult> {
  try {
    return await leaf.run();
  } catch (error) {
    throw explained(error);
  } finally {
    await leaf.close();
  }
}

/** A full disk is no bug of the task that came upon it. */
function explained(error: unknown): unknown {
  const code = codeOf(error);
  if (error instanceof UserError || (code !== 'ENOSPC' && code !== 'EDQUOT')) return error;
  return new UserError(
    `${messageOf(error)}. Nothing half-written is visible; free some space and run the same command again.`,
    { cause: error },
  );
}

/** The result where there is nothing to make; throws when there is nothing to make it from. */
function settled(
  assessed: readonly Assessed[],
  invocation: Invocation,
  { force, renewBefore }: RunOptions,
): LeafResult | undefined {
  const partitions = assessed.map(declaredRecord);
  const skipped: LeafResult = { status: 'skipped', outputs: [], partitions };
  if (isRenewal(invocation, renewBefore)) {
    if (assessed.some(({ state }) => state === 'stale')) return undefined;
    const isDone = assessed.every(({ state }) => state === 'done');
    return isDone ? skipped : { ...nothingToRenew, partitions };
  }
  if (assessed.every(({ state }) => state === 'no-data')) {
    throw new NoDataError(assessed.flatMap(({ because }) => because).join('; '));
  }
  return !force && assessed.every(({ state }) => state === 'done') ? skipped : undefined;
}

/** The result of a leaf whose leases are another run's, or are no longer wanted. */
export function notHeld(
  taken: Exclude<Taken, { readonly kind: 'held' }>,
  assessed: readonly Assessed[],
  { attempt, log }: LeafEffects,
): LeafResult {
  attempt.signal.throwIfAborted();
  const partitions = assessed.map(declaredRecord);
  if (taken.kind === 'stopped') return { status: 'cancelled', outputs: [], partitions };
  log(`skipped: ${taken.reason}`);
  return { status: 'skipped', outputs: [], partitions, reason: taken.reason };
}
