import { createHash } from 'node:crypto';
import { parsePrefix, prefixOf } from '../../dataset/layout.ts';
import { versionOf } from '../../dataset/manifest.ts';
import type { Input } from '../../dataset/manifest.ts';
import type { Computing } from './computing.ts';
import { chainOf, setPartition } from '../../dataset/snapshot.ts';
import type { Chain, StoredSet } from '../../dataset/snapshot.ts';

/** A derived set whose rows can be kept, and the state of the source that it was made from. */
export interface Base {
  readonly set: StoredSet;
  readonly source: Chain;
}

export interface BaseOptions {
  /** The source. */
  readonly dataset: string;
  readonly sources: readonly StoredSet[];
  readonly derived: readonly StoredSet[];
  readonly day: string;
  /** Hash of the code that computes. */
  readonly code: string;
}

/** What a derived set is made of: a state of its source, and the code that computes. */
export function inputsOf(tip: StoredSet, { uri, code }: Pick<Computing, 'uri' | 'code'>): Input[] {
  const partition = setPartition(tip.manifest.dataset, tip.day);
  return [
    { name: prefixOf(partition), version: stateVersion(tip) },
    { name: uri, version: code },
  ];
}

/** Whether a set, or those that were merged into it, was derived of a dataset. */
export function isDerived(set: StoredSet, dataset: string): boolean {
  return madeOf(set, dataset) !== undefined;
}

/**
 * The last derived set up to a day that was computed by the same code from a state that is still there.
 * Without one, says why everything is computed anew.
 */
export function baseOf(options: BaseOptions): Base | string {
  const { dataset, derived, sources, day, code } = options;
  const reasons: string[] = [];
  for (const set of derived.filter((each) => each.day <= day).toReversed()) {
    const made = madeOf(set, dataset);
    const tip = made && sources.find((source) => source.day === made.day);
    const source = tip && chainOf(sources, tip.day);
    const isThere = tip && stateVersion(tip) === made.state && hasSameKey(set, tip);
    if (source && isThere && made.code === code) return { set, source };
    reasons.push(
      made?.code === code
        ? `the state of ${dataset} that the set of ${set.day} was derived from is gone`
        : 'the code that computes has changed',
    );
  }
  return reasons[0] ?? 'there is no derived set yet';
}

/** The same for the same state: a merge changes the files of a set, and not this. */
function stateVersion({ set, manifest }: StoredSet): string {
  return createHash('sha256')
    .update(set.source ?? versionOf(manifest))
    .digest('hex');
}

interface Made {
  readonly day: string;
  readonly state: string;
  readonly code: string;
}

function madeOf({ manifest }: StoredSet, dataset: string): Made | undefined {
  const isSource = ({ name }: Input): boolean => parsePrefix(name)?.dataset === dataset;
  const source = manifest.inputs.find(isSource);
  const code = manifest.inputs.find((input) => !isSource(input));
  const day = source && parsePrefix(source.name)?.keys['date'];
  return source && code && day !== undefined
    ? { day, state: source.version, code: code.version }
    : undefined;
}

function hasSameKey(a: StoredSet, b: StoredSet): boolean {
  return JSON.stringify(a.set.key) === JSON.stringify(b.set.key);
}
