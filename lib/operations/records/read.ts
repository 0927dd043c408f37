import { pathToFileURL } from 'node:url';
import type { Partition } from '../../dataset/layout.ts';
import type { Row } from '../../engine/engine.ts';
import type { Sql } from '../../engine/sql.ts';
import { isS3 } from '../../store/place.ts';
import { findFiles } from '../sources/files.ts';
import type { DataEffects } from '../relation/effects.ts';
import { s3Files } from '../relation/s3-files.ts';
import { recordsOf } from './file-records.ts';
import { isQuery, queryOf, resolveQuery } from './query.ts';
import type { Query } from './query.ts';
import { tableOf } from './table.ts';
import type { Tally } from './tally.ts';

/** A query, partitions, or a path or URI of files (CSV, JSON lines, Parquet; plain, gzip, zstd). */
export type RowSource = Query | Partition | readonly Partition[] | string;

/**
 * The records of a source, one after the other, in flat memory. What is no record of its file is
 * counted as a reject. Throws UserError for files that cannot be read, NoDataError for partitions
 * that are not there.
 */
export async function* readRows(
  source: RowSource,
  effects: DataEffects,
  tally: Tally,
): AsyncGenerator<Row> {
  const batches =
    typeof source === 'string' ? fileBatches(source, effects, tally) : streamed(source, effects);
  for await (const batch of batches) {
    tally.count(batch.length);
    yield* batch;
    await tally.flush();
  }
  await tally.flush();
}

/** A query as the engine runs it, and how many rows its tables have. */
export async function prepared(
  query: Query,
  { store, staging }: Pick<DataEffects, 'store' | 'staging'>,
): Promise<{ readonly sql: Sql; readonly rows: number }> {
  let rows = 0;
  const resolved = await resolveQuery(query, async (partitions) => {
    const table = await tableOf(store, await staging(), partitions);
    rows += table.rows;
    return table.sql;
  });
  return { sql: resolved, rows };
}

async function* streamed(
  source: Exclude<RowSource, string>,
  effects: DataEffects,
): AsyncGenerator<readonly Row[]> {
  const query = isQuery(source) ? source : queryOf`select * from ${source}`;
  const { sql: statement } = await prepared(query, effects);
  yield* (await effects.engine()).stream(statement);
}

async function* fileBatches(
  uri: string,
  effects: DataEffects,
  tally: Tally,
): AsyncGenerator<readonly Row[]> {
  const files = isS3(uri)
    ? await s3Files(uri, effects)
    : (await findFiles([uri], effects.cwd)).map((path) => ({
        path,
        uri: pathToFileURL(path).href,
      }));
  for (const file of files) {
    yield* recordsOf(file.path, {
      name: file.uri,
      engine: () => effects.engine(),
      reject: (bad) => tally.reject(file.uri, bad),
    });
  }
}
