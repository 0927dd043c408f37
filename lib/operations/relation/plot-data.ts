import type { Column } from '../../dataset/manifest.ts';
import type { Engine, Row, Value } from '../../engine/engine.ts';
import { numberAt } from '../../engine/row.ts';
import { identifier, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UsageError } from '../../errors.ts';
import type { Axis, Plot, PlotKind, Point, Series } from '../../plot/plot.ts';
import { isNumber, isTime } from './profile.ts';
import type { Relation } from './relation.ts';

export interface PlotOptions {
  readonly kind: PlotKind;
  /** Names of columns. */
  readonly x: string;
  readonly y: string;
  readonly by?: string;
  readonly title: string;
}

/** More than these nobody tells apart, or sees. */
const MAX_SERIES: Readonly<Record<PlotKind, number>> = {
  line: 8,
  bar: 8,
  area: 8,
  scatter: 8,
  heat: 60,
};
const MAX_CATEGORIES = 60;
const MAX_POINTS = 20_000;
const SAMPLED_POINTS = 4000;

/**
 * What a chart of a relation shows. The engine adds up rows of one x (and series); of a scatter plot it
 * draws a sample, always the same, where there are very many. Whatever is left out is told in the
 * notes. Throws UsageError for columns that there are not, or that are no numbers.
 */
export async function plotOf(
  engine: Engine,
  relation: Relation,
  options: PlotOptions,
): Promise<Plot> {
  const { x, y, by, kind, title } = options;
  const xColumn = columnOf(relation, x, '--x');
  demandNumber(columnOf(relation, y, '--y'));
  if (by !== undefined) columnOf(relation, by, '--by');
  const scale = scaleOf(xColumn);
  if (kind === 'scatter' && scale === 'category') {
    throw new UsageError(
      `--x: '${x}' is text (${xColumn.type}); a scatter plot takes a number or a time, --kind=bar takes text`,
    );
  }
  const rows = await rowsFor(engine, relation.query, options, scale);
  if (rows.length > MAX_POINTS) {
    throw new UsageError(
      `--x: '${x}' makes more than ${MAX_POINTS} points; group them in a query, such as by date_trunc`,
    );
  }
  const labels = scale === 'category' ? labelsOf(rows) : undefined;
  const cut = kind === 'scatter' ? 0 : Math.max(0, (labels?.length ?? 0) - MAX_CATEGORIES);
  const shown = labels?.slice(0, MAX_CATEGORIES);
  const series = seriesOf(rows, shown, {
    maxSeries: MAX_SERIES[kind],
    isFilled: kind !== 'scatter',
  });
  return {
    kind,
    title,
    x: { name: x, scale, ...(shown && { labels: shown }) },
    y: { name: y, scale: 'number' },
    ...(by !== undefined && { by }),
    series: series.shown,
    notes: [
      ...(await notesOn(engine, relation.query, options)),
      ...(cut > 0
        ? [`The first ${MAX_CATEGORIES} of ${labels?.length} values of ${x} are shown`]
        : []),
      ...series.notes,
    ],
  };
}

function columnOf({ columns, name: place }: Relation, name: string, option: string): Column {
  const found = columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
  if (found) return found;
  const known = columns.map((column) => column.name).join(', ');
  throw new UsageError(
    `${option}: ${place === 'the query' ? place : `'${place}'`} has no column '${name}'; it has ${known}`,
  );
}

function demandNumber({ name, type }: Column): void {
  if (isNumber(type)) return;
  throw new UsageError(
    `--y: '${name}' is no number (${type}); choose another, or count in a query: select …, count(*) as rows from … group by all`,
  );
}

function scaleOf({ type }: Column): Axis['scale'] {
  if (isNumber(type)) return 'number';
  if (type === 'DATE') return 'day';
  return isTime(type) ? 'instant' : 'category';
}

/** Rows with `x`, `y` and `series`, in the order of x, of categories in that of their first row. */
function rowsFor(
  engine: Engine,
  query: Sql,
  { x, y, by, kind }: PlotOptions,
  scale: Axis['scale'],
): Promise<Row[]> {
  const value = identifier(x);
  const at = {
    number: sql`${value}::double`,
    day: sql`epoch_ms(${value})::double`,
    instant: sql`epoch_ms(${value})::double`,
    category: sql`${value}::varchar`,
  }[scale];
  const name = by === undefined ? sql`''` : sql`coalesce(${identifier(by)}::varchar, 'NULL')`;
  const finite = scale === 'category' ? sql`` : sql`and isfinite(${value})`;
  const rows = sql`select ${at} as x, ${identifier(y)}::double as y, ${name} as series, row_number() over () as place
    from (${query}) where ${value} is not null ${finite}`;
  const limit = raw(String(MAX_POINTS + 1));
  if (kind === 'scatter') {
    return engine.rows(sql`select x, y, series from (${rows})
      where y is not null and isfinite(y) using sample reservoir(${raw(String(SAMPLED_POINTS))} rows) repeatable (1)`);
  }
  const order = scale === 'category' ? raw('min(place)') : raw('x');
  return engine.rows(sql`select x, sum(y) filter (where isfinite(y)) as y, series from (${rows})
    group by x, series order by ${order} limit ${limit}`);
}

function labelsOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.map(({ x = null }) => textFrom(x)))];
}

interface Groups {
  readonly shown: readonly Series[];
  readonly notes: readonly string[];
}

/** The largest series, the rest added up; all with a point for every x, unless they are a scatter's. */
function seriesOf(
  rows: readonly Row[],
  labels: readonly string[] | undefined,
  { maxSeries, isFilled }: { readonly maxSeries: number; readonly isFilled: boolean },
): Groups {
  const places = labels && new Map(labels.map((label, index) => [label, index]));
  const groups = new Map<string, Point[]>();
  for (const row of rows) {
    const x = places ? places.get(textFrom(row['x'] ?? null)) : numberAt(row, 'x');
    if (x === undefined) continue;
    const name = textFrom(row['series'] ?? null);
    const points = groups.get(name) ?? [];
    points.push({ x, y: typeof row['y'] === 'number' ? row['y'] : null });
    groups.set(name, points);
  }
  const names = byName([...groups.keys()]);
  const kept = new Set(largest(groups, maxSeries));
  const others = names.filter((name) => !kept.has(name));
  const all = names
    .filter((name) => kept.has(name))
    .map((name) => ({ name, points: groups.get(name) ?? [] }));
  if (others.length > 0) {
    const points = others.flatMap((name) => groups.get(name) ?? []);
    all.push({ name: `${others.length} others`, points: isFilled ? summed(points) : points });
  }
  const notes =
    others.length === 0
      ? []
      : [`Of ${names.length} series the ${kept.size} largest are shown on their own`];
  return { shown: isFilled ? filled(all) : all, notes };
}

function textFrom(value: Value): string {
  return typeof value === 'string' ? value : '';
}

/** `site 10` after `site 9`. */
function byName(names: readonly string[]): string[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return [...names].sort(compare);
}

/** All of them where they are few, else one less, to leave a place for the others. */
function largest(groups: ReadonlyMap<string, readonly Point[]>, count: number): string[] {
  if (groups.size <= count) return [...groups.keys()];
  const sizes = [...groups].map(([name, points]) => ({
    name,
    size: points.reduce((sum, { y }) => sum + Math.abs(y ?? 0), 0),
  }));
  return sizes
    .sort((a, b) => b.size - a.size)
    .slice(0, count - 1)
    .map(({ name }) => name);
}

function summed(points: readonly Point[]): Point[] {
  const sums = new Map<number, number | null>();
  for (const { x, y } of points) {
    const sum = sums.get(x) ?? null;
    sums.set(x, y === null ? sum : (sum ?? 0) + y);
  }
  return [...sums].map(([x, y]) => ({ x, y }));
}

/** A point for every x of any series: a gap is then seen as one. */
function filled(series: readonly Series[]): Series[] {
  const all = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort(
    (a, b) => a - b,
  );
  return series.map(({ name, points }) => {
    const known = new Map(points.map(({ x, y }) => [x, y]));
    return { name, points: all.map((x) => ({ x, y: known.get(x) ?? null })) };
  });
}

/** What the engine left out or put together. */
async function notesOn(
  engine: Engine,
  query: Sql,
  { x, y, by, kind }: PlotOptions,
): Promise<string[]> {
  const [at, value] = [identifier(x), identifier(y)];
  const key = by === undefined ? at : sql`(${at}, ${identifier(by)})`;
  const [row = {}] = await engine.rows(sql`select count(*) filter (where ${at} is null) as nameless,
      count(*) filter (where ${value} is null) as empty, count(${at}) as n, count(distinct ${key}) filter (where ${at} is not null) as points
    from (${query})`);
  const n = numberAt(row, 'n');
  const nameless = numberAt(row, 'nameless');
  const points = numberAt(row, 'points');
  return [
    ...(nameless > 0 ? [`Rows without ${x} are left out: ${nameless}`] : []),
    ...(kind === 'scatter' && n > SAMPLED_POINTS
      ? [`A sample of ${SAMPLED_POINTS} of ${n} rows`]
      : []),
    ...(kind !== 'scatter' && n > points
      ? [`${y} is added up where rows have the same ${by === undefined ? x : `${x} and ${by}`}`]
      : []),
  ];
}
