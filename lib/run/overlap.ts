import { prefixOf } from '../dataset/layout.ts';
import type { Partition } from '../dataset/layout.ts';
import type { OutputState } from '../task/task.ts';
import type { Leases, Taken } from './leases.ts';

/** Asked by a publish of a partition that replaces generation `published`; gives its own. */
export type Confirm = (partition: Partition, published: number) => Promise<number>;

/** What a leaf does when it holds the leases on its outputs. */
export interface Guarded<Result> {
  readonly work: (confirm: Confirm) => Promise<Result>;
  /** Another run makes an output, or this run is to stop: there is nothing to do here. */
  readonly instead: (taken: Exclude<Taken, { readonly kind: 'held' }>) => Result;
  readonly log: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Does the work of a leaf under leases on its outputs. Throws LockedError where they cannot be had. */
export async function underLeases<Result>(
  leases: Leases,
  outputs: readonly OutputState[],
  { work, instead, log, signal }: Guarded<Result>,
): Promise<Result> {
  const wanted = new Map<string, number>();
  const scopes = new Map<string, string>();
  for (const output of outputs) {
    const scope = prefixOf(output.lease ?? output.partition);
    const published = output.manifest?.generation ?? 0;
    scopes.set(prefixOf(output.partition), scope);
    wanted.set(scope, Math.max(wanted.get(scope) ?? 0, published));
  }
  const taken = await leases.take(wanted, { log, signal });
  if (taken.kind !== 'held') return instead(taken);
  const { holding } = taken;
  try {
    return await work((partition, published) => {
      const prefix = prefixOf(partition);
      return holding.confirm(scopes.get(prefix) ?? prefix, published);
    });
  } finally {
    await holding.giveBack();
  }
}
