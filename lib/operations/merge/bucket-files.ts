import type { DraftFile } from '../../dataset/publish.ts';
import type { Bounds } from '../../dataset/snapshot.ts';
import type { Engine } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { numberAt, textAt } from '../../engine/row.ts';
import { raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { Staging } from '../../store/store.ts';
import { keyColumns, keyTexts } from './key.ts';
import type { Key } from './key.ts';

/** A staged file of a range of keys. */
export interface BucketFile extends Bounds {
  readonly file: DraftFile;
}

export interface BucketEffects {
  readonly engine: Engine;
  readonly staging: Staging;
}

/** How large buckets are made. */
export interface BucketSize {
  /** Rows of a bucket at most; left out: as many as make {@link BUCKET_BYTES}. */
  readonly rows?: number;
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
  const { rows, bytes } = await engine.write(sql`${query} order by ${keyColumns(key)}`, path);
  if (rows === 0) return [];
  return cut(effects, { path, rows, bytes }, key, size);
}

/** Cuts a file that is sorted by key into buckets. */
export async function cut(
  { engine, staging }: BucketEffects,
  sorted: { readonly path: string; readonly rows: number; readonly bytes: number },
  key: Key,
  size: BucketSize,
): Promise<BucketFile[]> {
  const { path, rows, bytes } = sorted;
  const most = size.rows ?? Math.min(MAX_ROWS, Math.ceil((rows * BUCKET_BYTES) / bytes));
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
    );
    files.push(await bucketFile(engine, piece, written.rows, key));
  }
  return files;
}

/** Numbers the files of a set, so that their names sort as their keys do. */
export function named(buckets: readonly BucketFile[], kind: string): BucketFile[] {
  return buckets.map((bucket, index) => {
    const name = `${kind}-${String(index).padStart(5, '0')}.parquet`;
    return { ...bucket, file: { ...bucket.file, name } };
  });
}

async function bucketFile(
  engine: Engine,
  path: string,
  rows: number,
  key: Key,
): Promise<BucketFile> {
  return {
    file: { name: 'bucket.parquet', path, rows },
    ...(await endsOf(engine, path, rows, key)),
  };
}

/** The keys of the first and the last record of a file. */
export async function endsOf(
  engine: Engine,
  path: string,
  rows: number,
  key: Key,
): Promise<Bounds> {
  const ends = await engine.rows(sql`select file_row_number as place, ${keyTexts(key)}
    from ${parquet([path])}
    where file_row_number = 0 or file_row_number = ${raw(String(rows - 1))}`);
  const textsAt = (place: number): string[] => {
    const row = ends.find((each) => numberAt(each, 'place') === place);
    if (!row) throw new Error(`"${path}" has no row ${place}`);
    return key.map((_, n) => textAt(row, `k${n}`));
  };
  return { first: textsAt(0), last: textsAt(rows - 1) };
}
