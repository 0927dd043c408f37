import { commonYear, timeLabel, timeTicks } from '../plot/time-ticks.ts';
import { extentOf, isStacked, pointsOf, reachOf } from '../plot/plot.ts';
import type { Plot, Point } from '../plot/plot.ts';
import { numberTicks, valueLabel } from '../plot/ticks.ts';
import type { Tick } from '../plot/ticks.ts';
import { Braille } from './braille.ts';
import type { PlotOptions, SeriesStyle } from './plot.ts';
import { cut, displayWidth, oneLine } from './text.ts';

const ROWS = 16;

/** Lines, areas and dots on a grid of Braille cells, each of 2 by 4 dots, between axes. */
export function plotGrid(
  plot: Plot,
  styles: readonly SeriesStyle[],
  { width, color }: PlotOptions,
): string[] {
  const [least, most] = reachOf(plot) ?? [0, 1];
  const ticks = numberTicks(least, most, 5);
  const [low, high] = [ticks[0]?.value ?? 0, ticks.at(-1)?.value ?? 1];
  const labels = Math.max(...ticks.map(({ label }) => label.length));
  const columns = Math.max(10, width - labels - 3);
  const [first, last] = rangeOf(plot);
  const grid = new Braille(columns, ROWS);
  const place = (x: number, y: number): readonly [number, number] => [
    ((x - first) / (last - first)) * (grid.width - 1),
    (1 - (y - low) / (high - low)) * (grid.height - 1),
  ];
  const grounds = new Map<number, number>();
  plot.series.forEach(({ points }, index) => {
    const values = isStacked(plot) ? stackedOn(grounds, points) : points;
    draw(grid, plot.kind, values, {
      place,
      ground: place(first, Math.max(0, low))[1],
      series: index,
    });
  });
  const marks = new Map(ticks.map(({ value, label }) => [rowOf(place(first, value)[1]), label]));
  const many = !color && plot.series.length > 1;
  const lines = grid.lines((text, series) => {
    const { paint = String, sign = '' } = styles[series] ?? {};
    return many ? text.replaceAll(/[^⠀ ]/gu, sign) : paint(text);
  });
  const body = lines.map(
    (line, row) =>
      `${(marks.get(row) ?? '').padStart(labels)} ${marks.has(row) ? '┤' : '│'}${line}`,
  );
  return [
    cut(oneLine(plot.y.name), width),
    ...body,
    ...axis(plot, { first, last, columns, indent: labels + 1 }),
  ];
}

function rowOf(y: number): number {
  return Math.floor(y / 4);
}

function stackedOn(grounds: Map<number, number>, points: readonly Point[]): Point[] {
  return points.map(({ x, y }) => {
    const sum = (grounds.get(x) ?? 0) + (y ?? 0);
    grounds.set(x, sum);
    return { x, y: sum };
  });
}

/** With room around a single value. */
function rangeOf(plot: Plot): readonly [number, number] {
  const [least, most] = extentOf(pointsOf(plot).map(({ x }) => x)) ?? [0, 1];
  return least === most ? [least - 1, most + 1] : [least, most];
}

interface Drawing {
  readonly place: (x: number, y: number) => readonly [number, number];
  /** Where areas begin. */
  readonly ground: number;
  readonly series: number;
}

function draw(grid: Braille, kind: Plot['kind'], points: readonly Point[], drawing: Drawing): void {
  const { place, ground, series } = drawing;
  let before: readonly [number, number] | undefined;
  for (const { x, y } of points) {
    const at = y === null ? undefined : place(x, y);
    if (at && before && kind !== 'scatter')
      grid.line(before, at, series, kind === 'area' ? ground : undefined);
    else if (at) grid.line(at, at, series, kind === 'area' ? ground : undefined);
    before = at;
  }
}

/** The line below, labels where there is room for them, and the name. */
function axis(
  plot: Plot,
  {
    first,
    last,
    columns,
    indent,
  }: {
    readonly first: number;
    readonly last: number;
    readonly columns: number;
    readonly indent: number;
  },
): string[] {
  const ticks = ticksOf(plot, first, last, Math.max(2, Math.floor(columns / 12)));
  const line = Array.from({ length: columns }, () => '─');
  let text = '';
  for (const { value, label } of ticks) {
    const column = Math.round(((value - first) / (last - first)) * (columns - 1));
    const shown = cut(oneLine(label), 16);
    const start = Math.min(
      Math.max(0, column - Math.floor(displayWidth(shown) / 2)),
      columns - displayWidth(shown),
    );
    if (start < displayWidth(text) + (text === '' ? 0 : 2)) continue;
    line[column] = '┬';
    text += ' '.repeat(start - displayWidth(text)) + shown;
  }
  const year =
    plot.x.scale === 'day' || plot.x.scale === 'instant' ? commonYear(first, last) : undefined;
  const named = cut(oneLine(plot.x.name), columns - 6);
  const name = year === undefined ? named : `${named}, ${year}`;
  const pad = ' '.repeat(indent);
  return [`${pad}└${line.join('')}`, `${pad} ${text}`, `${pad} ${name.padStart(columns)}`];
}

function ticksOf({ x, series }: Plot, first: number, last: number, count: number): Tick[] {
  if (x.scale === 'category') return (x.labels ?? []).map((label, value) => ({ value, label }));
  const values = new Set(series.flatMap(({ points }) => points.map((point) => point.x)));
  const [only] = values;
  if (values.size === 1 && only !== undefined) {
    return [
      {
        value: only,
        label: x.scale === 'number' ? valueLabel(only) : timeLabel(only, x.scale === 'day'),
      },
    ];
  }
  if (x.scale === 'number')
    return numberTicks(first, last, count).filter(({ value }) => value >= first && value <= last);
  return timeTicks(first, last, { count, isDay: x.scale === 'day' });
}
