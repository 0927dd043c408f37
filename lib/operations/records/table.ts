import { dataPaths } from '../../dataset/catalog.ts';
import { prefixOf } from '../../dataset/layout.ts';
import type { Partition } from '../../dataset/layout.ts';
import type { Manifest } from '../../dataset/manifest.ts';
import { readManifest } from '../../dataset/published.ts';
import { parquet } from '../../engine/parquet.ts';
import { identifier, join, literal, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { NoDataError } from '../../errors.ts';
import type { Staging, Store } from '../../store/store.ts';
import { stateTable } from '../merge/state-files.ts';

export interface Table {
  /** To stand behind `from`. */
  readonly sql: Sql;
  /** Rows that it has. */
  readonly rows: number;
}

/**
 * Partitions as one table: the columns of their files and, where these have no such column, the
 * keys as columns, `date` as a day. Partitions that are not there are left out; throws NoDataError
 * when none is. The files are at hand until the staging is closed.
 */
export async function tableOf(
  store: Store,
  staging: Staging,
  partitions: readonly Partition[],
): Promise<Table> {
  const found: Manifest[] = [];
  for (const partition of partitions) {
    const published = await readManifest(store, prefixOf(partition));
    if (published) found.push(published.manifest);
  }
  if (found.length === 0) throw nothingIn(partitions);
  const selects: Sql[] = [];
  let rows = 0;
  for (const manifest of found) {
    const table = await contentOf(store, staging, manifest);
    selects.push(selectOf(manifest, table.sql));
    rows += table.rows;
  }
  return { sql: sql`(${join(selects, ' union all by name ')})`, rows };
}

/** The files of a partition; a day of a snapshot dataset is the state as of then. */
async function contentOf(store: Store, staging: Staging, manifest: Manifest): Promise<Table> {
  const { dataset, partition, files } = manifest;
  const day = manifest.snapshot && partition['date'];
  const state = day === undefined ? undefined : await stateTable(store, staging, dataset, day);
  if (state) return state;
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  return { sql: parquet(await dataPaths(store, manifest, staging)), rows };
}

function selectOf({ partition, schema }: Manifest, rows: Sql): Sql {
  const columns = new Set(schema.map(({ name }) => name.toLowerCase()));
  const keys = Object.entries(partition)
    .filter(([key]) => !columns.has(key.toLowerCase()))
    .map(([key, value]) => sql`${keyColumn(key, value)} as ${identifier(key)}`);
  const all = [sql`*`, ...keys];
  return sql`select ${all} from ${rows}`;
}

function keyColumn(key: string, value: string): Sql {
  const isDay = key === 'date' && /^\d{4}-\d\d-\d\d$/.test(value);
  return isDay ? sql`date ${literal(value)}` : literal(value);
}

function nothingIn(partitions: readonly Partition[]): NoDataError {
  const [first] = partitions;
  const name = first ? prefixOf(first) : 'an empty list';
  const more = partitions.length > 1 ? ` and ${partitions.length - 1} more` : '';
  return new NoDataError(`${name}${more}: no such partition in the store; make it first`);
}
