import { chainOf } from '../../dataset/snapshot.ts';
import type { Chain, StoredSet } from '../../dataset/snapshot.ts';
import { UserError } from '../../errors.ts';

/** What a day's set stands on: those before it, and what the day holds now. */
export interface Standing {
  /** The state before the day; undefined where there is none. */
  readonly before: Chain | undefined;
  /** What is published of the day. */
  readonly present: StoredSet | undefined;
}

/**
 * What is there for a set of a day. Sets come in the order of their days: throws UserError where a
 * later one is there, since it was made from what came before it.
 */
export function standingOf(dataset: string, sets: readonly StoredSet[], day: string): Standing {
  const last = sets.at(-1);
  if (last && last.day > day) {
    throw new UserError(
      `${dataset}: the set of ${day} comes too late, since those up to ${last.day} are there and were made without it. ` +
        `Leave it out, or store a whole state from here on: pipe snapshot:full -- --dataset=${dataset} --from=<uri>`,
    );
  }
  const present = sets.find((set) => set.day === day);
  const earlier = sets.filter((set) => set.day < day);
  return { before: chainOf(earlier), present };
}

/**
 * Throws UserError for a state of no records, or of less than half as many as were there before,
 * which is more often a fault of the source than the truth.
 */
export function checkShrink(dataset: string, keys: number, before: Chain | undefined): void {
  const known =
    before && [...before.increments, before.full].findLast(({ set }) => set.keys !== undefined);
  const last = known?.set.keys ?? 0;
  if (keys > 0 && keys * 2 >= last) return;
  const than = known ? `; the set of ${known.day} has ${last}` : '';
  throw new UserError(
    `${dataset}: the new state has ${keys} records${than}. Nothing was published; look at the source, or take it with --allow-shrink.`,
  );
}
