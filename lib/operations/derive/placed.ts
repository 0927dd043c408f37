import type { Column } from '../../dataset/manifest.ts';
import { parquet } from '../../engine/parquet.ts';
import { numberAt, textAt } from '../../engine/row.ts';
import { identifier, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { keyColumns, keyTexts, textColumn } from '../merge/key.ts';
import type { Key } from '../merge/key.ts';
import { find, selected } from '../merge/schema.ts';
import { PLACE } from './computing.ts';
import type { Computed, ComputeEffects, ToCompute } from './computing.ts';

/** Rows that somebody computed, which tell by their keys what records they belong to. */
export interface KeyedRows {
  /** Whoever computed them, as it was typed. */
  readonly name: string;
  readonly path: string;
  readonly columns: readonly Column[];
}

/**
 * Finds the places of rows by their keys. Throws UserError where the key is missing, where two rows
 * have one, and where there is no record with it.
 */
export async function placeRows(
  { name, path, columns }: KeyedRows,
  todo: ToCompute,
  { engine, staging }: Pick<ComputeEffects, 'engine' | 'staging'>,
): Promise<Computed> {
  const { key } = todo;
  checkKey(name, columns, key);
  const others = columns.filter((column) => !find(key, column.name));
  const attributes = others.map((column) => identifier(column.name));
  const target = staging.path('placed.parquet');
  const found = sql`select ${[selected(key, columns), ...attributes]} from ${parquet([path])}`;
  const query = sql`select ${[identifier(PLACE), ...attributes]}
    from (${found}) left join (${placesOf(todo)}) using (${keyColumns(key)})`;
  const { rows, schema } = await engine.write(query, target);
  await checkPlaces(name, todo, { engine, path: target, found });
  return { path: target, rows, columns: schema.filter((column) => column.name !== PLACE) };
}

/** The keys of the records with their places. */
export function placesOf({ path, key }: Pick<ToCompute, 'path' | 'key'>): Sql {
  return sql`select ${keyColumns(key)}, file_row_number as ${identifier(PLACE)} from ${parquet([path])}`;
}

function checkKey(name: string, columns: readonly Column[], key: Key): void {
  if (find(columns, PLACE)) {
    throw new UserError(
      `--with: '${name}' gives a column '${PLACE}', a name that Pipe uses beside those of records. Give it another one.`,
    );
  }
  const missing = key.find((column) => !find(columns, column.name));
  if (!missing) return;
  throw new UserError(
    `--with: '${name}' gives no column '${missing.name}', which is part of the key; its columns are ${columns.map((column) => column.name).join(', ')}`,
  );
}

async function checkPlaces(
  name: string,
  { key }: ToCompute,
  { engine, path, found }: Pick<ComputeEffects, 'engine'> & { path: string; found: Sql },
): Promise<void> {
  const place = identifier(PLACE);
  const [row = {}] = await engine.rows(sql`select count(*) as rows, count(${place}) as placed,
    count(distinct ${place}) as places from ${parquet([path])}`);
  const [rows, placed, places] = ['rows', 'placed', 'places'].map((each) => numberAt(row, each));
  if (rows !== placed) {
    throw new UserError(
      `--with: '${name}' gives ${(rows ?? 0) - (placed ?? 0)} rows whose keys no record has; expected the keys of the records as they are`,
    );
  }
  if (placed === places) return;
  const [double = {}] = await engine.rows(sql`select ${keyTexts(key)} from (${found})
    group by ${keyColumns(key)} having count(*) > 1 order by all limit 1`);
  const example = key.map((_, n) => textAt(double, textColumn(n))).join(', ');
  throw new UserError(
    `--with: '${name}' gives several rows for a record, such as that with the key '${example}'; expected one at most`,
  );
}
