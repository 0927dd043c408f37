import type { Engine, Written } from '../../engine/engine.ts';
import { exactly, parquet } from '../../engine/parquet.ts';
import { textAt } from '../../engine/row.ts';
import { join, literal, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { compressionOf } from '../../formats/compression.ts';
import type { Compression } from '../../formats/compression.ts';
import { delimiterOf, fieldsOf } from '../../formats/csv.ts';
import { formatOf, isParquet } from '../../formats/detect.ts';
import { linesOf } from '../ingest/lines.ts';
import { distinct } from '../relation/kind.ts';
import { readAll } from '../relation/unread.ts';
import { readWhole } from '../sources/check-end.ts';
import type { Compressed } from '../sources/check-end.ts';
import { nameOf } from '../sources/name-of.ts';
import type { NamedFile } from '../sources/name-of.ts';
import { readAt } from '../sources/read-at.ts';
import { rowGroupRows } from './memory.ts';

/**
 * Writes files of rows (CSV, JSON lines, Parquet; plain, gzip or zstd) to one Parquet file. Fields
 * of CSV stay text, so that `007` does; those of JSON have the types they have in all of the file.
 */
export async function toParquet(
  engine: Engine,
  files: readonly NamedFile[],
  path: string,
): Promise<Written> {
  const compressed = await Promise.all(files.map(compressedOf));
  return await readWhole(compressed, async () => {
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
    const options = { rowGroupRows: rowGroupRows(width) };
    return await readAll(engine, files, () => engine.write(rows, path, options));
  });
}

async function compressedOf(file: NamedFile): Promise<Compressed> {
  const [{ path }, name] = [file, nameOf(file)];
  return { path, name, compression: compressionOf(name, await readAt(path, 0, MAGIC_BYTES)) };
}

const MAGIC_BYTES = 64;

interface TextRows {
  readonly rows: Sql;
  /** Bytes of a row, about. */
  readonly width: number;
}

const HEAD_BYTES = 64 * 1024;
const SAMPLE_LINES = 200;

async function readerOf(engine: Engine, file: NamedFile): Promise<TextRows> {
  const [{ path }, name] = [file, nameOf(file)];
  const head = await readAt(path, 0, HEAD_BYTES);
  if (isParquet(head)) return { rows: parquet([path]), width: 0 };
  const compression = compressionOf(name, head);
  const found = await engine.rows(sql`select coalesce(line, '') as line
    from (${linesOf({ paths: [path], compression }, 'nowhere')}) limit ${SAMPLE_LINES}`);
  const lines = found.map((row) => textAt(row, 'line'));
  const width = lines.reduce((sum, line) => sum + line.length, 0) / Math.max(lines.length, 1);
  switch (formatOf(lines)) {
    case 'jsonl':
      return { rows: jsonRows(path, compression), width };
    case 'csv':
      return { rows: csvRows(path, compression, lines[0] ?? ''), width };
    case 'clf':
      throw new UserError(
        `'${name}' is an access log; read it into the dataset events with pipe events:ingest, and join that`,
      );
    case undefined:
      // One column has no delimiter.
      if ((lines[0] ?? '') !== '')
        return { rows: csvRows(path, compression, lines[0] ?? ''), width };
      throw new UserError(`'${name}' has no rows and no names of columns; name another file`);
    default:
      throw new UserError(
        `'${name}': its format cannot be told from its first lines; expected CSV, JSON lines or Parquet`,
      );
  }
}

/** The engine is not to detect anything: of a file with a bad line it may leave out what stands before that. */
function csvRows(path: string, compression: Compression, header: string): Sql {
  const delimiter = delimiterOf(header) ?? ',';
  const names = distinct(fieldsOf(header.replace(/^\uFEFF/, ''), delimiter));
  const types = names.map((name) => sql`${literal(name)}: 'VARCHAR'`);
  return sql`read_csv(${exactly([path])}, columns = {${types}}, header = true, delim = ${literal(delimiter)},
    quote = '"', escape = '"', auto_detect = false, strict_mode = true, null_padding = false,
    allow_quoted_nulls = false, compression = ${literal(compression)}, hive_partitioning = false)`;
}

function jsonRows(path: string, compression: Compression): Sql {
  return sql`read_json(${exactly([path])}, format = 'newline_delimited', sample_size = -1,
    maximum_depth = -1, compression = ${literal(compression)}, hive_partitioning = false)`;
}
