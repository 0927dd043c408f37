import type { StoredBucket } from '../../dataset/snapshot.ts';
import { parquet } from '../../engine/parquet.ts';
import { sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { finish, mostRows } from './bucket-files.ts';
import type { BucketFile, BucketSize } from './bucket-files.ts';
import type { StateEffects } from './state.ts';

/** A bucket of a set that is being made: a new file, or one that is taken over. */
export type AnyBucket = BucketFile | StoredBucket;

export interface Joined {
  readonly buckets: readonly AnyBucket[];
  /** How many buckets became fewer. */
  readonly joined: number;
  /** Rows that came out of files which were to be taken over. */
  readonly rows: number;
}

/** Neighbours are joined when that leaves at most one of so many buckets, else every merge would join some. */
const TOO_MANY = 2;

/** Joins neighbours where so many records have gone that a set has far too many buckets. */
export async function joinBuckets(
  effects: StateEffects,
  buckets: readonly AnyBucket[],
  size: BucketSize,
): Promise<Joined> {
  const rows = sum(buckets.map(({ file }) => file.rows));
  const bytes = sum(buckets.map(bytesOf));
  const groups = neighbours(buckets, rows === 0 ? 0 : mostRows({ rows, bytes }, size));
  if (groups.length * TOO_MANY > buckets.length) return { buckets, joined: 0, rows: 0 };
  const large = groups.filter((group) => group.length > 1).flat();
  const taken = large.filter((bucket) => 'date' in bucket);
  const made: AnyBucket[] = [];
  for (const group of groups) made.push(await together(effects, group));
  return { buckets: made, joined: large.length, rows: sum(taken.map(({ file }) => file.rows)) };
}

/** In their order, as many together as make up a bucket. */
function neighbours(buckets: readonly AnyBucket[], most: number): readonly AnyBucket[][] {
  const groups: AnyBucket[][] = [];
  let rows = Infinity;
  for (const bucket of buckets) {
    rows += bucket.file.rows;
    if (rows <= most) groups.at(-1)?.push(bucket);
    else {
      groups.push([bucket]);
      ({ rows } = bucket.file);
    }
  }
  return groups;
}

async function together(
  { engine, store, staging }: StateEffects,
  group: readonly AnyBucket[],
): Promise<AnyBucket> {
  const [first, last] = [group[0], group.at(-1)];
  if (!first || !last) throw new Error('a group has a bucket');
  if (first === last) return first;
  const paths: string[] = [];
  for (const bucket of group) {
    const isTaken = 'date' in bucket;
    paths.push(isTaken ? await store.download(bucket.key, staging, bucket.file) : bucket.file.path);
  }
  const path = staging.path('joined.parquet');
  const { rows } = await engine.write(sql`select * from ${parquet(paths)}`, path);
  const expected = sum(group.map(({ file }) => file.rows));
  if (rows !== expected) {
    throw new UserError(
      `Buckets have ${rows} records after they were joined, but ${expected} are expected. Nothing was published; look at the sets with snapshot:verify.`,
    );
  }
  const file = { name: 'bucket.parquet', path, rows };
  return await finish({ staging }, { first: first.first, last: last.last, file });
}

function bytesOf({ file }: AnyBucket): number {
  return 'bytes' in file ? file.bytes : (file.content?.bytes ?? 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
