import type { Column } from '../../dataset/manifest.ts';
import type { Engine, Row, Value } from '../../engine/engine.ts';
import { numberAt, textAt } from '../../engine/row.ts';
import { identifier, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { Relation } from './relation.ts';

/** What the values of a column are like. */
export interface ColumnProfile extends Column {
  readonly nulls: number;
  readonly distinct: number;
  /** As text; undefined without a value, or without an order. */
  readonly min?: string;
  readonly max?: string;
  /** Quartiles, of numbers and times. */
  readonly quartiles?: readonly string[];
  /** The most frequent values. */
  readonly top: readonly { readonly value: string; readonly rows: number }[];
  /** Rows in parts of equal width from the least to the greatest; undefined for what is no number and no time. */
  readonly histogram?: readonly number[];
}

export interface Profile {
  readonly rows: number;
  /** Distinct values and quartiles are estimates where there are very many rows. */
  readonly isExact: boolean;
  readonly columns: readonly ColumnProfile[];
}

/** Beyond these, exact counts of distinct values would have to hold them all. */
const EXACT_ROWS = 2_000_000;
const TOP = 3;
const PARTS = 20;

/** Looks at all values, column by column. The engine reads; nothing but the result comes here. */
export async function profile(engine: Engine, relation: Relation): Promise<Profile> {
  const [counted = {}] = await engine.rows(sql`select count(*) as n from (${relation.query})`);
  const rows = numberAt(counted, 'n');
  const isExact = rows <= EXACT_ROWS;
  const columns: ColumnProfile[] = [];
  for (const column of relation.columns) {
    columns.push(await profileOf(engine, relation.query, column, { rows, isExact }));
  }
  return { rows, isExact, columns };
}

async function profileOf(
  engine: Engine,
  query: Sql,
  column: Column,
  { rows, isExact }: Pick<Profile, 'rows' | 'isExact'>,
): Promise<ColumnProfile> {
  const value = identifier(column.name);
  const measured = scaleOf(column);
  const distinct = isExact ? sql`count(distinct ${value})` : sql`approx_count_distinct(${value})`;
  const quantile = raw(isExact ? 'quantile_cont' : 'approx_quantile');
  const numbers = measured && [
    sql`min(${measured}) as least`,
    sql`max(${measured}) as most`,
    sql`${quantile}(${measured}, [0.25, 0.5, 0.75]) as quartiles`,
  ];
  const [row = {}] = await engine.rows(
    sql`select ${[
      sql`count(${value}) as n`,
      sql`${distinct} as different`,
      sql`min(${value})::varchar as low`,
      sql`max(${value})::varchar as high`,
      ...(numbers ?? []),
    ]} from (${query})`,
  );
  const histogram = measured && (await histogramOf(engine, query, measured, row));
  return {
    ...column,
    nulls: rows - numberAt(row, 'n'),
    distinct: numberAt(row, 'different'),
    ...(typeof row['low'] === 'string' && { min: inIso(row['low'], column) }),
    ...(typeof row['high'] === 'string' && { max: inIso(row['high'], column) }),
    ...quartilesOf(row['quartiles'] ?? null, column),
    top: await topOf(engine, query, value),
    ...(histogram && { histogram }),
  };
}

/** The column as a double: what it is, or its seconds since 1970. */
function scaleOf({ name, type }: Column): Sql | undefined {
  const column = identifier(name);
  if (isNumber(type)) {
    const isOrdinary = sql`isfinite(${column}::double)`;
    return sql`case when ${isOrdinary} then ${column}::double end`;
  }
  return isTime(type) ? sql`case when isfinite(${column}) then epoch(${column}) end` : undefined;
}

/** Whether the engine's type is one of numbers. */
export function isNumber(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type);
}

/** Whether the engine's type is a day or an instant. */
export function isTime(type: string): boolean {
  return /^(DATE|TIMESTAMP.*)$/.test(type);
}

/** The engine's text of an instant as ISO 8601 has it. */
function inIso(text: string, { type }: Column): string {
  return type.startsWith('TIMESTAMP') ? text.replace(' ', 'T').replace(/\+00$/, 'Z') : text;
}

async function histogramOf(
  engine: Engine,
  query: Sql,
  value: Sql,
  { least, most }: Row,
): Promise<number[] | undefined> {
  if (typeof least !== 'number' || typeof most !== 'number' || !(most > least)) return undefined;
  const part = sql`least(${raw(String(PARTS - 1))}, floor((${value} - ${least}::double) / ${most - least}::double * ${PARTS}))`;
  const rows = await engine.rows(sql`select ${part}::integer as part, count(*) as n
    from (${query}) where ${value} is not null group by 1`);
  const counts = new Map(rows.map((row) => [numberAt(row, 'part'), numberAt(row, 'n')]));
  return Array.from({ length: PARTS }, (_, index) => counts.get(index) ?? 0);
}

async function topOf(engine: Engine, query: Sql, value: Sql): Promise<ColumnProfile['top']> {
  const rows =
    await engine.rows(sql`select ${value}::varchar as value, count(*) as n from (${query})
    where ${value} is not null group by ${value} order by n desc, value limit ${raw(String(TOP))}`);
  return rows.map((row) => ({ value: textAt(row, 'value'), rows: numberAt(row, 'n') }));
}

function quartilesOf(value: Value, { type }: Column): { readonly quartiles?: readonly string[] } {
  if (!Array.isArray(value)) return {};
  return { quartiles: value.map((each) => quartileText(Number(each), type)) };
}

function quartileText(value: number, type: string): string {
  if (!isTime(type)) return String(Number(value.toPrecision(6)));
  const text = new Date(value * 1000).toISOString();
  return type === 'DATE'
    ? text.slice(0, 10)
    : text.replace('.000Z', type === 'TIMESTAMP' ? '' : 'Z');
}
