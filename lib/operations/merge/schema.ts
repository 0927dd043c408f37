import type { Column } from '../../dataset/manifest.ts';
import { identifier, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { typeName } from './key.ts';
import type { Key } from './key.ts';

/** The column of an increment that tells a record that is gone from one that is there. */
export const DELETED = '_deleted';

/** How columns of a source are held against those of a dataset. */
export interface Evolving {
  readonly key: readonly string[];
  /** What to call where the new columns come from. */
  readonly from: string;
  /** Whether a column that changes its type in another way than to a wider one becomes DOUBLE, or else text. */
  readonly accept: boolean;
}

/**
 * The columns of a state after records with other columns came: those it had, in their order, and new
 * ones behind them; a column that is gone stays. A type becomes the wider of both.
 * Throws UserError with both types where neither holds the values of the other, and for a key of which a column is missing.
 */
export function evolve(
  before: readonly Column[],
  now: readonly Column[],
  options: Evolving,
): Column[] {
  checkColumns(now, options);
  const clashes: string[] = [];
  const kept = before.map(({ name, type }): Column => {
    const other = find(now, name);
    const wide = other ? wider(type, other.type) : type;
    if (wide !== undefined) return { name, type: wide };
    const isKey = options.key.some((key) => same(key, name));
    const common = isNumber(type) && isNumber(other?.type ?? '') ? 'DOUBLE' : 'VARCHAR';
    if (!options.accept || isKey) {
      clashes.push(
        `${name}${isKey ? ' (key)' : ''}: was ${type}, is ${other?.type ?? ''}, would be ${common}`,
      );
    }
    return { name, type: common };
  });
  if (clashes.length > 0) throw clash(options, clashes);
  return [...kept, ...now.filter(({ name }) => !find(before, name))];
}

/** Throws UserError unless the columns can be those of a set. */
function checkColumns(columns: readonly Column[], { key, from }: Evolving): void {
  const missing = key.find((name) => !find(columns, name));
  const names = columns.map(({ name }) => name).join(', ');
  if (missing !== undefined) {
    throw new UserError(
      `'${from}' has no column '${missing}', which is part of the key; its columns are ${names}. Name others with --key=<columns>.`,
    );
  }
  const nested = key
    .flatMap((name) => find(columns, name) ?? [])
    .find(({ type }) => hasParts(type));
  if (nested) {
    throw new UserError(
      `'${from}': the column '${nested.name}' is of type ${nested.type}, which cannot be part of a key. Name columns of numbers, texts or times with --key=<columns>.`,
    );
  }
  const taken = columns.find(({ name }) => /^(_deleted|file_row_number|__pipe_.*)$/i.test(name));
  if (taken) {
    throw new UserError(
      `'${from}' has a column '${taken.name}', a name that Pipe uses beside those of the source. Give it another one.`,
    );
  }
}

/** Whether values of a type hold others: the engine cannot tell which of them lie between two. */
function hasParts(type: string): boolean {
  return /\]$|^(?:STRUCT|MAP|UNION)\(/.test(type);
}

/** The key's columns with their types. */
export function keyIn(columns: readonly Column[], names: readonly string[]): Key {
  return names.map((name) => {
    const column = find(columns, name);
    if (!column) throw new Error(`the key's column '${name}' is not in the schema`);
    return column;
  });
}

/** Whether two lists hold the same columns of the same types in the same order. */
export function isSameSchema(a: readonly Column[], b: readonly Column[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, type }, index) => name === b[index]?.name && type === b[index]?.type)
  );
}

/** Selects columns from rows that have others: a missing one is NULL, another type is cast. */
export function selected(wanted: readonly Column[], present: readonly Column[]): Sql {
  const columns = wanted.map(({ name, type }) => {
    const there = find(present, name);
    const column = identifier(name);
    if (!there) return sql`cast(null as ${typeName(type)}) as ${column}`;
    if (there.type === type) return sql`${identifier(there.name)} as ${column}`;
    return sql`cast(${identifier(there.name)} as ${typeName(type)}) as ${column}`;
  });
  return sql`${columns}`;
}

/** The column of this name; the engine makes no difference between small and capital letters. */
export function find(columns: readonly Column[], name: string): Column | undefined {
  return columns.find((column) => same(column.name, name));
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Each type holds every value of those before it. */
const ladders = [
  ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT'],
  ['UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT', 'UHUGEINT'],
  ['UTINYINT', 'SMALLINT'],
  ['USMALLINT', 'INTEGER'],
  ['UINTEGER', 'BIGINT'],
  ['UBIGINT', 'HUGEINT'],
  ['TINYINT', 'SMALLINT', 'FLOAT', 'DOUBLE'],
  ['INTEGER', 'DOUBLE'],
  ['DATE', 'TIMESTAMP'],
  ['TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP'],
];

/** The narrower of those that hold both, or undefined. */
function wider(a: string, b: string): string | undefined {
  if (a === b) return a;
  // The reader of JSON knows no better for a column without a value.
  if (a === 'JSON' || b === 'JSON') return a === 'JSON' ? b : a;
  if (holds(a, b)) return a;
  return holds(b, a) ? b : undefined;
}

function holds(wide: string, narrow: string): boolean {
  return ladders.some((ladder) => {
    const at = ladder.indexOf(narrow);
    return at >= 0 && ladder.indexOf(wide) > at;
  });
}

function isNumber(type: string): boolean {
  return /^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$|^FLOAT$|^DOUBLE$|^DECIMAL/.test(type);
}

function clash({ from, accept }: Evolving, clashes: readonly string[]): UserError {
  const way = accept
    ? 'The type of a key cannot change; begin another dataset.'
    : 'Make the source as it was, or take what would hold both with --accept-schema; DOUBLE rounds integers beyond 2^53.';
  return new UserError(
    `'${from}' has columns of other types than the dataset:\n  ${clashes.join('\n  ')}\n${way}`,
  );
}

/** A constant column. */
export function flag(value: boolean): Sql {
  return sql`${raw(String(value))} as ${identifier(DELETED)}`;
}
