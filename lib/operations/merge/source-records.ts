import type { Column } from '../../dataset/manifest.ts';
import type { Engine, Row } from '../../engine/engine.ts';
import { exactly, parquet } from '../../engine/parquet.ts';
import { textAt } from '../../engine/row.ts';
import { identifier, join, literal, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { quote } from '../../docopt/quote.ts';
import { UserError } from '../../errors.ts';
import { compressionOf } from '../../formats/compression.ts';
import type { Compression } from '../../formats/compression.ts';
import { delimiterOf, fieldsOf } from '../../formats/csv.ts';
import { formatOf, isParquet } from '../../formats/detect.ts';
import type { ErrorsTo } from '../ingest/csv-errors.ts';
import { linesOf } from '../ingest/lines.ts';
import { inParquet, narrowed } from '../relation/integers.ts';
import { checkParquet } from '../sources/check-form.ts';
import { nameOf } from '../sources/name-of.ts';
import type { NamedFile } from '../sources/name-of.ts';
import { readAt } from '../sources/read-at.ts';

/** A file with what its first bytes tell. */
export interface PackedFile extends NamedFile {
  readonly packing: 'parquet' | Compression;
}

/** Tells by its first bytes how a file is read. */
export async function packed(file: NamedFile): Promise<PackedFile> {
  const head = await readAt(file.path, 0, MAGIC_BYTES);
  if (!isParquet(head)) return { ...file, packing: compressionOf(nameOf(file), head) };
  await checkParquet(file);
  return { ...file, packing: 'parquet' };
}

const MAGIC_BYTES = 64;

/**
 * The records of all files in their order; columns are united by their names, whatever formats they
 * come from. Throws UserError where no file has any line.
 */
export async function recordsOf(engine: Engine, files: readonly PackedFile[]): Promise<Sql> {
  const filled: KnownFile[] = [];
  for (const file of files) {
    const kind = await kindOf(engine, file);
    if (kind) filled.push({ ...file, kind });
  }
  if (filled.length === 0) {
    throw new UserError(
      `${files.map((file) => `'${nameOf(file)}'`).join(', ')}: empty. Expected at least the line that names its columns.`,
    );
  }
  const queries: Sql[] = [];
  const groups = alike(filled);
  for (const group of groups) queries.push(await query(engine, group, groups.length === 1));
  return join(queries, ' union all by name ');
}

/** How the records of a file are read. */
type Kind =
  | { readonly format: 'parquet' }
  | { readonly format: 'jsonl'; readonly compression: Compression }
  | { readonly format: 'csv'; readonly compression: Compression; readonly header: string };

interface KnownFile extends NamedFile {
  readonly kind: Kind;
}

/** Undefined for text without a line. */
async function kindOf(engine: Engine, file: PackedFile): Promise<Kind | undefined> {
  const { path, packing } = file;
  if (packing === 'parquet') return { format: 'parquet' };
  const compression = packing;
  const first = (errors: ErrorsTo): Promise<Row[]> =>
    engine.rows(
      sql`select coalesce(line, '') as line from (${linesOf({ paths: [path], compression }, errors)}) limit 200`,
    );
  let lines = await first('nowhere');
  // Without any that can be read it is empty, or the engine says why.
  if (lines.length === 0) lines = await first('caller');
  const texts = lines.map((row) => textAt(row, 'line'));
  const [header] = texts;
  if (header === undefined) return undefined;
  if (formatOf(texts) === 'jsonl') return { format: 'jsonl', compression };
  if (/^\s*[[{]\s*(?:["{]|$)/.test(header)) {
    const name = nameOf(file);
    throw new UserError(
      `'${name}' is a JSON document. Expected CSV, Parquet or JSON lines, a record in each; make them with pipe data:convert -- ${quote([name])} <to>.jsonl`,
    );
  }
  return { format: 'csv', compression, header };
}

/** Files that are read together. */
type Group = readonly [KnownFile, ...KnownFile[]];

/** Neighbours that are read the same way. */
function alike(files: readonly KnownFile[]): readonly Group[] {
  const groups: [KnownFile, ...KnownFile[]][] = [];
  for (const file of files) {
    const last = groups.at(-1);
    if (last && JSON.stringify(last[0].kind) === JSON.stringify(file.kind)) last.push(file);
    else groups.push([file]);
  }
  return groups;
}

async function query(engine: Engine, group: Group, isAlone: boolean): Promise<Sql> {
  const [{ kind }] = group;
  const paths = group.map(({ path }) => path);
  switch (kind.format) {
    case 'parquet':
      return sql`select * from ${parquet(paths, { union: true })}`;
    case 'jsonl':
      return await jsonRecords(engine, paths, kind.compression, isAlone);
    case 'csv':
      return csvRecords(group, kind.header, kind.compression);
    default:
      return kind satisfies never;
  }
}

function csvRecords(group: Group, header: string, compression: Compression): Sql {
  const delimiter = delimiterOf(header) ?? ',';
  const names = fieldsOf(header, delimiter);
  const lower = names.map((name) => name.toLowerCase());
  const twice = names.find(
    (name, index) => name === '' || lower.indexOf(name.toLowerCase()) !== index,
  );
  if (twice !== undefined) {
    throw new UserError(
      `'${nameOf(group[0])}': the header names the column '${twice}' ${twice === '' ? 'with nothing' : 'twice'}. Expected different names in the first line.`,
    );
  }
  const types = names.map((name) => sql`${literal(name)}: 'VARCHAR'`);
  return sql`select * from read_csv(${exactly(group.map(({ path }) => path))}, columns = {${join(types, ', ')}}, header = true,
    delim = ${literal(delimiter)}, quote = '"', escape = '"', auto_detect = false, strict_mode = true,
    null_padding = false, allow_quoted_nulls = false, compression = ${literal(compression)},
    max_line_size = 16777216, hive_partitioning = false)`;
}

/** Days and times stay texts: what one dump writes as a day the next may write as something else. */
async function jsonRecords(
  engine: Engine,
  paths: readonly string[],
  compression: Compression,
  isAlone: boolean,
): Promise<Sql> {
  const read = (columns: Sql): Sql => sql`read_json(${exactly(paths)},
    format = 'newline_delimited', records = true, compression = ${literal(compression)}, hive_partitioning = false,
    maximum_object_size = 16777216, ${columns})`;
  const whole = read(sql`auto_detect = true, sample_size = -1`);
  const found = (await engine.rows(sql`describe select * from ${whole}`)).map(columnOf);
  const columns = await settled(engine, whole, found);
  const types = columns.map(({ name, type }) => {
    const isTime = /^(?:DATE|TIME|TIMESTAMP.*|UUID)$/.test(type);
    return sql`${literal(name)}: ${literal(isTime ? 'VARCHAR' : type === NOTHING ? 'JSON' : type)}`;
  });
  const names = columns.map((column) => (isAlone ? identifier(column.name) : united(column)));
  return sql`select ${names} from ${read(sql`columns = {${join(types, ', ')}}`)}`;
}

/** A column that takes part in a union, where the engine would read the texts of others as JSON. */
function united({ name, type }: Column): Sql {
  const column = identifier(name);
  if (type === NOTHING) return sql`null as ${column}`;
  return type === 'JSON' ? sql`${column}::varchar as ${column}` : column;
}

/** Of a column without any value. It becomes JSON, which gives way to the type of another day. */
const NOTHING = 'nothing';

/**
 * Types that Parquet can hold, by the values. What is now a number and now a text comes as JSON: it is
 * text, without quotes.
 */
async function settled(
  engine: Engine,
  rows: Sql,
  columns: readonly Column[],
): Promise<readonly Column[]> {
  const narrow = await narrowed(engine, sql`from ${rows}`, columns);
  const types = narrow.map(({ name, type }) => ({ name, type: inParquet(type) }));
  const open = types.filter(({ type }) => type === 'JSON');
  if (open.length === 0) return types;
  const tests = open.map(({ name }) => {
    const column = identifier(name);
    return sql`bool_and(json_type(${column}) not in ('OBJECT', 'ARRAY')) as ${column}`;
  });
  const [isText = {}] = await engine.rows(sql`select ${tests} from ${rows}`);
  return types.map((column) => {
    const found = open.includes(column) ? isText[column.name] : false;
    if (found === false) return column;
    return { ...column, type: found === true ? 'VARCHAR' : NOTHING };
  });
}

/** A column as the engine describes it. */
export function columnOf(row: Parameters<typeof textAt>[0]): Column {
  return { name: textAt(row, 'column_name'), type: textAt(row, 'column_type') };
}
