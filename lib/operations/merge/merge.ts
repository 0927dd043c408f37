import { chainOf } from '../../dataset/snapshot.ts';
import type { StoredSet } from '../../dataset/snapshot.ts';
import { prefixOf } from '../../dataset/layout.ts';
import { versionOf } from '../../dataset/manifest.ts';
import { setPartition } from '../../dataset/snapshot.ts';
import type { Engine } from '../../engine/engine.ts';
import type { RowCounts } from '../../ledger/events.ts';
import type { BucketSize } from './bucket-files.ts';
import { mergeCost } from './cost.ts';
import type { MergeCost } from './cost.ts';
import { eachOn } from './each-part.ts';
import { joinBuckets } from './join-buckets.ts';
import type { AnyBucket } from './join-buckets.ts';
import { mergePart } from './merge-part.ts';
import { State } from './state.ts';
import type { Part } from './state.ts';
import { publishSet } from './store-set.ts';
import type { SetEffects } from './store-set.ts';

/** What to merge, and when. */
export interface MergeOptions {
  readonly dataset: string;
  /** The set whose state becomes a full set; left out: the last one. */
  readonly day?: string;
  readonly when: 'auto' | 'always';
  readonly readsPerDay: number;
  readonly bucketSize: BucketSize;
}

export interface MergeEffects extends Omit<SetEffects, 'engine'> {
  /** One for each bucket that is merged at the same time. */
  readonly engines: readonly [Engine, ...Engine[]];
}

/** What came of a merge. */
export interface Merging {
  readonly cost: MergeCost;
  /** Undefined where it was not merged. */
  readonly merged?: {
    readonly rows: RowCounts;
    readonly rewritten: number;
    readonly carried: number;
    /** Buckets that had become too small, and are fewer now. */
    readonly joined: number;
  };
}

/**
 * Merges the last full set with the increments after it into a full set, in place of the increment of its day.
 * Buckets without changes are taken over as they are: the new set refers to the files of the old one.
 * Undefined where the day's set is a full one already.
 */
export async function mergeSets(
  effects: MergeEffects,
  sets: readonly StoredSet[],
  { dataset, day, when, readsPerDay, bucketSize }: MergeOptions,
): Promise<Merging | undefined> {
  const chain = chainOf(sets, day);
  if (!chain || chain.increments.length === 0) return undefined;
  const { engines } = effects;
  const alone = { ...effects, engine: engines[0] };
  const state = await State.open(alone, chain);
  if (when === 'auto') {
    const cost = mergeCost(chain, bytesOf(await touchedParts(effects, state)), readsPerDay);
    if (!cost.isDue) return { cost };
  }
  const merged = await eachOn(engines, state.parts, (part, engine) =>
    mergePart({ ...effects, engine }, state, part, bucketSize),
  );
  const all: AnyBucket[] = [];
  for (const part of state.parts) {
    all.push(...((await merged.get(part)?.files) ?? (part.base ? [part.base] : [])));
  }
  const { buckets, joined, rows: moved } = await joinBuckets(alone, all, bucketSize);
  const touched = state.parts.filter((part) => merged.get(part));
  const counts = touched.flatMap((part) => merged.get(part)?.rows ?? []);
  const rows = counts.reduce(add, { in: moved, out: moved, rejected: 0, filtered: 0 });
  const keys = buckets.reduce((sum, { file }) => sum + file.rows, 0);
  const { tip } = chain;
  await publishSet(effects, { dataset, day: tip.day }, tip, {
    kind: 'full',
    key: tip.set.key,
    schema: state.columns,
    buckets,
    rows,
    keys,
    source: tip.set.source,
    inputs: [chain.full, ...chain.increments].map((set) => ({
      name: prefixOf(setPartition(dataset, set.day)),
      version: versionOf(set.manifest),
    })),
  });
  const cost = mergeCost(chain, bytesOf(touched), readsPerDay);
  const carried = buckets.filter((bucket) => 'date' in bucket).length;
  return { cost, merged: { rows, rewritten: touched.length, carried, joined } };
}

/** With other columns every bucket is written anew, so that all files of a set have the same. */
async function touchedParts({ engines }: MergeEffects, state: State): Promise<readonly Part[]> {
  if (!state.keepsSchema) return state.parts;
  const changed = await eachOn(engines, state.parts, (part, engine) =>
    state.isChanged(engine, part),
  );
  return state.parts.filter((part) => changed.get(part));
}

function bytesOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { base }) => sum + (base?.file.bytes ?? 0), 0);
}

function add(a: RowCounts, b: RowCounts): RowCounts {
  return {
    in: a.in + b.in,
    out: a.out + b.out,
    rejected: 0,
    filtered: a.filtered + b.filtered,
  };
}
