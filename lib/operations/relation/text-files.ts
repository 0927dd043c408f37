import type { Engine } from '../../engine/engine.ts';
import { exactly } from '../../engine/parquet.ts';
import { numberAt } from '../../engine/row.ts';
import { identifier, join, literal, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { errorsTo } from '../ingest/csv-errors.ts';
import type { ErrorsTo } from '../ingest/csv-errors.ts';
import { isFilled, linesOf } from '../ingest/lines.ts';
import { inferTypes, typed } from './infer.ts';
import type { Kind } from './kind.ts';
import type { DataFile } from './place.ts';
import { addRejects, keepReaderErrors } from './rejects.ts';
import type { Types } from './types.ts';

/** Files of one kind as a query. */
export interface Part {
  /** Its columns, and {@link fileColumn}. */
  readonly query: Sql;
  /** What the column of a row's file holds: its place among the part's, from 0, or its path. */
  readonly file: 'index' | 'path';
  readonly columns: readonly string[];
  /** Records that could not be read. */
  readonly rejected: number;
}

/** Tells the file that a row came from; no column of data is called so. */
export const fileColumn = identifier('\u{10FFFF}file');

export interface ReadOptions {
  /** Of some columns; what does not fit is rejected. */
  readonly types: Types;
  /** `start`: types are told by the first records alone, which spares reading everything twice. */
  readonly look: 'all' | 'start';
}

const START_ROWS = 20_000;

/** CSV files as a query. Types are inferred unless given; what cannot be read goes to the rejects. */
export async function csvPart(
  engine: Engine,
  files: readonly DataFile[],
  kind: Kind & { readonly format: 'csv' },
  { types, look }: ReadOptions,
): Promise<Part> {
  const { header } = kind;
  const rows = (errors: ErrorsTo): Sql => csvRows(files, kind, types, errors);
  const free = header.filter((name) => !types.has(name));
  const sample = look === 'all' ? rows('table') : sql`from (${rows('table')}) limit ${START_ROWS}`;
  const inferred = await inferTypes(engine, sample, free);
  const rejected = await keepReaderErrors(
    engine,
    files.map(({ uri }) => uri),
  );
  const columns = header.map((name) => {
    const at = free.indexOf(name);
    const column = identifier(name);
    return at < 0
      ? column
      : sql`${typed(column, inferred.types[at] ?? 'VARCHAR', look === 'all')} as ${column}`;
  });
  const query = sql`select ${columns}, ${fileColumn} from (${rows('nowhere')})`;
  return { query, file: 'index', columns: header, rejected };
}

function csvRows(
  files: readonly DataFile[],
  kind: Kind & { readonly format: 'csv' },
  types: Types,
  errors: ErrorsTo,
): Sql {
  const columns = kind.header.map(
    (name) => sql`${literal(name)}: ${literal(types.get(name) ?? 'VARCHAR')}`,
  );
  return sql`select *, file_index as ${fileColumn} from read_csv(${exactly(files.map(({ path }) => path))},
    columns = {${join(columns, ', ')}}, header = true, delim = ${literal(kind.delimiter)},
    quote = '"', escape = '"', auto_detect = false, strict_mode = true, null_padding = false,
    allow_quoted_nulls = false, compression = ${literal(kind.compression)},
    hive_partitioning = false${errorsTo(errors)})`;
}

/** Files with a JSON object in each line as a query; what is none goes to the rejects. */
export async function jsonlPart(
  engine: Engine,
  files: readonly DataFile[],
  kind: Kind & { readonly format: 'jsonl' | 'json' },
  { look }: Pick<ReadOptions, 'look'>,
): Promise<Part> {
  const group = { paths: files.map(({ path }) => path), compression: kind.compression };
  const lines = linesOf(group, 'table');
  const sample = look === 'all' ? lines : sql`from (${lines}) limit ${START_ROWS}`;
  const [seen = {}] = await engine.rows(sql`
    select json_group_structure(line) filter (where ${isObject})::varchar as structure,
      count(*) filter (where ${isFilled(raw('line'))} and not ${isObject}) as broken
    from (${sample})`);
  const uris = files.map(({ uri }) => uri);
  const unreadable = await keepReaderErrors(engine, uris);
  const broken = numberAt(seen, 'broken');
  if (broken > 0) await addRejects(engine, brokenLines(group, uris));
  if (typeof seen['structure'] !== 'string') {
    throw new UserError(`'${uris[0]}' has no JSON object in any line`);
  }
  const records = recordsOf(linesOf(group, 'nowhere'), structureOf(seen['structure']));
  return { ...(await withTimes(engine, records, look)), rejected: unreadable + broken };
}

const isObject = raw(`coalesce(json_valid(line) and json_type(line) = 'OBJECT', false)`);

function brokenLines(group: Parameters<typeof linesOf>[0], uris: readonly string[]): Sql {
  const list = sql`[${uris.map(literal)}]`;
  return sql`select (${list})[source + 1], number, 'not a JSON object', line
    from (select *, row_number() over (partition by source) as number from (${linesOf(group, 'nowhere')}))
    where ${isFilled(raw('line'))} and not ${isObject} order by source, number`;
}

type Structure = string | readonly Structure[] | { readonly [name: string]: Structure };

function structureOf(text: string): Readonly<Record<string, Structure>> {
  const structure: Readonly<Record<string, Structure>> = JSON.parse(text);
  return Object.fromEntries(
    Object.entries(structure).map(([name, type]) => [name, readable(type)]),
  );
}

/** What was never anything but null is text. */
function readable(structure: Structure): Structure {
  if (typeof structure === 'string') return structure === 'NULL' ? 'VARCHAR' : structure;
  if (isList(structure)) return structure.map(readable);
  const fields = Object.entries(structure);
  return Object.fromEntries(fields.map(([name, field]) => [name, readable(field)]));
}

function isList(structure: Structure): structure is readonly Structure[] {
  return Array.isArray(structure);
}

function recordsOf(lines: Sql, structure: Readonly<Record<string, Structure>>): Columns {
  const names = Object.keys(structure);
  const fields = names.map((name) => sql`record.${identifier(name)} as ${identifier(name)}`);
  const query = sql`select ${fields}, source as ${fileColumn} from (
    select json_transform(line, ${literal(JSON.stringify(structure))}) as record, source
    from (${lines}) where ${isObject})`;
  const texts = names.filter((name) => structure[name] === 'VARCHAR');
  const counts = names.filter((name) => structure[name] === 'UBIGINT');
  return { query, columns: names, texts, counts };
}

interface Columns {
  readonly query: Sql;
  readonly columns: readonly string[];
  readonly texts: readonly string[];
  /** Of numbers that were never negative, which the engine reads into a type of their own. */
  readonly counts: readonly string[];
}

/** Strings that are all times become times. */
async function withTimes(
  engine: Engine,
  { query, columns, texts, counts }: Columns,
  look: ReadOptions['look'],
): Promise<Omit<Part, 'rejected'>> {
  const sample = look === 'all' ? query : sql`from (${query}) limit ${START_ROWS}`;
  const { types } = await inferTypes(engine, sample, texts, 'strings');
  const wide = await wideOf(engine, sample, counts);
  const shown = columns.map((name) => {
    const column = identifier(name);
    if (counts.includes(name) && !wide.has(name)) return sql`${column}::bigint as ${column}`;
    const type = types[texts.indexOf(name)];
    return type === undefined ? column : sql`${typed(column, type, look === 'all')} as ${column}`;
  });
  return { query: sql`select ${shown}, ${fileColumn} from (${query})`, file: 'index', columns };
}

/** Columns with a number beyond the range of the ordinary type. */
async function wideOf(engine: Engine, rows: Sql, columns: readonly string[]): Promise<Set<string>> {
  if (columns.length === 0) return new Set();
  const most = columns.map(
    (name, index) =>
      sql`coalesce(max(${identifier(name)}) > 9223372036854775807, false) as ${identifier(`c${index}`)}`,
  );
  const [found = {}] = await engine.rows(sql`select ${most} from (${rows})`);
  return new Set(columns.filter((_, index) => found[`c${index}`] === true));
}
