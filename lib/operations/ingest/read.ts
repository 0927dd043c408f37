import { exactly, parquet } from '../../engine/parquet.ts';
import { identifier, join, literal, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { errorsTo } from './csv-errors.ts';
import type { ErrorsTo } from './csv-errors.ts';
import { eventsOfRecords } from './json-records.ts';
import type { Kind } from './kind.ts';
import { linesOf } from './lines.ts';
import { eventsOfLogLines } from './log-lines.ts';

/**
 * The records of files of one kind as rows of the table `incoming`, in order; `source` is the
 * file's place in `paths`. `errors` is for lines: what becomes of text that is not UTF-8, and whether
 * what looks like JSON and is none is an error. What is no record to CSV goes to the reader's table.
 */
export function eventsOf(kind: Kind, paths: readonly string[], errors: ErrorsTo): Sql {
  switch (kind.format) {
    case 'clf':
      return eventsOfLogLines(linesOf({ paths, compression: kind.compression }, errors));
    case 'jsonl':
      return eventsOfRecords(
        jsonRecords(linesOf({ paths, compression: kind.compression }, errors), errors === 'caller'),
        kind.mapping,
      );
    case 'csv':
      return eventsOfRecords(csvRecords(kind, paths, 'table'), kind.mapping);
    case 'parquet':
      return eventsOfRecords(parquetRecords(paths), kind.mapping);
    default:
      return kind satisfies never;
  }
}

/**
 * Lines with their JSON, which is NULL where a line is none. Lines rather than the engine's reader of
 * JSON, because that one forgets the text of what it cannot read, so that it would be read again.
 * `isHasty`: what stands in braces is taken for JSON, which spares parsing it twice; lines that are
 * cut off or no JSON at all are told all the same, and anything else broken is an error.
 */
function jsonRecords(lines: Sql, isHasty: boolean): Sql {
  const looks = sql`starts_with(line, '{') and ends_with(line, '}')`;
  return sql`select source, line as text,
      case when ${isHasty ? looks : raw('false')} then line when json_valid(line) then line end as json
    from (${lines})`;
}

/** Records of CSV files that can be parsed; empty fields are left out. */
export function csvRecords(
  kind: Kind & { readonly format: 'csv' },
  paths: readonly string[],
  errors: ErrorsTo,
): Sql {
  const names = kind.header.map((name) => sql`${literal(name)}, ${identifier(name)}`);
  const types = kind.header.map((name) => sql`${literal(name)}: 'VARCHAR'`);
  return sql`select file_index as source, null::varchar as text,
      json_merge_patch('{}', json_object(${names}))::varchar as json
    from read_csv(${exactly(paths)}, columns = {${join(types, ', ')}}, header = true,
      delim = ${literal(kind.delimiter)}, quote = '"', escape = '"', auto_detect = false,
      strict_mode = true, null_padding = false, compression = ${literal(kind.compression)},
      hive_partitioning = false${errorsTo(errors)})`;
}

function parquetRecords(paths: readonly string[]): Sql {
  return sql`select file_index as source, null::varchar as text, to_json(t)::varchar as json
    from ${parquet(paths)} t`;
}
