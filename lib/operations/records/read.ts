import type { Partition } from '../../dataset/layout.ts';
import type { Engine, Row } from '../../engine/engine.ts';
import type { Sql } from '../../engine/sql.ts';
import type { Staging, Store } from '../../store/store.ts';
import { recordsOf } from './file-records.ts';
import { filesOf } from './files.ts';
import { isQuery, queryOf, resolveQuery } from './query.ts';
import type { Query } from './query.ts';
import { tableOf } from './table.ts';
import type { Tally } from './tally.ts';

/** A query, partitions, or a path or URI of files (CSV, JSON lines, Parquet; plain, gzip, zstd). */
export type RowSource = Query | Partition | readonly Partition[] | string;

/** What reading needs. */
export interface ReadEffects {
  readonly store: Store;
  readonly cwd: string;
  readonly openStore: (uri: string) => Promise<Store>;
  engine(): Promise<Engine>;
  staging(): Promise<Staging>;
}

/**
 * The records of a source, one after the other, in flat memory. What is no record of its file is
 * counted as a reject. Throws UserError for files that cannot be read, NoDataError for partitions
 * that are not there.
 */
export async function* readRows(
  source: RowSource,
  effects: ReadEffects,
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
  { store, staging }: Pick<ReadEffects, 'store' | 'staging'>,
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
  effects: ReadEffects,
): AsyncGenerator<readonly Row[]> {
  const query = isQuery(source) ? source : queryOf`select * from ${source}`;
  const { sql: statement } = await prepared(query, effects);
  yield* (await effects.engine()).stream(statement);
}

async function* fileBatches(
  uri: string,
  effects: ReadEffects,
  tally: Tally,
): AsyncGenerator<readonly Row[]> {
  for (const { path, name } of await filesOf(uri, effects)) {
    yield* recordsOf(path, {
      name,
      engine: () => effects.engine(),
      reject: (bad) => tally.reject(name, bad),
    });
  }
}
