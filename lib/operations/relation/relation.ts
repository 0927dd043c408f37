import type { Column } from '../../dataset/manifest.ts';
import type { Engine } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { numberAt, textAt } from '../../engine/row.ts';
import { identifier, join, literal, literals, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { readWhole } from '../sources/check-end.ts';
import type { Compressed } from '../sources/check-end.ts';
import { checkParquet } from '../sources/check-form.ts';
import { nameOf } from '../sources/name-of.ts';
import { csvPart } from './csv-part.ts';
import { jsonPart } from './json-part.ts';
import { kindOf } from './kind.ts';
import type { Kind } from './kind.ts';
import type { DataFile, Place } from './place.ts';
import { addRejects, createRejects, dataRejects } from './rejects.ts';
import { fileColumn } from './part.ts';
import type { Part, ReadOptions } from './part.ts';
import { checkTyped } from './types.ts';
import { unreadable } from './read-error.ts';
import type { Types } from './types.ts';

/** Rows of files, or of a dataset with the keys of its partitions as columns, as a query. */
export interface Relation {
  readonly name: string;
  readonly query: Sql;
  readonly columns: readonly Column[];
  /** Local files that the query reads. */
  readonly paths: readonly string[];
  /** Where they were counted on the way. */
  readonly rows?: number;
  /** Records that could not be read and are left out; see `dataRejects`. With `look: 'start'` those that were met. */
  readonly rejected: number;
}

/**
 * Makes a query of a place. Columns are united by their names. Parquet is read by the engine alone,
 * and of partitions only those that a condition on their keys leaves over.
 */
export async function openRelation(
  engine: Engine,
  place: Place,
  options: Partial<ReadOptions> = {},
): Promise<Relation> {
  const { types = new Map<string, string>(), look = 'all' } = options;
  await createRejects(engine);
  const groups = new Map<string, { readonly kind: Kind; readonly files: DataFile[] }>();
  for (const file of place.files) {
    const kind = await kindOf(engine, file);
    const group = groups.get(JSON.stringify(kind));
    if (group) group.files.push(file);
    else groups.set(JSON.stringify(kind), { kind, files: [file] });
  }
  const parts: Part[] = [];
  for (const { kind, files } of groups.values()) {
    const read = (): Promise<Part> =>
      partOf(engine, kind, files, { types, look }).catch((error: unknown) =>
        Promise.reject(unreadable(files, error)),
      );
    // The first records are what they are, whatever becomes of the file behind them.
    const part = look === 'all' ? await readWhole(compressedOf(kind, files), read) : await read();
    parts.push(await withTypes(engine, withKeys(part, files), kind, { types, name: place.name }));
  }
  const query = join(
    parts.map((part) => part.query),
    ' union all by name ',
  );
  const columns = await columnsOf(engine, query);
  checkTyped(
    types,
    columns.map(({ name }) => name),
  );
  return {
    name: place.name,
    query,
    columns,
    paths: place.files.map(({ path }) => path),
    ...rowsOf(parts),
    rejected: parts.reduce((sum, part) => sum + part.rejected, 0),
  };
}

function compressedOf(kind: Kind, files: readonly DataFile[]): readonly Compressed[] {
  if (kind.format === 'parquet') return [];
  const { compression } = kind;
  return files.map((file) => ({ path: file.path, name: nameOf(file), compression }));
}

function rowsOf(parts: readonly Part[]): { readonly rows?: number } {
  const counts = parts.flatMap(({ rows }) => rows ?? []);
  if (counts.length < parts.length) return {};
  return { rows: counts.reduce((sum, rows) => sum + rows, 0) };
}

/** Throws UserError if not every record could be read, for who cannot leave one out. */
export async function demandWhole(engine: Engine, { name, rejected }: Relation): Promise<void> {
  if (rejected === 0) return;
  const [first = {}] = await engine.rows(
    sql`select source, coalesce(line, 0) as line, reason from ${dataRejects} limit 1`,
  );
  throw new UserError(
    `'${name}': ${rejected} ${rejected === 1 ? 'record' : 'records'} cannot be read, the first in line ${numberAt(first, 'line')} (${textAt(first, 'reason')}); ` +
      `keep them apart with pipe data:convert -- ${name} <to>`,
  );
}

/** The columns of a query with their types. */
export async function columnsOf(engine: Engine, query: Sql): Promise<Column[]> {
  const rows = await engine.rows(sql`describe ${query}`);
  return rows.map((row) => ({
    name: textAt(row, 'column_name'),
    type: textAt(row, 'column_type'),
  }));
}

function partOf(
  engine: Engine,
  kind: Kind,
  files: readonly DataFile[],
  options: ReadOptions,
): Promise<Part> {
  switch (kind.format) {
    case 'parquet':
      return parquetPart(engine, files);
    case 'csv':
      return csvPart(engine, files, kind, options);
    case 'jsonl':
    case 'json':
      return jsonPart(engine, files, kind, options);
    default:
      return kind satisfies never;
  }
}

async function parquetPart(engine: Engine, files: readonly DataFile[]): Promise<Part> {
  // Those of a dataset are as long as they were published.
  for (const file of files) if (!file.keys) await checkParquet(file);
  const paths = files.map(({ path }) => path);
  const columns = await columnsOf(engine, sql`select * from ${parquet(paths, { union: true })}`);
  const names = columns.map(({ name }) => name);
  const query = sql`select ${names.map(identifier)}, filename as ${fileColumn}
    from ${parquet(paths, { union: true })}`;
  return { query, file: 'path', columns: names, rejected: 0 };
}

/** Puts the partitions' keys in place of the file. By its path where that is known: the engine then opens none that a condition on the keys leaves out. */
function withKeys(part: Part, files: readonly DataFile[]): Part {
  const names = [...new Set(files.flatMap(({ keys = {} }) => Object.keys(keys)))];
  const own = new Set(part.columns.map((name) => name.toLowerCase()));
  const keys = names.filter((name) => !own.has(name.toLowerCase()));
  const place = (values: readonly Sql[]): Sql =>
    part.file === 'path'
      ? sql`(map(${literals(files.map(({ path }) => path))}, [${values}]))[${fileColumn}]`
      : sql`([${values}])[${fileColumn}::bigint + 1]`;
  const added = keys.map((key) => {
    const values = files.map((file) => file.keys?.[key]);
    const type = raw(values.every(isDay) ? 'date' : 'varchar');
    const texts = values.map((value) => (value === undefined ? raw('null') : literal(value)));
    return sql`${place(texts.map((text) => sql`${text}::${type}`))} as ${identifier(key)}`;
  });
  const columns = [...part.columns, ...keys];
  const shown = [...part.columns.map(identifier), ...added];
  return { ...part, query: sql`select ${shown} from (${part.query})`, columns };
}

function isDay(value: string | undefined): boolean {
  return value !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(value);
}

/** CSV is read with its types; in what has types already a value that does not fit is rejected here. */
async function withTypes(
  engine: Engine,
  part: Part,
  kind: Kind,
  { types, name: source }: { readonly types: Types; readonly name: string },
): Promise<Part> {
  const cast = part.columns.filter((name) => types.has(name));
  if (kind.format === 'csv' || cast.length === 0) return part;
  const fitted = (name: string): Sql =>
    sql`try_cast(${identifier(name)} as ${raw(types.get(name) ?? 'VARCHAR')})`;
  const misfits = join(
    cast.map((name) => sql`(${identifier(name)} is not null and ${fitted(name)} is null)`),
    ' or ',
  );
  const reason = `not ${cast.map((name) => `${name}:${types.get(name)}`).join(', ')}`;
  const rejected = await addRejects(
    engine,
    sql`select ${literal(source)}, null, ${literal(reason)}, to_json(row)::varchar from (${part.query}) as row where ${misfits}`,
  );
  const columns = part.columns.map((name) =>
    cast.includes(name) ? sql`${fitted(name)} as ${identifier(name)}` : identifier(name),
  );
  const query = sql`select ${columns} from (${part.query}) where not (${misfits})`;
  const counted = part.rows !== undefined && { rows: part.rows - rejected };
  return { ...part, query, ...counted, rejected: part.rejected + rejected };
}
