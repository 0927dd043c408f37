import type { Engine } from '../../engine/engine.ts';
import { numberAt } from '../../engine/row.ts';
import { raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';

/**
 * What becomes of a record the engine's CSV reader cannot read: it stops the query, it is left out,
 * or it is left out and told in the table `csv_errors`, from where {@link keepCsvErrors} takes it.
 */
export type ErrorsTo = 'caller' | 'nowhere' | 'table';

/** The options of `read_csv` for this. */
export function errorsTo(target: ErrorsTo): Sql {
  switch (target) {
    case 'caller':
      return raw('');
    case 'nowhere':
      return raw(', ignore_errors = true');
    case 'table':
      return raw(
        ", store_rejects = true, rejects_table = 'csv_errors', rejects_scan = 'csv_scans'",
      );
    default:
      return target satisfies never;
  }
}

/** Records the CSV reader rejected: `source`, `record` (from 1; blank ones and the header count), `reason`, `line`. */
export const csvRejects = raw('csv_rejects');

/** Makes the table {@link csvRejects}, empty. */
export async function createCsvRejects(engine: Engine): Promise<void> {
  await engine.execute(sql`create temporary table ${csvRejects}
    (source integer, record bigint, reason varchar, line varchar)`);
}

/**
 * Moves what the reader has rejected in its last read to {@link csvRejects}, one row per record,
 * and returns how many there are by source. The reader's first file is the source `first`.
 */
export async function keepCsvErrors(
  engine: Engine,
  first: number,
): Promise<ReadonlyMap<number, number>> {
  await engine.execute(sql`insert into ${csvRejects}
    select file_id + ${first}, line, case any_value(error_type)
        when 'MISSING COLUMNS' then 'too few columns'
        when 'TOO MANY COLUMNS' then 'too many columns'
        when 'UNQUOTED VALUE' then 'wrong quoting'
        when 'INVALID ENCODING' then 'not UTF-8'
        else lower(any_value(error_type)::varchar) end,
      any_value(csv_line)
    from csv_errors group by file_id, line`);
  await dropCsvErrors(engine);
  const rows = await engine.rows(sql`select source, count(*) as records from ${csvRejects}
    where source >= ${first} group by source`);
  return new Map(rows.map((row) => [numberAt(row, 'source'), numberAt(row, 'records')]));
}

/** Drops the tables of the reader. */
export async function dropCsvErrors(engine: Engine): Promise<void> {
  for (const table of ['csv_errors', 'csv_scans']) {
    await engine.execute(sql`drop table if exists ${raw(table)}`);
  }
}
