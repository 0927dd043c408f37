import pLimit from 'p-limit';
import { UserError } from '../errors.ts';
import { listPartitions } from './catalog.ts';
import { checkDataset, prefixOf } from './layout.ts';
import type { Partition } from './layout.ts';
import type { DataFile, Manifest } from './manifest.ts';
import { readListed } from './published.ts';
import type { Reader } from './published.ts';

/**
 * What a day of a snapshot dataset holds: its whole state, or how it changes the state of the day
 * before. Its rows lie in files, one per range of keys and nearly sorted by them, of which a full set may
 * have taken over some, as they are, from the set that it was merged from.
 */
export interface SnapshotSet {
  readonly kind: 'full' | 'increment';
  /** The columns that tell one record from another. */
  readonly key: readonly string[];
  /** Of an increment: the day of the set whose state it changes. */
  readonly after?: string;
  /** Records of the state, where they were counted. */
  readonly keys?: number;
  /** What the set was made from, and how: the same text means the same rows. */
  readonly source?: string;
  /** In the order of their keys; ranges do not overlap. */
  readonly buckets: readonly Bucket[];
}

/** A file of a range of keys: a place in the manifest's own files, or another day's file. */
export type Bucket = Bounds &
  (
    | { readonly date?: undefined; readonly file: number }
    | { readonly date: string; readonly file: DataFile }
  );

/** The least and the greatest key of a file, both inclusive, one text per column. */
export interface Bounds {
  readonly first: readonly string[];
  readonly last: readonly string[];
}

/** A bucket with the key under which its file is stored. */
export interface StoredBucket extends Bounds {
  readonly date: string;
  readonly key: string;
  readonly file: DataFile;
}

/** A set that is published. */
export interface StoredSet {
  readonly day: string;
  readonly manifest: Manifest;
  /** Changes with every publish of the day. */
  readonly etag: string;
  readonly set: SnapshotSet;
  readonly buckets: readonly StoredBucket[];
}

/** The partition of a day. */
export function setPartition(dataset: string, day: string): Partition {
  return { dataset, keys: { date: day } };
}

/** How many manifests are read at once. */
const READ_AT_ONCE = 32;

/**
 * The sets of a snapshot dataset in the order of their days, by one listing and a small read each.
 * Throws UserError for a dataset that holds something else.
 */
export async function setsOf(store: Reader, dataset: string): Promise<StoredSet[]> {
  checkDataset(dataset);
  const limit = pLimit(READ_AT_ONCE);
  const sets: Promise<StoredSet | undefined>[] = [];
  for await (const listing of listPartitions(store, dataset)) {
    const { date } = listing.partition.keys;
    sets.push(
      limit(async () => {
        const published = await readListed(store, listing);
        return published && storedSet(dataset, date, published.manifest, published.etag);
      }),
    );
  }
  return (await Promise.all(sets)).filter((set) => set !== undefined);
}

/** Days whose set was published but has lost files since, which {@link setsOf} leaves out. */
export async function damagedDays(store: Reader, dataset: string): Promise<string[]> {
  const days: string[] = [];
  for await (const listing of listPartitions(store, dataset)) {
    const { date } = listing.partition.keys;
    if (!listing.manifest || date === undefined) continue;
    if (!(await readListed(store, listing))) days.push(date);
  }
  return days;
}

/** Sets by which the state as of a day is known: a full one, and the increments after it. */
export interface Chain {
  readonly full: StoredSet;
  readonly increments: readonly StoredSet[];
  /** The last of them. */
  readonly tip: StoredSet;
}

/**
 * The chain of the state as of a day, which is that of the last set on it or before; `asOf` left out:
 * of the last set. Undefined where there is none. Throws UserError where a link is missing.
 */
export function chainOf(sets: readonly StoredSet[], asOf?: string): Chain | undefined {
  const until = sets.filter(({ day }) => asOf === undefined || day <= asOf);
  const at = until.findLastIndex(({ set }) => set.kind === 'full');
  const [full, ...increments] = until.slice(Math.max(at, 0));
  if (!full) return undefined;
  if (full.set.kind !== 'full') throw broken(full, 'no full set before it');
  let before = full;
  for (const increment of increments) {
    if (increment.set.after !== before.day) {
      throw broken(increment, `no set of ${increment.set.after}, which it changes`);
    }
    before = increment;
  }
  return { full, increments, tip: before };
}

function storedSet(
  dataset: string,
  day: string | undefined,
  manifest: Manifest,
  etag: string,
): StoredSet {
  const { snapshot: set } = manifest;
  if (!set || day === undefined) {
    const prefix = prefixOf({ dataset, keys: manifest.partition });
    throw new UserError(
      `'${prefix}' is no day of a snapshot dataset. Expected sets that snapshot:full and snapshot:increment make; choose another --dataset.`,
    );
  }
  const buckets = set.buckets.map((bucket): StoredBucket => {
    const date = bucket.date ?? day;
    const file = bucket.date === undefined ? manifest.files[bucket.file] : bucket.file;
    if (!file)
      throw new UserError(
        `The set of ${day} in '${dataset}' has a bucket without a file. Store the whole state anew with snapshot:full.`,
      );
    const key = prefixOf(setPartition(dataset, date)) + file.name;
    return { first: bucket.first, last: bucket.last, date, key, file };
  });
  return { day, manifest, etag, set, buckets };
}

function broken({ day, manifest }: StoredSet, problem: string): UserError {
  return new UserError(
    `The set of ${day} in '${manifest.dataset}' cannot be read: there is ${problem}. Store the whole state anew with snapshot:full.`,
  );
}
