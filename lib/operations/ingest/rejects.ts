import { readFile, writeFile } from 'node:fs/promises';
import type { Engine, Written } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { literal, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { csvRejects } from './csv-errors.ts';
import { incoming } from './incoming.ts';
import type { Loaded } from './incoming.ts';
import { isFilled, numberedLines } from './lines.ts';
import { csvRecords } from './read.ts';
import { reasonText } from './reasons.ts';

/**
 * Writes the rejected records of a source: `source` (its URI), `line` (from 1; in Parquet the row),
 * `reason` and the raw `text`, with `?` for what is not UTF-8. Of lines the table `incoming` has all
 * that; CSV and Parquet are read again, but only if something was rejected.
 */
export async function writeRejects(engine: Engine, loaded: Loaded, path: string): Promise<Written> {
  if (loaded.unusable + loaded.unparsed === 0) return await writeNoRejects(engine, path);
  return await engine.write(
    sql`select ${literal(loaded.source.uri)} as source, line, reason, text
      from (${rejectsOf(loaded)}) order by line`,
    path,
  );
}

/** Writes a file of rejects without any; most sources have none, and the engine makes it once. */
export async function writeNoRejects(engine: Engine, path: string): Promise<Written> {
  const known = empty.get(engine);
  if (known) {
    await writeFile(path, known.bytes);
    return known.written;
  }
  const written = await engine.write(
    sql`select '' as source, 0::bigint as line, '' as reason, '' as text where false`,
    path,
  );
  empty.set(engine, { bytes: await readFile(path), written });
  return written;
}

const empty = new WeakMap<Engine, { readonly bytes: Uint8Array; readonly written: Written }>();

function rejectsOf(loaded: Loaded): Sql {
  switch (loaded.kind.format) {
    case 'clf':
    case 'jsonl':
      return lineRejectsOf(loaded);
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

/**
 * The row that is the k-th of its source is line k of the file, when all lines are rows. The reader
 * leaves out what is not UTF-8 and says which lines these were: each one before it adds one.
 */
function lineRejectsOf(loaded: Loaded): Sql {
  return sql`
    with left_out as (
      select record, reason, line as text, record - row_number() over (order by record) as rows_before
      from ${csvRejects} where source = ${loaded.number})
    select record as line, reason, text from left_out
    union all
    select record + (select count(*) from left_out where rows_before < bad.record), reason, text
    from (${unusable(loaded)}) as bad`;
}

/** Rejected rows by their place among the source's rows, from 1. */
function unusable({ number, firstRow }: Loaded): Sql {
  return sql`select rowid - ${firstRow} + 1 as record, ${reasonText(raw('reason'))} as reason, text
    from ${incoming} where source = ${number} and reason > 0`;
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
        from (${numberedLines(
          { paths: [loaded.source.path], compression: loaded.kind.compression },
          loaded.number,
        )}) where ${isFilled(raw('text'))}),
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
