import type { Engine } from '../../engine/engine.ts';
import { caretUnder } from '../../engine/query-error.ts';
import { textAt } from '../../engine/row.ts';
import { literal, sql } from '../../engine/sql.ts';
import { UsageError } from '../../errors.ts';
import { isRecord } from '../../formats/detect.ts';

/**
 * The tables that a query names, each as one or two names, found by the engine's own parser, so
 * that no text and no alias is taken for one. Throws UsageError, with a caret under the place, for
 * what is not one SELECT.
 */
export async function tablesIn(engine: Engine, query: string): Promise<string[][]> {
  if (query.trim() === '') {
    throw new UsageError(
      `the query: '${query}' is empty; write for example "select count(*) from events"`,
    );
  }
  const [row = {}] = await engine.rows(
    sql`select json_serialize_sql(${literal(query)})::varchar as tree`,
  );
  const tree: unknown = JSON.parse(textAt(row, 'tree'));
  if (!isRecord(tree) || tree['error'] === true) throw refusal(query, tree);
  if (!Array.isArray(tree['statements']) || tree['statements'].length !== 1) {
    throw new UsageError('the query: expected one statement; run several one after the other');
  }
  const found = new Map<string, string[]>();
  const made = new Set<string>();
  for (const node of nodesOf(tree)) {
    if (node['type'] === 'BASE_TABLE') {
      const names = ['catalog_name', 'schema_name', 'table_name'].flatMap((key) =>
        textIn(node, key),
      );
      found.set(names.join('.'), names);
    }
    for (const name of madeIn(node)) made.add(name.toLowerCase());
  }
  return [...found.values()].filter((names) => {
    const [first = ''] = names;
    return names.length === 1
      ? !made.has(first.toLowerCase())
      : !systemSchemas.has(first.toLowerCase());
  });
}

const systemSchemas = new Set(['information_schema', 'pg_catalog', 'system']);

/** All objects of the tree; not by recursion, since queries can be nested deeply. */
function* nodesOf(tree: unknown): Generator<Readonly<Record<string, unknown>>> {
  const open: unknown[] = [tree];
  while (open.length > 0) {
    const node = open.pop();
    if (Array.isArray(node)) for (const member of node) open.push(member);
    else if (isRecord(node)) {
      yield node;
      open.push(...Object.values(node));
    }
  }
}

/** Names that `with` gives to queries. */
function madeIn(node: Readonly<Record<string, unknown>>): string[] {
  const map = isRecord(node['cte_map']) ? node['cte_map']['map'] : undefined;
  if (!Array.isArray(map)) return [];
  return map.flatMap((entry: unknown) => (isRecord(entry) ? textIn(entry, 'key') : []));
}

function textIn(node: Readonly<Record<string, unknown>>, key: string): string[] {
  const text = node[key];
  return typeof text === 'string' && text !== '' ? [text] : [];
}

function refusal(query: string, tree: unknown): UsageError {
  const problem = isRecord(tree) ? tree : {};
  const [message = 'it cannot be read'] = textIn(problem, 'error_message');
  if (problem['error_type'] === 'not implemented') {
    // The engine makes several statements of it, the first of which finds the columns.
    const isPivot = /\bpivot(?:_wider)?\b/i.test(query);
    return new UsageError(
      isPivot
        ? "the query: PIVOT has to name its columns, since nothing is run but one SELECT; write for example PIVOT … ON event IN ('click', 'pageload') USING count(*)"
        : 'the query: expected a SELECT; nothing else is run',
    );
  }
  const [position] = textIn(problem, 'position');
  const at = Number(position);
  return new UsageError(
    `the query: ${message}${Number.isNaN(at) ? '' : `\n${caretUnder(query, charsIn(query, at))}`}`,
  );
}

/** The engine counts bytes. */
function charsIn(query: string, bytes: number): number {
  return Buffer.from(query).subarray(0, bytes).toString().length;
}
