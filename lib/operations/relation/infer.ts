import type { Engine, Row } from '../../engine/engine.ts';
import { numberAt } from '../../engine/row.ts';
import { identifier, literal, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';

export interface InferOptions {
  /** Columns of text whose types are wanted. */
  readonly texts: readonly string[];
  /** Columns to be read all the same, so that what does not fit them is found. */
  readonly others?: readonly string[];
  /** Fields of CSV, or strings of JSON, which were no numbers to who wrote them. */
  readonly as?: 'fields' | 'strings';
}

/**
 * The types of columns of text by every value they have. A value decides for a type only when its
 * text can be had back from it, so that `007` and numbers too long for a double stay text. Empty
 * fields say nothing.
 */
export async function inferTypes(
  engine: Engine,
  rows: Sql,
  { texts, others = [], as = 'fields' }: InferOptions,
): Promise<{ readonly types: readonly string[]; readonly rows: number }> {
  const kinds = texts.map(
    (name, index) => sql`bit_or(${kindIn(identifier(name), as)}) as ${identifier(`k${index}`)}`,
  );
  const read = others.map((name) => sql`count(${identifier(name)})`);
  const [found = {}] = await engine.rows(
    sql`select ${[sql`count(*) as n`, ...kinds, ...read]} from (${rows})`,
  );
  return {
    types: texts.map((_, index) => typeOf(kindsAt(found, index))),
    rows: numberAt(found, 'n'),
  };
}

/** A column of text as its type; an empty field is NULL where that is not text. */
export function typed(column: Sql, type: string, isSure: boolean): Sql {
  if (type === 'VARCHAR') return column;
  return sql`${raw(isSure ? 'cast' : 'try_cast')}(nullif(${column}, '') as ${raw(type)})`;
}

/** Bits, so that the kinds of all values of a column are one number. */
const bits = { integer: 1, double: 2, boolean: 4, date: 8, timestamp: 16, instant: 32, text: 64 };

const patterns = {
  integer: String.raw`-?(0|[1-9]\d{0,17})`,
  double: String.raw`-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,2})?`,
  date: String.raw`\d{4}-\d{2}-\d{2}`,
  timestamp: String.raw`\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?`,
  instant: String.raw`\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)`,
};

/** Digits, point and exponent that a double holds for sure. */
const DOUBLE_CHARACTERS = 16;

/** Strings of JSON were no numbers to who wrote them; only times have no form of their own there. */
function kindIn(column: Sql, as: 'fields' | 'strings'): Sql {
  const is = (pattern: string): Sql => sql`regexp_full_match(${column}, ${literal(pattern)})`;
  const times = sql`
    when ${is(patterns.date)} and try_cast(${column} as date) is not null then ${raw(String(bits.date))}
    when ${is(patterns.timestamp)} and try_cast(${column} as timestamp) is not null then ${raw(String(bits.timestamp))}
    when ${is(patterns.instant)} and try_cast(${column} as timestamptz) is not null then ${raw(String(bits.instant))}`;
  const numbers = sql`
    when ${is(patterns.integer)} then ${raw(String(bits.integer))}
    when length(${column}) <= ${raw(String(DOUBLE_CHARACTERS))} and ${is(patterns.double)} then ${raw(String(bits.double))}`;
  const isEmpty = as === 'fields' ? sql`${column} = '' or` : sql``;
  return sql`case when ${isEmpty} ${column} is null then 0
    ${as === 'fields' ? sql`when lower(${column}) in ('true', 'false') then ${raw(String(bits.boolean))}` : sql``}
    when not regexp_matches(${column}, '^[-0-9]') then ${raw(String(bits.text))}
    ${as === 'fields' ? numbers : sql``} ${times}
    else ${raw(String(bits.text))} end`;
}

function kindsAt(found: Row, index: number): number {
  const kinds = found[`k${index}`];
  return typeof kinds === 'number' ? kinds : 0;
}

function typeOf(kinds: number): string {
  switch (kinds) {
    case bits.integer:
      return 'BIGINT';
    case bits.double:
    case bits.integer | bits.double:
      return 'DOUBLE';
    case bits.boolean:
      return 'BOOLEAN';
    case bits.date:
      return 'DATE';
    case bits.timestamp:
    case bits.date | bits.timestamp:
      return 'TIMESTAMP';
    case bits.instant:
      return 'TIMESTAMP WITH TIME ZONE';
    default:
      return 'VARCHAR';
  }
}
