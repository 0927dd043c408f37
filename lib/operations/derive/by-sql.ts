import type { Column } from '../../dataset/manifest.ts';
import { parquet } from '../../engine/parquet.ts';
import { identifier, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { EngineError } from '../../engine/error.ts';
import { queryError } from '../../engine/query-error.ts';
import { messageOf, UserError } from '../../errors.ts';
import { textAt } from '../../engine/row.ts';
import { inParquet } from '../relation/integers.ts';
import type { Computed, ComputeEffects, ToCompute } from './computing.ts';
import { placeRows } from './placed.ts';

/**
 * Computes rows by a select over the table `records`, each row of one record: a query that fails is
 * done again on both halves of them, until the records are found on which it fails.
 * Throws UserError where it is no query of these records at all.
 */
export async function computeBySql(
  { name, text }: { readonly name: string; readonly text: string },
  todo: ToCompute,
  effects: ComputeEffects,
): Promise<Computed> {
  const written = text.trim().replace(/;$/, '');
  const found = await columnsOf(name, written, todo, effects);
  const columns = found.map((column) => ({ ...column, type: inParquet(column.type) }));
  const cast = columns.filter(({ type }, index) => type !== found[index]?.type);
  const select = withTypes(written, cast);
  const paths: string[] = [];
  await computeRange(select, todo, effects, { start: 0, end: todo.rows }, paths);
  const all = effects.staging.path('computed.parquet');
  const query =
    paths.length > 0 ? sql`select * from ${parquet(paths)}` : overRecords(select, todo, NONE);
  await effects.engine.write(query, all);
  return await placeRows({ name, path: all, columns }, todo, effects);
}

/** By place; the end is exclusive. */
interface Range {
  readonly start: number;
  readonly end: number;
}

const NONE: Range = { start: 0, end: 0 };

/** The text is code as a module is, so it is not bound; on a line of its own, for the comments in it. */
function withTypes(text: string, cast: readonly Column[]): Sql {
  if (cast.length === 0) return raw(text);
  const columns = cast.map(
    ({ name, type }) => sql`${identifier(name)}::${raw(type)} as ${identifier(name)}`,
  );
  return sql`select * replace (${columns}) from (
${raw(text)}
)`;
}

async function computeRange(
  select: Sql,
  todo: ToCompute,
  effects: ComputeEffects,
  range: Range,
  paths: string[],
): Promise<void> {
  const { engine, staging, failures, signal, progress } = effects;
  const { start, end } = range;
  if (start === end) return;
  signal.throwIfAborted();
  const path = staging.path('computed.parquet');
  try {
    await engine.write(overRecords(select, todo, range), path);
    paths.push(path);
  } catch (error) {
    if (!(error instanceof EngineError) || error.failure !== 'query') throw error;
    if (end - start === 1) {
      await failures.add(start, reasonOf(error));
      return;
    }
    const middle = Math.floor((start + end) / 2);
    await computeRange(select, todo, effects, { start, end: middle }, paths);
    await computeRange(select, todo, effects, { start: middle, end }, paths);
  }
  progress(end, todo.rows);
}

async function columnsOf(
  name: string,
  select: string,
  todo: ToCompute,
  { engine }: ComputeEffects,
): Promise<Computed['columns']> {
  try {
    const rows = await engine.rows(sql`describe ${overRecords(raw(select), todo, NONE)}`);
    return rows.map((row) => ({
      name: textAt(row, 'column_name'),
      type: textAt(row, 'column_type'),
    }));
  } catch (error) {
    const columns = todo.columns.map((column) => column.name).join(', ');
    const told = messageOf(queryError(`--with: '${name}'`, select, error));
    throw new UserError(
      `${told}\n  Expected a select of the table records, whose columns are ${columns}.`,
      { cause: error },
    );
  }
}

function overRecords(select: Sql, { path }: ToCompute, { start, end }: Range): Sql {
  return sql`with records as (select * from ${parquet([path])}
      where file_row_number >= ${raw(String(start))} and file_row_number < ${raw(String(end))})
    select * from (
${select}
)`;
}

/** The first line, without the engine's name. */
function reasonOf(error: EngineError): string {
  const [line = ''] = messageOf(error.cause).split('\n');
  return line;
}
