import type { Column } from '../../dataset/manifest.ts';
import type { Engine } from '../../engine/engine.ts';
import { identifier, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';

/** Integers of JSON come as UBIGINT, and as HUGEINT where some are negative: gives them as BIGINT where all of a column fit, also within structs and lists. */
export async function narrowed(
  engine: Engine,
  rows: Sql,
  columns: readonly Column[],
): Promise<readonly Column[]> {
  const open = columns.filter(({ type }) => narrow(type) !== type);
  if (open.length === 0) return columns;
  const tests = open.map(
    (column, index) => sql`bool_and(${fits(column)}) as ${identifier(`c${index}`)}`,
  );
  const [found = {}] = await engine.rows(sql`select ${tests} from (${rows})`);
  const wide = new Set(open.filter((_, index) => found[`c${index}`] === false));
  return columns.map((column) =>
    wide.has(column) ? column : { ...column, type: narrow(column.type) },
  );
}

function fits({ name, type }: Column): Sql {
  const column = identifier(name);
  return type === 'UBIGINT'
    ? sql`${column} <= 9223372036854775807`
    : sql`try_cast(${column} as ${raw(narrow(type))}) is not distinct from ${column}`;
}

function narrow(type: string): string {
  return type === 'UBIGINT' ? 'BIGINT' : withHugeAs('BIGINT', type);
}

/** A type without integers of 128 bits, which Parquet does not have: the engine would write them as DOUBLE. */
export function inParquet(type: string): string {
  return withHugeAs('DECIMAL(38,0)', type);
}

/** A field of a struct may have that name, too: in quotes, or before its type. */
function withHugeAs(integer: string, type: string): string {
  return type.replaceAll(/"(?:[^"]|"")*"|\bU?HUGEINT(?=[,)[]|$)/g, (found) =>
    found.startsWith('"') ? found : integer,
  );
}
