import { finishFile } from '../../dataset/finish-file.ts';
import type { DraftFile } from '../../dataset/publish.ts';
import type { Bounds } from '../../dataset/snapshot.ts';
import type { Engine, Row, WriteOptions } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { textAt } from '../../engine/row.ts';
import { identifier, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { Staging } from '../../store/store.ts';
import { keyColumns, keyTexts, textColumn } from './key.ts';
import type { Key } from './key.ts';

/** A staged file of a range of keys. */
export interface BucketFile extends Bounds {
  readonly file: DraftFile;
}

/** What writing buckets touches. */
export interface BucketEffects {
  readonly engine: Engine;
  readonly staging: Staging;
}

/** How large buckets are made. */
export interface BucketSize {
  /** Rows of a bucket at most; left out: as many as make {@link BUCKET_BYTES}. */
  readonly rows?: number;
  /** Rows of a row group; left out: the engine's. */
  readonly rowGroupRows?: number;
}

/** Small enough to be merged in little memory and fetched for one record, large enough to be few: 50 M records of 22 bytes make 66. */
const BUCKET_BYTES = 16 * 1024 * 1024;
const MAX_ROWS = 1_000_000;

/** A bucket that grows in merges is cut only when it is so many times too large, else each merge would cut some. */
const SLACK = 1.5;

/**
 * Writes rows in the order of their keys, as one file, or as several where they are too many for
 * one bucket. No files for no rows. `query` gives rows in any order.
 */
export async function writeBuckets(
  effects: BucketEffects,
  query: Sql,
  key: Key,
  size: BucketSize,
): Promise<BucketFile[]> {
  const { engine, staging } = effects;
  const path = staging.path('sorted.parquet');
  const { rows, bytes } = await engine.write(
    sql`${query} order by ${keyColumns(key)}`,
    path,
    groupsOf(size),
  );
  if (rows === 0) return [];
  return cut(effects, { path, rows, bytes }, key, size);
}

/**
 * Writes a bucket in the order of its query: what it had, and changes behind. Sorting it again would
 * take half as long as writing it, and a few row groups at the end that have keys of all its range
 * cost a look-up little. Sorted all the same where it has to be cut.
 */
export async function rewriteBucket(
  effects: BucketEffects,
  query: Sql,
  key: Key,
  size: BucketSize,
): Promise<BucketFile[]> {
  const { engine, staging } = effects;
  const path = staging.path('merged.parquet');
  const { rows, bytes } = await engine.write(query, path);
  if (rows === 0) return [];
  if (rows <= mostRows({ rows, bytes }, size) * SLACK) {
    return [await bucketFile(engine, path, rows, key)];
  }
  return await writeBuckets(effects, sql`select * from ${parquet([path])}`, key, size);
}

/** Cuts a file that is sorted by key into buckets. */
export async function cut(
  { engine, staging }: BucketEffects,
  sorted: { readonly path: string; readonly rows: number; readonly bytes: number },
  key: Key,
  size: BucketSize,
): Promise<BucketFile[]> {
  const { path, rows } = sorted;
  const most = mostRows(sorted, size);
  if (rows <= most * SLACK) return [await bucketFile(engine, path, rows, key)];
  const count = Math.ceil(rows / most);
  const files: BucketFile[] = [];
  for (let n = 0; n < count; n++) {
    const start = Math.floor((rows * n) / count);
    const end = Math.floor((rows * (n + 1)) / count);
    const piece = staging.path('bucket.parquet');
    const written = await engine.write(
      sql`select * from ${parquet([path])}
        where file_row_number >= ${raw(String(start))} and file_row_number < ${raw(String(end))}`,
      piece,
      groupsOf(size),
    );
    files.push(await bucketFile(engine, piece, written.rows, key));
  }
  return files;
}

/** See {@link finishFile}. */
export async function finish(
  { staging }: Pick<BucketEffects, 'staging'>,
  bucket: BucketFile,
): Promise<BucketFile> {
  return { ...bucket, file: await finishFile(staging, bucket.file) };
}

/** Numbers the files of a set, so that their names sort as their keys do. */
export function named(buckets: readonly BucketFile[], kind: string): BucketFile[] {
  return buckets.map((bucket, index) => {
    const name = `${kind}-${String(index).padStart(5, '0')}.parquet`;
    return { ...bucket, file: { ...bucket.file, name } };
  });
}

/** A merge reads an increment once per bucket, so it is to find the rows of one without reading all. */
export const INCREMENT_GROUP_ROWS = 16_384;

function groupsOf({ rowGroupRows }: BucketSize): WriteOptions {
  return rowGroupRows === undefined ? {} : { rowGroupRows };
}

/** How many rows make a bucket, where so many take so many bytes. */
export function mostRows(
  { rows, bytes }: { readonly rows: number; readonly bytes: number },
  size: BucketSize,
): number {
  return size.rows ?? Math.min(MAX_ROWS, Math.ceil((rows * BUCKET_BYTES) / bytes));
}

async function bucketFile(
  engine: Engine,
  path: string,
  rows: number,
  key: Key,
): Promise<BucketFile> {
  return { file: { name: 'bucket.parquet', path, rows }, ...(await endsOf(engine, path, key)) };
}

/** The least and the greatest key of a file. */
export async function endsOf(engine: Engine, path: string, key: Key): Promise<Bounds> {
  const [column, ...others] = key;
  // One column has a quicker way.
  if (column && others.length === 0) {
    const name = identifier(column.name);
    const [ends = {}] = await engine.rows(
      sql`select min(${name})::varchar as least, max(${name})::varchar as greatest from ${parquet([path])}`,
    );
    return { first: [textAt(ends, 'least')], last: [textAt(ends, 'greatest')] };
  }
  const least = await engine.rows(endQuery(path, key, 'asc'));
  const greatest = await engine.rows(endQuery(path, key, 'desc'));
  const textsOf = ([row = {}]: readonly Row[]): string[] =>
    key.map((_, n) => textAt(row, textColumn(n)));
  return { first: textsOf(least), last: textsOf(greatest) };
}

function endQuery(path: string, key: Key, direction: 'asc' | 'desc'): Sql {
  const order = key.map(({ name }) => sql`${identifier(name)} ${raw(direction)}`);
  return sql`select ${keyTexts(key)} from ${parquet([path])} order by ${order} limit 1`;
}
