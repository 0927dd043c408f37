import type { Engine, Written } from '../../engine/engine.ts';
import { exactly, parquet } from '../../engine/parquet.ts';
import { textAt } from '../../engine/row.ts';
import { join, literal, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { compressionOf } from '../../formats/compression.ts';
import type { Compression } from '../../formats/compression.ts';
import { delimiterOf } from '../../formats/csv.ts';
import { formatOf, isParquet } from '../../formats/detect.ts';
import { linesOf } from '../ingest/lines.ts';
import { readAt } from '../sources/read-at.ts';
import { rowGroupRows } from './memory.ts';

/** A local file, and the name to blame. */
export interface TextFile {
  readonly path: string;
  readonly uri: string;
}

/**
 * Writes files of rows (CSV, JSON lines, Parquet; plain, gzip or zstd) to one Parquet file. Fields
 * of CSV stay text, so that `007` does; those of JSON have the types they have in all of the file.
 */
export async function toParquet(
  engine: Engine,
  files: readonly TextFile[],
  path: string,
): Promise<Written> {
  const tables: Sql[] = [];
  let width = 0;
  for (const file of files) {
    const read = await readerOf(engine, file);
    tables.push(read.rows);
    width = Math.max(width, read.width);
  }
  const rows = join(
    tables.map((rows) => sql`select * from ${rows}`),
    ' union all by name ',
  );
  return engine.write(rows, path, { rowGroupRows: rowGroupRows(width) });
}

interface TextRows {
  readonly rows: Sql;
  /** Bytes of a row, about. */
  readonly width: number;
}

const HEAD_BYTES = 64 * 1024;
const SAMPLE_LINES = 200;

async function readerOf(engine: Engine, { path, uri }: TextFile): Promise<TextRows> {
  const head = await readAt(path, 0, HEAD_BYTES);
  if (isParquet(head)) return { rows: parquet([path]), width: 0 };
  const compression = compressionOf(uri, head);
  const found = await engine.rows(sql`select coalesce(line, '') as line
    from (${linesOf({ paths: [path], compression }, 'nowhere')}) limit ${SAMPLE_LINES}`);
  const lines = found.map((row) => textAt(row, 'line'));
  const width = lines.reduce((sum, line) => sum + line.length, 0) / Math.max(lines.length, 1);
  switch (formatOf(lines)) {
    case 'jsonl':
      return { rows: jsonRows(path, compression), width };
    case 'csv':
      return { rows: csvRows(path, compression, delimiterOf(lines[0] ?? '') ?? ','), width };
    case 'clf':
      throw new UserError(
        `'${uri}' is an access log; read it into the dataset events with pipe events:ingest, and join that`,
      );
    case undefined:
      // One column has no delimiter.
      if ((lines[0] ?? '') !== '') return { rows: csvRows(path, compression, ','), width };
      throw new UserError(`'${uri}' has no rows and no names of columns; name another file`);
    default:
      throw new UserError(
        `'${uri}': its format cannot be told from its first lines; expected CSV, JSON lines or Parquet`,
      );
  }
}

function csvRows(path: string, compression: Compression, delimiter: string): Sql {
  return sql`read_csv(${exactly([path])}, header = true, all_varchar = true, delim = ${literal(delimiter)},
    quote = '"', escape = '"', strict_mode = true, compression = ${literal(nameOf(compression))},
    hive_partitioning = false)`;
}

function jsonRows(path: string, compression: Compression): Sql {
  return sql`read_json(${exactly([path])}, format = 'newline_delimited', sample_size = -1,
    maximum_depth = -1, compression = ${literal(nameOf(compression))}, hive_partitioning = false)`;
}

function nameOf(compression: Compression): string {
  return compression === 'uncompressed' ? 'none' : compression;
}
