import { literal, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { exactly } from '../../engine/parquet.ts';
import type { Compression } from '../../formats/compression.ts';
import { csvRejects, errorsTo } from './csv-errors.ts';
import type { ErrorsTo } from './csv-errors.ts';

/** Files of one kind, read together. */
export interface FileGroup {
  readonly paths: readonly string[];
  readonly compression: Compression;
}

/** A character that hardly any text has: the whole line is one column. */
const NO_DELIMITER = '\u{10FFFF}';

/** The lines of text files: `source` (place in `paths`) and `line`, NULL where empty. Bytes that are not UTF-8 are an error. */
export function linesOf(files: FileGroup, errors: ErrorsTo): Sql {
  return sql`select file_index as source, line from read_csv(${exactly(files.paths)},
    columns = {'line': 'VARCHAR'}, header = false, delim = ${literal(NO_DELIMITER)}, quote = '',
    escape = '', auto_detect = false, strict_mode = false,
    max_line_size = ${raw(String(MAX_LINE_BYTES))}, compression = ${literal(files.compression)},
    hive_partitioning = false${errorsTo(errors)})`;
}

/** As much as the engine's reader of JSON takes for one object. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/**
 * The lines of one file with their numbers, from 1: `number`, `text` and `is_readable`, false where
 * text is not UTF-8. What the reader leaves out comes from
 * {@link csvRejects}, where it is as source `source`: the one that is line n and the k-th of them
 * has n - k others before it.
 */
export function numberedLines(file: FileGroup, source: number): Sql {
  return sql`
    select row_number() over (order by place, turn) as number, text, is_readable
    from (
      select row_number() over () as place, 0 as turn, line as text, true as is_readable
      from (${linesOf(file, 'nowhere')})
      union all
      select record - turn + 0.5 as place, turn, line as text, false as is_readable
      from (select record, line, row_number() over (order by record) as turn
        from ${csvRejects} where source = ${source} and reason = 'not UTF-8'))
    order by number`;
}

/** Whether a line has more than blanks. Most begin with something else; trimming every one is slow. */
export function isFilled(line: Sql): Sql {
  return sql`coalesce(${line} >= '!' or regexp_matches(${line}, '\\S'), false)`;
}
