/** A chart as data; who draws it chooses sizes and colours. */
export interface Plot {
  readonly kind: PlotKind;
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  /** What tells the series apart, if anything does. */
  readonly by?: string;
  /** With the same values of x throughout, in order, but for `scatter`. */
  readonly series: readonly Series[];
  /** What is not shown, and why. */
  readonly notes: readonly string[];
}

/** `heat`: a row of cells per series, coloured by y. */
export type PlotKind = 'line' | 'bar' | 'area' | 'scatter' | 'heat';

export const plotKinds: readonly PlotKind[] = ['line', 'bar', 'area', 'scatter', 'heat'];

export interface Axis {
  readonly name: string;
  /** `day` and `instant`: milliseconds since 1970 in UTC; `category`: places in `labels`. */
  readonly scale: 'number' | 'day' | 'instant' | 'category';
  /** Of categories, in order. */
  readonly labels?: readonly string[];
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  /** null: there is no value, which is not 0. */
  readonly y: number | null;
}

/** The least and the greatest of numbers; undefined for none. */
export function extentOf(values: Iterable<number>): readonly [number, number] | undefined {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return least <= most ? [least, most] : undefined;
}

/** All points of a plot. */
export function pointsOf({ series }: Pick<Plot, 'series'>): Point[] {
  return series.flatMap(({ points }) => points);
}

/** All values of y that there are. */
export function valuesOf(plot: Pick<Plot, 'series'>): number[] {
  return pointsOf(plot).flatMap(({ y }) => (y === null ? [] : [y]));
}

/** Whether each series stands on those before it: where parts make a whole, and none is below 0. */
export function isStacked(plot: Plot): boolean {
  const many = plot.kind === 'area' ? 2 : plot.kind === 'bar' ? 4 : Infinity;
  return plot.series.length >= many && valuesOf(plot).every((value) => value >= 0);
}

/** What y has to reach: of stacks their sums, of what stands on a ground also 0. Undefined without a value. */
export function reachOf(plot: Plot): readonly [number, number] | undefined {
  const reach = extentOf(isStacked(plot) ? sumsOf(plot) : valuesOf(plot));
  if (!reach) return undefined;
  const [least, most] = reach;
  const hasGround = plot.kind === 'bar' || plot.kind === 'area';
  // A line need not begin at 0, but does where that costs little.
  const isNear = plot.kind === 'line' && least > 0 && least <= (most - least) * 1.5;
  return hasGround || isNear ? [Math.min(0, least), Math.max(0, most)] : reach;
}

function sumsOf({ series }: Plot): number[] {
  const sums = new Map<number, number>();
  for (const { points } of series) {
    for (const { x, y } of points) sums.set(x, (sums.get(x) ?? 0) + (y ?? 0));
  }
  return [...sums.values()];
}
