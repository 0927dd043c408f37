import type { Engine } from '../../engine/engine.ts';
import { textAt } from '../../engine/row.ts';
import { raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UsageError } from '../../errors.ts';

/**
 * A condition that a person wrote, as SQL. It is one expression on the columns of a row: the engine's
 * own parser must find nothing but a condition in it, and no query inside, so that it reads no files.
 * Throws UsageError otherwise.
 */
export async function conditionOf(engine: Engine, text: string): Promise<Sql> {
  const empty = await parsed(engine, 'select * from t');
  const found = await parsed(engine, `select * from t where (${text}\n)`);
  const condition = found && conditionIn(found);
  if (!found || condition === undefined) {
    throw new UsageError(
      `--where: '${text}' is no condition in SQL; write for example --where="country = 'SE' and age > 30"`,
    );
  }
  if (JSON.stringify(without(found)) !== JSON.stringify(empty && without(empty))) {
    throw new UsageError(
      `--where: '${text}' is more than one condition; expected one expression, without clauses and statements behind it`,
    );
  }
  if (hasQuery(condition)) {
    throw new UsageError(
      `--where: '${text}' has a query in it; expected a condition on the columns of a record alone`,
    );
  }
  return raw(`(${text}\n)`);
}

type Json = Readonly<Record<string, unknown>>;

/** The one statement in a text, as the engine reads it; undefined where it reads none, or several. */
async function parsed(engine: Engine, text: string): Promise<Json | undefined> {
  const [row = {}] = await engine.rows(
    sql`select json_serialize_sql(${text}::varchar)::varchar as tree`,
  );
  const tree: unknown = JSON.parse(textAt(row, 'tree'));
  const statements: unknown = isObject(tree) ? tree['statements'] : undefined;
  if (!Array.isArray(statements) || statements.length !== 1) return undefined;
  const [statement]: unknown[] = statements;
  return isObject(statement) ? statement : undefined;
}

function conditionIn(statement: Json): unknown {
  const { node } = statement;
  return isObject(node) ? (node['where_clause'] ?? undefined) : undefined;
}

/** Without the condition, and without places in the text. */
function without(statement: Json): unknown {
  const { node } = statement;
  const rest = isObject(node) ? { ...node, where_clause: null } : node;
  return JSON.parse(
    JSON.stringify({ ...statement, node: rest }, (name, value: unknown) =>
      name === 'query_location' ? undefined : value,
    ),
  );
}

function hasQuery(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasQuery);
  if (!isObject(value)) return false;
  return value['class'] === 'SUBQUERY' || Object.values(value).some(hasQuery);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
