import type { Column } from '../../dataset/manifest.ts';
import type { Engine, Written } from '../../engine/engine.ts';
import { exactly, parquet } from '../../engine/parquet.ts';
import { textAt } from '../../engine/row.ts';
import { join, literal, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { compressionOf } from '../../formats/compression.ts';
import { isParquet } from '../../formats/detect.ts';
import { linesOf } from '../ingest/lines.ts';
import { inParquet, narrowed } from '../relation/integers.ts';
import { csvKind, filledLines, textFormat } from '../relation/kind.ts';
import type { Kind } from '../relation/kind.ts';
import { readAll } from '../relation/unread.ts';
import { readWhole } from '../sources/check-end.ts';
import type { Compressed } from '../sources/check-end.ts';
import { checkList } from '../sources/check-form.ts';
import { nameOf } from '../sources/name-of.ts';
import type { NamedFile } from '../sources/name-of.ts';
import { readAt } from '../sources/read-at.ts';
import { rowGroupRows } from './memory.ts';

/**
 * Writes files of rows (CSV, JSON lines, JSON, Parquet; plain, gzip or zstd) to one Parquet file.
 * Fields of CSV stay text, so that `007` does, and so do strings of JSON; its other values have the
 * type they have in all of the file.
 */
export async function toParquet(
  engine: Engine,
  files: readonly NamedFile[],
  path: string,
): Promise<Written> {
  const compressed = await Promise.all(files.map(compressedOf));
  return await readWhole(compressed, () =>
    readAll(engine, files, () => writeAll(engine, files, path)),
  );
}

async function writeAll(
  engine: Engine,
  files: readonly NamedFile[],
  path: string,
): Promise<Written> {
  const tables: Sql[] = [];
  let width = 0;
  for (const file of files) {
    const read = await readerOf(engine, file);
    tables.push(sql`select * from ${read.rows}`);
    width = Math.max(width, read.width);
  }
  const rows = join(tables, ' union all by name ');
  return engine.write(rows, path, { rowGroupRows: rowGroupRows(width) });
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
  const filled = filledLines(name, { head, compression, lines });
  const format = textFormat(name, filled);
  switch (format) {
    case 'jsonl':
    case 'json':
      return { rows: await jsonRows(engine, file, { format, compression }), width };
    case 'clf':
      throw new UserError(
        `'${name}' is an access log; read it into the dataset events with pipe events:ingest, and join that`,
      );
    case 'csv':
    // One column has no delimiter.
    case undefined:
      return { rows: csvRows(path, csvKind(name, compression, filled)), width };
    default:
      return format satisfies never;
  }
}

/** The engine is not to detect anything: it takes lines with `#` for comments, and of a file with a bad line it may leave out what stands before that. */
function csvRows(path: string, { compression, delimiter, header }: CsvKind): Sql {
  const columns = header.map((name) => sql`${literal(name)}: 'VARCHAR'`);
  return sql`read_csv(${exactly([path])}, columns = {${join(columns, ', ')}}, header = true,
    auto_detect = false, delim = ${literal(delimiter)}, quote = '"', escape = '"',
    strict_mode = true, null_padding = false, allow_quoted_nulls = false,
    compression = ${literal(compression)}, hive_partitioning = false)`;
}

type CsvKind = Kind & { readonly format: 'csv' };
type JsonKind = Kind & { readonly format: 'jsonl' | 'json' };

async function jsonRows(
  engine: Engine,
  file: NamedFile,
  { format, compression }: JsonKind,
): Promise<Sql> {
  if (format === 'json' && compression === 'uncompressed') await checkList(file);
  const layout = format === 'jsonl' ? 'newline_delimited' : 'auto';
  const read = (options: Sql): Sql => sql`read_json(${exactly([file.path])},
    format = ${literal(layout)}, compression = ${literal(compression)},
    hive_partitioning = false, ${options})`;
  const described = await engine.rows(sql`describe select *
    from ${read(raw('records = true, sample_size = -1, maximum_depth = -1'))}`);
  const columns = described.map((row) => ({
    name: textAt(row, 'column_name'),
    type: asWritten(textAt(row, 'column_type')),
  }));
  await demandNames(engine, columns, {
    file,
    objects: read(raw(`records = false, columns = {'json': 'JSON'}`)),
  });
  const records = (types: readonly Column[]): Sql => {
    const typed = types.map(({ name, type }) => sql`${literal(name)}: ${literal(type)}`);
    return read(sql`records = true, columns = {${join(typed, ', ')}}`);
  };
  const narrow = await narrowed(engine, sql`from ${records(columns)}`, columns);
  return records(narrow.map(({ name, type }) => ({ name, type: inParquet(type) })));
}

/** The type without guesses: the engine takes strings for times and UUIDs where it can (of `01-02-2020` it makes a day in February). */
function asWritten(type: string): string {
  const guessed =
    /"(?:[^"]|"")*"|\b(?:DATE|TIME|TIMESTAMP|TIMESTAMP WITH TIME ZONE|UUID|JSON)(?=[,)[]|$)/g;
  return type.replaceAll(guessed, (found) => (found.startsWith('"') ? found : 'VARCHAR'));
}

/** The engine, to which `a` and `A` are the same, calls the second one `A_1`, and would find nothing under that name. */
async function demandNames(
  engine: Engine,
  columns: readonly { readonly name: string }[],
  { file, objects }: { readonly file: NamedFile; readonly objects: Sql },
): Promise<void> {
  const names = new Set(columns.map(({ name }) => name.toLowerCase()));
  const numbered = columns.filter(
    ({ name }) => names.has(name.toLowerCase().replace(/_\d+$/, '')) && /_\d+$/.test(name),
  );
  if (numbered.length === 0) return;
  const found = await engine.rows(
    sql`select distinct unnest(json_keys(json)) as name from ${objects}`,
  );
  const written = new Set(found.map((row) => textAt(row, 'name')));
  const made = numbered.find(({ name }) => !written.has(name));
  if (!made) return;
  const name = made.name.replace(/_\d+$/, '');
  throw new UserError(
    `'${nameOf(file)}' has several fields '${name}' that differ in case alone; write it anew with other names by pipe data:convert`,
  );
}
