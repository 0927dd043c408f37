import type { Engine } from '../../engine/engine.ts';
import { numberAt } from '../../engine/row.ts';
import { literals, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { dropCsvErrors } from '../ingest/csv-errors.ts';

/** What could not be read: `source` (URI), `line` (from 1, NULL where unknown), `reason` and the raw `text`. */
export const dataRejects = raw('data_rejects');

/** Makes the table {@link dataRejects} in this engine, empty. */
export async function createRejects(engine: Engine): Promise<void> {
  await engine.execute(sql`create or replace temporary table ${dataRejects}
    (source varchar, line bigint, reason varchar, text varchar)`);
}

/** Adds the rows of a query with its columns, and returns how many there were. */
export async function addRejects(engine: Engine, rows: Sql): Promise<number> {
  const [found = {}] = await engine.rows(sql`insert into ${dataRejects} ${rows}`);
  return numberAt(found, 'Count');
}

/**
 * Moves what the CSV reader has rejected in its last read to {@link dataRejects}, one row per
 * record. `uris` are the files that it read.
 */
export async function keepReaderErrors(engine: Engine, uris: readonly string[]): Promise<number> {
  const count = await addRejects(
    engine,
    sql`select (${literals(uris)})[file_id::bigint + 1], line, string_agg(distinct ${reason}, '; '), any_value(csv_line)
      from (select row_number() over (partition by file_id order by line) as place, * from csv_errors)
      group by file_id, line order by file_id, line`,
  );
  await dropCsvErrors(engine);
  return count;
}

const reason = raw(`case error_type
    when 'MISSING COLUMNS' then 'too few columns'
    when 'TOO MANY COLUMNS' then 'too many columns'
    when 'UNQUOTED VALUE' then 'wrong quoting'
    when 'INVALID ENCODING' then 'not UTF-8'
    when 'CAST' then column_name || regexp_replace(error_message, '.*Could not convert string (.*) to (.*)', ': \\1 is no \\2', 's')
    else lower(error_type::varchar) end`);
