import type { Column } from '../../dataset/manifest.ts';
import type { Engine } from '../../engine/engine.ts';
import { exactly } from '../../engine/parquet.ts';
import { numberAt, textAt } from '../../engine/row.ts';
import { identifier, literal, literals, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { isRecord } from '../../formats/detect.ts';
import type { ErrorsTo } from '../ingest/csv-errors.ts';
import { isFilled, linesOf } from '../ingest/lines.ts';
import { checkList } from '../sources/check-form.ts';
import { nameOf } from '../sources/name-of.ts';
import { inferTypes, typed } from './infer.ts';
import { narrowed } from './integers.ts';
import { distinct } from './kind.ts';
import type { Kind } from './kind.ts';
import { fileColumn, START_ROWS } from './part.ts';
import type { Part, ReadOptions } from './part.ts';
import type { DataFile } from './place.ts';
import { addRejects, keepReaderErrors } from './rejects.ts';

type JsonKind = Kind & { readonly format: 'jsonl' | 'json' };

/**
 * Files of JSON objects as a query: one in each line, or documents of one or of a list. What is none
 * goes to the rejects; a document that is not whole is an error, since nothing says where its
 * records end.
 */
export async function jsonPart(
  engine: Engine,
  files: readonly DataFile[],
  kind: JsonKind,
  { look }: Pick<ReadOptions, 'look'>,
): Promise<Part> {
  const uris = files.map(({ uri }) => uri);
  const name = files.map(nameOf)[0] ?? '';
  if (kind.format === 'json' && kind.compression === 'uncompressed') {
    for (const file of files) await checkList(file);
  }
  const lines = textsOf(files, kind, 'table');
  const sample = look === 'all' ? lines : sql`from (${lines}) limit ${START_ROWS}`;
  const [seen = {}] = await engine.rows(sql`select count(*) filter (where ${isObject}) as rows,
      count(*) filter (where ${isFilled(raw('line'))} and not (${isObject})) as broken
    from (${sample})`);
  const unreadable = kind.format === 'jsonl' ? await keepReaderErrors(engine, uris) : 0;
  const broken = numberAt(seen, 'broken');
  const readable = textsOf(files, kind, 'nowhere');
  if (broken > 0) await addRejects(engine, brokenLines(readable, uris));
  const counted = look === 'all' && { rows: numberAt(seen, 'rows') };
  const records = recordsOf(readable, await structureOf(engine, sample, name));
  return { ...(await withTimes(engine, records, look)), ...counted, rejected: unreadable + broken };
}

/** `source`, the place of the file, and `line`, the text of a record. */
function textsOf(
  files: readonly DataFile[],
  { format, compression }: JsonKind,
  errors: ErrorsTo,
): Sql {
  const paths = files.map(({ path }) => path);
  if (format === 'jsonl') return linesOf({ paths, compression }, errors);
  return sql`select file_index as source, json::varchar as line from read_json(${exactly(paths)},
    format = 'auto', records = false, columns = {'json': 'JSON'}, hive_partitioning = false,
    maximum_object_size = ${raw(String(MAX_DOCUMENT_BYTES))}, compression = ${literal(compression)})`;
}

const MAX_DOCUMENT_BYTES = 256 * 1024 * 1024;

/** By cases, since the engine asks the parts of an `and` in the order it likes. */
const isObject = raw(
  `case when line is null then false when not json_valid(line) then false else json_type(line) = 'OBJECT' end`,
);

const object = sql`case when ${isObject} then line end`;

function brokenLines(lines: Sql, uris: readonly string[]): Sql {
  return sql`select (${literals(uris)})[source::bigint + 1], number, 'not a JSON object', line
    from (select *, row_number() over (partition by source) as number from (${lines}))
    where ${isFilled(raw('line'))} and not (${isObject}) order by source, number`;
}

type Structure = string | readonly Structure[] | { readonly [name: string]: Structure };

/**
 * The structure of all records together. The engine's own aggregate holds every record in memory, so it
 * gets one of each structure that there is.
 */
async function structureOf(
  engine: Engine,
  lines: Sql,
  name: string,
): Promise<Readonly<Record<string, Structure>>> {
  const [row = {}] =
    await engine.rows(sql`select json_group_structure(line::json)::varchar as structure
    from (select any_value(line) as line from (${lines}) where ${isObject} group by json_structure(${object}))`);
  const text = row['structure'];
  const structure: unknown = typeof text === 'string' ? JSON.parse(text) : undefined;
  if (!isRecord(structure))
    throw new UserError(
      `'${name}' has no JSON object; expected a list of objects, or one after the other`,
    );
  return Object.fromEntries(
    Object.entries(structure).map(([name, type]) => [name, readable(type)]),
  );
}

/** What was never anything but null is text. */
function readable(structure: unknown): Structure {
  if (Array.isArray(structure)) return structure.map(readable);
  if (!isRecord(structure)) return structure === 'NULL' ? 'VARCHAR' : String(structure);
  const fields = Object.entries(structure);
  return Object.fromEntries(fields.map(([name, field]) => [name, readable(field)]));
}

function recordsOf(lines: Sql, structure: Readonly<Record<string, Structure>>): Columns {
  const names = Object.keys(structure);
  const columns = distinct(names);
  const typeOf = (index: number): Structure | undefined => structure[names[index] ?? ''];
  // What is now a number, now a string is text, strings without their quotes.
  const fields = columns.map((column, index) => {
    const text = typeOf(index) === 'JSON' ? raw(`->> '$'`) : raw('');
    // By its place, since to the engine `a` and `A` are the same name.
    const field = sql`struct_extract_at(record, ${raw(String(index + 1))})`;
    return sql`${field} ${text} as ${identifier(column)}`;
  });
  const query = sql`select ${fields}, source as ${fileColumn} from (
    select json_transform(${object}, ${literal(JSON.stringify(structure))}) as record, source
    from (${lines}) where ${isObject})`;
  const texts = columns.filter((_, index) => typeOf(index) === 'VARCHAR');
  return { query, columns, texts };
}

interface Columns {
  readonly query: Sql;
  readonly columns: readonly string[];
  readonly texts: readonly string[];
}

/** Strings that are all times become times. */
async function withTimes(
  engine: Engine,
  { query, columns, texts }: Columns,
  look: ReadOptions['look'],
): Promise<Omit<Part, 'rejected'>> {
  const sample = look === 'all' ? query : sql`from (${query}) limit ${START_ROWS}`;
  const { types } = await inferTypes(engine, sample, { texts, as: 'strings' });
  const wide = await typesOf(engine, query, columns);
  const narrow = await narrowed(engine, sample, wide);
  const cast = raw(look === 'all' ? 'cast' : 'try_cast');
  const shown = columns.map((name, index) => {
    const column = identifier(name);
    const [before, after] = [wide[index]?.type, narrow[index]?.type];
    if (after !== undefined && before !== after)
      return sql`${cast}(${column} as ${raw(after)}) as ${column}`;
    const type = types[texts.indexOf(name)];
    return type === undefined ? column : sql`${typed(column, type, look === 'all')} as ${column}`;
  });
  return { query: sql`select ${shown}, ${fileColumn} from (${query})`, file: 'index', columns };
}

async function typesOf(engine: Engine, query: Sql, names: readonly string[]): Promise<Column[]> {
  const described = await engine.rows(
    sql`describe select ${names.map(identifier)} from (${query})`,
  );
  return described.map((row, index) => ({
    name: names[index] ?? '',
    type: textAt(row, 'column_type'),
  }));
}
