import { extentOf, valuesOf } from '../plot/plot.ts';
import type { Plot } from '../plot/plot.ts';
import { valueLabel } from '../plot/ticks.ts';
import { timeLabel } from '../plot/time-ticks.ts';
import type { PlotOptions } from './plot.ts';
import { cut, displayWidth, oneLine, padding } from './text.ts';

const shades = ['░', '▒', '▓', '█'];
const MAX_NAME = 24;

/** A line of shades for each series; a dot where there is no value. */
export function plotHeat(plot: Plot, { width }: PlotOptions): string[] {
  const [least, most] = extentOf(valuesOf(plot)) ?? [0, 1];
  const names = Math.min(
    MAX_NAME,
    Math.floor(width / 3),
    Math.max(0, ...plot.series.map(({ name }) => displayWidth(oneLine(name)))),
  );
  const columns = plot.series[0]?.points.map(({ x }) => x) ?? [];
  const shown = columns.slice(0, Math.max(1, width - names - 2));
  const cell = Math.max(
    1,
    Math.min(4, Math.floor((width - names - 2) / Math.max(1, shown.length))),
  );
  const shadeOf = (y: number | null): string => {
    if (y === null) return '·';
    const part = most === least ? 1 : (y - least) / (most - least);
    return shades[Math.min(3, Math.floor(part * 4))] ?? '█';
  };
  const rows = plot.series.map(({ name, points }) => {
    const label = cut(oneLine(name), names);
    const cells = points.slice(0, shown.length).map(({ y }) => shadeOf(y).repeat(cell));
    return `${label}${padding(label, names)}  ${cells.join('')}`;
  });
  const [first = 0, last = 0] = [shown[0], shown.at(-1)];
  const ends = [nameOf(plot, first), nameOf(plot, last)] as const;
  const room = shown.length * cell - displayWidth(ends[0]) - displayWidth(ends[1]);
  const axis = room > 0 ? `${ends[0]}${' '.repeat(room)}${ends[1]}` : `${ends[0]} to ${ends[1]}`;
  const range = `${valueLabel(least)} ${shades.join('')} ${valueLabel(most)}   · no value`;
  const scale = `${cut(oneLine(plot.y.name), Math.max(4, width - range.length - 2))}: ${range}`;
  const rest = columns.length - shown.length;
  return [
    ...rows,
    `${' '.repeat(names + 2)}${axis}`,
    '',
    scale,
    ...(rest > 0 ? [`${rest} more to the right`] : []),
  ];
}

function nameOf({ x }: Plot, value: number): string {
  if (x.scale === 'category') return oneLine(x.labels?.[value] ?? '');
  return x.scale === 'number' ? valueLabel(value) : timeLabel(value, x.scale === 'day');
}
