import { UserError } from '../errors.ts';

/** What a column of records that JavaScript writes can hold; every one of them also NULL. */
export type ColumnType = keyof typeof types;

export type ColumnTypes = Readonly<Record<string, ColumnType>>;

interface Type {
  /** What the Parquet writer calls it. */
  readonly parquet: string;
  /** For people. */
  readonly expected: string;
  /** As the writer takes it; undefined: it is no such value. */
  readonly from: (value: unknown) => unknown;
}

export const types = {
  text: {
    parquet: 'UTF8',
    expected: 'text',
    from: (value) => (typeof value === 'string' ? value : undefined),
  },
  integer: {
    parquet: 'INT64',
    expected: 'an integer between -2^53 and 2^53',
    from: integerFrom,
  },
  number: {
    parquet: 'DOUBLE',
    expected: 'a number',
    from: (value) => (typeof value === 'number' && !Number.isNaN(value) ? value : undefined),
  },
  boolean: {
    parquet: 'BOOLEAN',
    expected: 'true or false',
    from: (value) => (typeof value === 'boolean' ? value : undefined),
  },
  timestamp: {
    parquet: 'TIMESTAMP_MILLIS',
    expected: 'a Date',
    from: (value) => (isDate(value) ? value : undefined),
  },
  date: {
    parquet: 'DATE',
    expected: 'a day such as 2026-11-19',
    from: dayFrom,
  },
  json: {
    // As text, because the writer takes a list for several values of the column.
    parquet: 'UTF8',
    expected: 'a value that JSON can hold',
    from: (value) => JSON.stringify(value),
  },
} as const satisfies Readonly<Record<string, Type>>;

/**
 * The types of columns by the values they have in some rows. Integers among numbers are numbers,
 * lists and objects are JSON, a column without any value is text. Throws UserError for a column of
 * several types.
 */
export function columnTypesOf(rows: readonly Readonly<Record<string, unknown>>[]): ColumnTypes {
  const found = new Map<string, ColumnType | undefined>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      found.set(name, wider(name, found.get(name), typeOf(name, value)));
    }
  }
  return Object.fromEntries([...found].map(([name, type]) => [name, type ?? 'text']));
}

/** A value as the writer takes it for its column. Throws UserError for what the column cannot hold. */
export function toField(columns: ColumnTypes, name: string, value: unknown, row: number): unknown {
  const type = Object.hasOwn(columns, name) ? columns[name] : undefined;
  if (type === undefined) {
    throw new UserError(
      `row ${row} has the column '${name}', which none of the rows before it had; name it in columns: { '${name}': '${typeOf(name, value) ?? 'text'}', … }`,
    );
  }
  const field = types[type].from(value);
  if (field !== undefined) return field;
  throw new UserError(
    `row ${row} has ${shown(value)} in the column '${name}', expected ${types[type].expected}; give the column another type in columns, or make the value fit`,
  );
}

function typeOf(name: string, value: unknown): ColumnType | undefined {
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'boolean':
      return 'boolean';
    case 'bigint':
      return 'integer';
    case 'number':
      return Number.isSafeInteger(value) ? 'integer' : 'number';
    case 'object':
      if (value === null) return undefined;
      return isDate(value) ? 'timestamp' : 'json';
    case 'undefined':
      return undefined;
    case 'function':
    case 'symbol':
    default:
      throw new UserError(
        `the column '${name}' has ${shown(value)}; expected text, a number, true or false, a Date, a list or an object`,
      );
  }
}

function wider(
  name: string,
  one: ColumnType | undefined,
  other: ColumnType | undefined,
): ColumnType | undefined {
  if (one === undefined || other === undefined || one === other) return one ?? other;
  const both = new Set([one, other]);
  if (both.has('integer') && both.has('number')) return 'number';
  throw new UserError(
    `the column '${name}' has values of the types ${one} and ${other}; make them one type, or say columns: { '${name}': 'json', … }`,
  );
}

function integerFrom(value: unknown): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return Number.isSafeInteger(number) && typeof number === 'number' ? number : undefined;
}

/** Days since 1970, which the writer takes as a Date alone when they are before it. */
function dayFrom(value: unknown): Date | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return undefined;
  const day = new Date(`${value}T00:00:00Z`);
  return isDate(day) && day.toISOString().startsWith(value) ? day : undefined;
}

function isDate(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

function shown(value: unknown): string {
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return `'${value.slice(0, 60)}'`;
  return (JSON.stringify(value) ?? typeof value).slice(0, 60);
}
