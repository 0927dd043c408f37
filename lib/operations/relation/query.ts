import { parsePrefix } from '../../dataset/layout.ts';
import type { Engine } from '../../engine/engine.ts';
import { textAt } from '../../engine/row.ts';
import { identifier, literal, literals, raw, sql } from '../../engine/sql.ts';
import { NoDataError } from '../../errors.ts';
import { placeOf } from '../../store/place.ts';
import { datasetNames, publishedFiles } from './dataset-files.ts';
import type { DataEffects } from './effects.ts';
import { findPlace } from './place.ts';
import type { Place } from './place.ts';
import { columnsOf, demandWhole, openRelation } from './relation.ts';
import type { Relation } from './relation.ts';
import { tablesIn } from './tables-in.ts';

export interface QueryOptions {
  /** Tables beside the datasets: by name, what `findPlace` understands. */
  readonly tables?: ReadonlyMap<string, string>;
  /** The files that the engine may write afterwards. */
  readonly writable?: readonly string[];
}

/**
 * Makes a user's query a relation. Its tables are the datasets of the store, `events` and
 * `stats.pageloads` (or `"stats/pageloads"`), of which only those are looked at that it names, and
 * those that were given. The engine is locked from then on, see {@link lockDown}.
 */
export async function openQuery(
  query: string,
  { tables = new Map(), writable = [] }: QueryOptions,
  effects: DataEffects,
): Promise<Relation> {
  const engine = await effects.engine();
  const paths: string[] = [];
  for (const names of await tablesIn(engine, query)) {
    const place = await placeNamed(names, tables, effects);
    const relation = await openRelation(engine, place);
    await demandWhole(engine, relation);
    await makeView(engine, names, relation);
    paths.push(...relation.paths);
  }
  await lockDown(engine, [...paths, ...writable]);
  const text = await withoutEnd(engine, query);
  // The line break keeps a comment at the end from taking the rest along.
  const rows = sql`from (\n${raw(text)}\n)`;
  return {
    name: 'the query',
    query: rows,
    columns: await columnsOf(engine, rows),
    paths,
    rejected: 0,
  };
}

/**
 * From here on statements of this engine reach no file but these, no network and no extension, and
 * cannot undo that.
 */
export async function lockDown(engine: Engine, paths: readonly string[]): Promise<void> {
  await engine.execute(sql`set allowed_paths = ${literals(paths)}`);
  await engine.execute(sql`set enable_external_access = false`);
  await engine.execute(sql`set lock_configuration = true`);
}

/** What ends a statement has no place within another one; the engine's parser knows which `;` does. */
async function withoutEnd(engine: Engine, query: string): Promise<string> {
  if (!query.includes(';')) return query;
  const [row = {}] = await engine.rows(
    sql`select json_deserialize_sql(json_serialize_sql(${literal(query)})) as query`,
  );
  return textAt(row, 'query').replace(/;\s*$/, '');
}

async function placeNamed(
  names: readonly string[],
  tables: ReadonlyMap<string, string>,
  effects: DataEffects,
): Promise<Place> {
  const name = names.join('/');
  const given = names.length === 1 ? tables.get(name) : undefined;
  if (given !== undefined) return findPlace(given, effects);
  const partition = parsePrefix(`${name}/`);
  const files = partition ? await publishedFiles(partition, effects) : [];
  if (files.length > 0) return { name, dataset: name, files };
  throw new NoDataError(
    `'${names.join('.')}' is no dataset of the store ${placeOf(effects.store.uri, effects.cwd)}, which has ${await datasetNames(effects.store)}; ` +
      'make a table of a file with --table=<name>=<uri>',
  );
}

async function makeView(
  engine: Engine,
  names: readonly string[],
  { query }: Relation,
): Promise<void> {
  const [schema] = names.slice(0, -1);
  if (schema !== undefined) {
    await engine.execute(sql`create schema if not exists ${identifier(schema)}`);
  }
  const path = raw(names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.'));
  await engine.execute(sql`create view ${path} as ${query}`);
}
