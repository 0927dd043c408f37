import type { Column } from '../../dataset/manifest.ts';
import type { Engine, Row } from '../../engine/engine.ts';
import { numberAt, textAt } from '../../engine/row.ts';
import { identifier, join, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError, UsageError } from '../../errors.ts';
import type { Relation } from './relation.ts';

/** How two relations differ, rows told apart by the columns of a key. */
export interface Difference {
  readonly rows: { readonly a: number; readonly b: number };
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly same: number;
  /** Columns that one has alone, or that have another type; the width of a number is none. */
  readonly columns: readonly ColumnDifference[];
  /** Of each column, in how many rows its value changed; those where it did alone. */
  readonly changes: readonly { readonly column: string; readonly rows: number }[];
}

export interface ColumnDifference {
  readonly column: string;
  readonly a?: string;
  readonly b?: string;
}

/** A row that differs: its key, and what stands in both for each column that changed. */
export interface Example {
  readonly what: 'added' | 'removed' | 'changed';
  readonly row: Row;
}

/**
 * Compares two relations; NULL equals NULL. Throws UserError where a key is not unique, since
 * rows could not be told apart then, and UsageError for a key that one of them does not have.
 */
export async function compare(
  engine: Engine,
  a: Relation,
  b: Relation,
  key: readonly string[],
): Promise<Difference> {
  for (const each of [a, b]) await checkKey(engine, each, key);
  const shared = sharedOf(a, b, key);
  const counts = shared.map(
    (name, index) =>
      sql`count(*) filter (where ${isBoth} and ${differs(name)}) as ${identifier(`c${index}`)}`,
  );
  const [row = {}] = await engine.rows(sql`
    select ${[
      sql`count(*) filter (where in_b is null) as removed`,
      sql`count(*) filter (where in_a is null) as added`,
      sql`count(*) filter (where ${isChanged(shared)}) as changed`,
      sql`count(in_a) as a`,
      sql`count(in_b) as b`,
      ...counts,
    ]} from (${joined(a, b, key)})`);
  const at = (name: string): number => numberAt(row, name);
  return {
    rows: { a: at('a'), b: at('b') },
    added: at('added'),
    removed: at('removed'),
    changed: at('changed'),
    same: at('a') - at('removed') - at('changed'),
    columns: columnDifferences(a.columns, b.columns),
    changes: shared
      .map((column, index) => ({ column, rows: at(`c${index}`) }))
      .filter(({ rows }) => rows > 0),
  };
}

/** The first rows that differ, of each kind so many, in the order of the key. */
export async function examplesOf(
  engine: Engine,
  a: Relation,
  b: Relation,
  options: { readonly key: readonly string[]; readonly count: number },
): Promise<Example[]> {
  const { key, count } = options;
  const shared = sharedOf(a, b, key);
  const examples: Example[] = [];
  const kinds = [
    ['removed', raw('in_b is null')],
    ['added', raw('in_a is null')],
    ['changed', isChanged(shared)],
  ] as const;
  for (const [what, condition] of kinds) {
    const shown = [
      // Not from both, which may have it in different types.
      ...key.map((name) => sql`${side(what === 'added' ? 'b' : 'a', name)} as ${identifier(name)}`),
      ...shared.map((name) => sql`${changeOf(name, what)} as ${identifier(name)}`),
    ];
    const order = key.map((_, index) => raw(String(index + 1)));
    const rows = await engine.rows(sql`select ${shown} from (${joined(a, b, key)})
      where ${condition} order by ${order} limit ${raw(String(count))}`);
    examples.push(...rows.map((row) => ({ what, row })));
  }
  return examples;
}

/** Columns of both, the key left out. */
export function sharedOf(a: Relation, b: Relation, key: readonly string[]): string[] {
  const names = new Set(b.columns.map(({ name }) => name));
  return a.columns.map(({ name }) => name).filter((name) => names.has(name) && !key.includes(name));
}

async function checkKey(engine: Engine, relation: Relation, key: readonly string[]): Promise<void> {
  const names = relation.columns.map(({ name }) => name);
  const missing = key.find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw new UsageError(
      `--key: '${relation.name}' has no column '${missing}'; it has ${names.join(', ')}`,
    );
  }
  const columns = key.map(identifier);
  const texts = key.map((name) => sql`${identifier(name)}::varchar`);
  const [first] =
    await engine.rows(sql`select concat_ws(', ', ${texts}) as "values", count(*) as "times"
    from (${relation.query}) group by ${columns} having count(*) > 1 order by ${columns} limit 1`);
  if (!first) return;
  throw new UserError(
    `--key: '${key.join(',')}' does not tell the rows of '${relation.name}' apart: '${textAt(first, 'values')}' is there ${numberAt(first, 'times')} times; add a column to the key`,
  );
}

function joined(a: Relation, b: Relation, key: readonly string[]): Sql {
  const shared = [...key, ...sharedOf(a, b, key)];
  const types = [a, b].map(({ columns }) => new Map(columns.map(({ name, type }) => [name, type])));
  const columnsIn = (prefix: 'a' | 'b'): Sql[] =>
    shared.map((name) => {
      const [first, second] = types.map((each) => kindOf(each.get(name) ?? ''));
      const cast = raw(first === second ? '' : '::varchar');
      return sql`${identifier(name)}${cast} as ${side(prefix, name)}`;
    });
  const on = key.map((name) => sql`${side('a', name)} is not distinct from ${side('b', name)}`);
  return sql`from (select true as in_a, ${columnsIn('a')} from (${a.query})) as a
    full join (select true as in_b, ${columnsIn('b')} from (${b.query})) as b on ${join(on, ' and ')}`;
}

/** Types of one kind are compared by their values; others as texts, of which a number might be none. */
function kindOf(type: string): string {
  if (/^(?:DATE|TIMESTAMP.*)$/.test(type)) return 'time';
  const family = familyOf(type);
  return family === 'integer' || /^(?:DOUBLE|DECIMAL\(.*)$/.test(family) ? 'number' : family;
}

function side(prefix: 'a' | 'b', name: string): Sql {
  return identifier(`${prefix}:${name}`);
}

const isBoth = raw('in_a and in_b');

/** NULL equals NULL. */
function differs(name: string): Sql {
  return sql`${side('a', name)} is distinct from ${side('b', name)}`;
}

function isChanged(columns: readonly string[]): Sql {
  if (columns.length === 0) return raw('false');
  return sql`${isBoth} and (${join(columns.map(differs), ' or ')})`;
}

/** `1 -> 2` where it changed, nothing where it did not; the value where the row is in one alone. */
function changeOf(name: string, what: Example['what']): Sql {
  if (what !== 'changed') return sql`${side(what === 'removed' ? 'a' : 'b', name)}::varchar`;
  return sql`case when ${differs(name)} then
    coalesce(${side('a', name)}::varchar, 'NULL') || ' -> ' || coalesce(${side('b', name)}::varchar, 'NULL')
    else '' end`;
}

/** How wide a number is says nothing of its value. */
function familyOf(type: string): string {
  if (/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type)) return 'integer';
  return type === 'FLOAT' ? 'DOUBLE' : type;
}

function columnDifferences(a: readonly Column[], b: readonly Column[]): ColumnDifference[] {
  const types = new Map(b.map(({ name, type }) => [name, type]));
  const left = a.flatMap(({ name, type }) => {
    const other = types.get(name);
    types.delete(name);
    if (other !== undefined && familyOf(other) === familyOf(type)) return [];
    return [{ column: name, a: type, ...(other !== undefined && { b: other }) }];
  });
  return [...left, ...[...types].map(([column, type]) => ({ column, b: type }))];
}
