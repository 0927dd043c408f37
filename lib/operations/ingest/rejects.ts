import type { Engine, Written } from '../../engine/engine.ts';
import { EngineError } from '../../engine/error.ts';
import { parquet } from '../../engine/parquet.ts';
import { literal, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { csvRejects, keepCsvErrors } from './csv-errors.ts';
import { incoming } from './incoming.ts';
import type { Loaded } from './incoming.ts';
import { isFilled, linesOf, numberedLines, numberedLinesOfAnyBytes } from './lines.ts';
import type { FileGroup } from './lines.ts';
import { csvRecords } from './read.ts';
import { reasonText } from './reasons.ts';

/**
 * Writes the rejected records of a source: `source` (its URI), `line` (from 1; in Parquet the row),
 * `reason` and the raw `text`, with `?` for what is not UTF-8. The source is read again for these,
 * but only if there are any.
 */
export async function writeRejects(engine: Engine, loaded: Loaded, path: string): Promise<Written> {
  const write = (hasBadBytes: boolean): Promise<Written> =>
    engine.write(
      sql`select ${literal(loaded.source.uri)} as source, line, reason, text
        from (${rejectsOf(loaded, hasBadBytes)}) order by line`,
      path,
    );
  try {
    return await write(loaded.unparsed > 0);
  } catch (error) {
    const isText = loaded.kind.format === 'jsonl';
    if (!isText || !(error instanceof EngineError) || error.failure !== 'query') throw error;
    await findBadBytes(engine, loaded);
    return write(true);
  }
}

/** Writes a file of rejects without any. */
export function writeNoRejects(engine: Engine, path: string): Promise<Written> {
  return engine.write(sql`select '' as source, * from (${none})`, path);
}

const none = sql`select 0::bigint as line, '' as reason, '' as text where false`;

/** The JSON reader does not tell lines that are not UTF-8 from others that it cannot read. */
async function findBadBytes(engine: Engine, loaded: Loaded): Promise<void> {
  const lines = linesOf(fileOf(loaded), 'table');
  // A reader that is asked for no column checks none.
  await engine.rows(sql`select sum(strlen(line))::bigint as bytes from (${lines})`);
  await keepCsvErrors(engine, loaded.number);
}

function fileOf({ source, kind }: Loaded): FileGroup {
  return { paths: [source.path], compression: kind.compression };
}

function rejectsOf(loaded: Loaded, hasBadBytes: boolean): Sql {
  if (loaded.unusable + loaded.unparsed === 0) return none;
  const lines = hasBadBytes
    ? numberedLinesOfAnyBytes(fileOf(loaded), loaded.number)
    : sql`select *, true as is_readable from (${numberedLines(fileOf(loaded))})`;
  switch (loaded.kind.format) {
    case 'clf':
      return sql`
        select number as line, reason, text
        from (
          select *, row_number() over () as record from (${lines})
          where is_readable and ${isFilled(raw('text'))}) join (${unusable(loaded)}) using (record)
        union all select record, reason, line from ${csvRejects} where source = ${loaded.number}`;
    case 'jsonl':
      return sql`
        select number as line, case when is_readable then reason else 'not UTF-8' end as reason, text
        from (
          select *, row_number() over () as record from (${lines})
          where ${isFilled(raw('text'))}) join (${unusable(loaded)}) using (record)`;
    case 'csv':
      return csvRejectsOf(loaded, csvRecords(loaded.kind, [loaded.source.path], 'nowhere'));
    case 'parquet':
      return sql`
        select record as line, reason, json as text
        from (${unusable(loaded)}) join (
          select file_row_number + 1 as record, to_json(t)::varchar as json
          from ${parquet([loaded.source.path])} as t) using (record)`;
    default:
      return loaded.kind satisfies never;
  }
}

/** Rejected rows by their place among the source's rows, from 1. */
function unusable({ number, firstRow }: Loaded): Sql {
  return sql`select rowid - ${firstRow} + 1 as record, ${reasonText(raw('reason'))} as reason
    from ${incoming} where source = ${number} and reason is not null`;
}

/**
 * The engine tells where the records are that it rejects, and not where the others are. Where every
 * record is one line (rows, rejects and the header make up all filled lines) counting tells; else
 * the text is what the engine says it is, and a row that could be parsed has no line number.
 */
function csvRejectsOf(loaded: Loaded, parsed: Sql): Sql {
  const records = loaded.rows + loaded.unparsed + 1;
  return sql`
    with filled as materialized (
        select *, row_number() over (order by number) as place
        from (${numberedLinesOfAnyBytes(fileOf(loaded), loaded.number)}) where ${isFilled(raw('text'))}),
      lines as materialized (
        select * from filled where (select count(*) from filled) = ${records}),
      unparsed as (
        select record, reason, line from ${csvRejects} where source = ${loaded.number}),
      others as (
        select number, text, row_number() over (order by number) as record from lines
        where place > 1 and number not in (select record from unparsed)),
      parsed as (select row_number() over () as record, json from (${parsed}))
    select unparsed.record as line, reason, coalesce(lines.text, unparsed.line) as text
    from unparsed left join lines on lines.number = unparsed.record
    union all
    select others.number as line, reason, coalesce(others.text, parsed.json) as text
    from (${unusable(loaded)}) as bad
      left join others using (record) left join parsed using (record)`;
}
