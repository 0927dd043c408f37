import { reachOf } from '../plot/plot.ts';
import type { Plot } from '../plot/plot.ts';
import { valueLabel } from '../plot/ticks.ts';
import { timeLabel } from '../plot/time-ticks.ts';
import { barOf } from './chart.ts';
import type { PlotOptions, SeriesStyle } from './plot.ts';
import { cut, displayWidth, oneLine, padding } from './text.ts';

const MAX_NAME = 32;

/** A line for each bar: name, bar, value. Bars below 0 end where those above begin. */
export function plotBars(
  plot: Plot,
  styles: readonly SeriesStyle[],
  { width, color }: PlotOptions,
): string[] {
  const [least, most] = reachOf(plot) ?? [0, 1];
  const rows = rowsOf(plot, styles, color);
  const names = Math.min(MAX_NAME, Math.max(...rows.map(({ name }) => displayWidth(name))));
  const values = Math.max(...rows.map(({ value }) => labelOf(value).length));
  const room = Math.max(8, width - names - values - 4);
  const below = least < 0 ? Math.max(1, Math.round((room * -least) / (most - least))) : 0;
  return rows.map(({ name, value, paint, sign }) => {
    const shown = cut(name, names);
    const above = barOf(value ?? 0, most, room - below);
    const under =
      value !== null && value < 0 ? Math.max(1, Math.round((below * value) / least)) : 0;
    const left = below === 0 ? '' : ' '.repeat(below - under) + paint('█'.repeat(under));
    const bar = `${left}${paint(above)}`;
    return `${shown}${padding(shown, names)}  ${sign}${bar} ${labelOf(value)}`.trimEnd();
  });
}

interface BarRow {
  readonly name: string;
  readonly value: number | null;
  readonly paint: SeriesStyle['paint'];
  readonly sign: string;
}

/** One after the other, the series of a place together; its name stands at the first. */
function rowsOf(plot: Plot, styles: readonly SeriesStyle[], color: boolean): BarRow[] {
  const places = plot.series[0]?.points.map(({ x }) => x) ?? [];
  return places.flatMap((x, at) =>
    plot.series.map(({ points }, index) => ({
      name: index === 0 ? nameOf(plot, x) : '',
      value: points[at]?.y ?? null,
      paint: styles[index]?.paint ?? String,
      sign: color || plot.by === undefined ? '' : `${styles[index]?.sign} `,
    })),
  );
}

function nameOf({ x }: Plot, value: number): string {
  if (x.scale === 'category') return oneLine(x.labels?.[value] ?? '') || '(empty)';
  return x.scale === 'number' ? valueLabel(value) : timeLabel(value, x.scale === 'day');
}

function labelOf(value: number | null): string {
  return value === null ? '–' : valueLabel(value);
}
