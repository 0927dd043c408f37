import type { Row } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { numberAt, textAt } from '../../engine/row.ts';
import { identifier, join, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { keyColumns, keyTexts, textColumn } from './key.ts';
import type { Key } from './key.ts';
import type { Loaded, LoadEffects } from './load.ts';

/** How many examples an error shows. */
const EXAMPLES = 3;

/** Throws UserError with examples if records have no key. */
export async function checkNoNulls(
  { engine }: Pick<LoadEffects, 'engine'>,
  { path }: Loaded,
  key: Key,
  from: string,
): Promise<void> {
  const missing = join(
    key.map(({ name }) => sql`${identifier(name)} is null`),
    ' or ',
  );
  const rows =
    await engine.rows(sql`select count(*) over () as records, file_row_number + 1 as record
    from ${parquet([path])} where ${missing} limit ${raw(String(EXAMPLES))}`);
  const [first] = rows;
  if (!first) return;
  const examples = rows.map((row) => numberAt(row, 'record')).join(', ');
  const records = numberAt(first, 'records');
  const these =
    records === 1
      ? `record ${examples} has no ${namesOf(key)}, which is its key`
      : `${records} records have no ${namesOf(key)}, which is their key; the first are records ${examples}`;
  throw new UserError(
    `'${from}': ${these}. Nothing was published; mend the source or name another --key.`,
  );
}

/** Throws UserError with examples if two of the rows have one key. A key lies in one bucket, so each is looked at alone. */
export async function checkNoDoubles(
  { engine }: Pick<LoadEffects, 'engine'>,
  rows: Sql,
  key: Key,
  from: string,
): Promise<void> {
  const double = await engine.rows(sql`select ${keyTexts(key)}, count(*) as records
    from (${rows}) group by ${keyColumns(key)} having count(*) > 1 order by all limit ${raw(String(EXAMPLES))}`);
  if (double.length === 0) return;
  throw new UserError(
    `'${from}': several records have the same ${namesOf(key)}, which is their key, for example ${double.map((row) => exampleOf(row, key)).join('; ')}. Nothing was published; mend the source or name another --key.`,
  );
}

function namesOf(key: Key): string {
  return key.map(({ name }) => name).join(', ');
}

function exampleOf(row: Row, key: Key): string {
  const values = key.map(({ name }, n) => `${name} '${textAt(row, textColumn(n))}'`);
  return `${values.join(', ')} (${numberAt(row, 'records')} records)`;
}
