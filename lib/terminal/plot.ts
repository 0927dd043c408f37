import picocolors from 'picocolors';
import { reachOf } from '../plot/plot.ts';
import type { Plot } from '../plot/plot.ts';
import { plotBars } from './plot-bars.ts';
import { plotGrid } from './plot-grid.ts';
import { plotHeat } from './plot-heat.ts';
import { cut, displayWidth, oneLine, printable } from './text.ts';

export interface PlotOptions {
  /** Cells of the terminal. */
  readonly width: number;
  readonly color: boolean;
}

export type Paint = (text: string) => string;

/** How one series is told from others: by a colour, and where there is none by a letter of its own. */
export interface SeriesStyle {
  readonly paint: Paint;
  readonly sign: string;
}

/** Without a terminal no width is known; wider charts say no more. */
const MAX_WIDTH = 110;

/**
 * A chart as text that ends in a line break: dots of Braille for lines, areas and scatters, bars from left to
 * right, shades for heat. Series are told apart by colours, or by letters where there are none.
 */
export function renderPlot(plot: Plot, { width, color }: PlotOptions): string {
  const colors = picocolors.createColors(color);
  const room = Math.min(width, MAX_WIDTH);
  const paints = [
    colors.cyan,
    colors.yellow,
    colors.green,
    colors.magenta,
    colors.blue,
    colors.red,
    colors.white,
    colors.gray,
  ];
  const styles = plot.series.map((_, index): SeriesStyle => ({
    paint: paints[index % paints.length] ?? colors.cyan,
    sign: color ? '■' : (LETTERS[index] ?? '+'),
  }));
  const lines = [
    colors.bold(printable(plot.title)),
    '',
    ...(plot.kind === 'heat' || plot.by === undefined ? [] : [...legend(plot, styles, room), '']),
    ...(reachOf(plot) ? drawn(plot, styles, { width: room, color }) : ['no rows']),
    ...(plot.notes.length === 0
      ? []
      : ['', ...plot.notes.map((note) => colors.dim(printable(note)))]),
  ];
  return `${lines.join('\n')}\n`;
}

const MAX_NAME = 32;
const LETTERS = 'abcdefgh'.split('');

function drawn(plot: Plot, styles: readonly SeriesStyle[], options: PlotOptions): string[] {
  switch (plot.kind) {
    case 'line':
    case 'area':
    case 'scatter':
      return plotGrid(plot, styles, options);
    case 'bar':
      return plotBars(plot, styles, options);
    case 'heat':
      return plotHeat(plot, options);
    default:
      return plot.kind satisfies never;
  }
}

function legend({ series }: Plot, styles: readonly SeriesStyle[], width: number): string[] {
  const lines: string[] = [];
  let room = 0;
  series.forEach(({ name }, index) => {
    const { paint, sign } = styles[index] ?? { paint: String, sign: '' };
    const text = cut(oneLine(name) || '(empty)', Math.min(MAX_NAME, width - 5));
    const needed = displayWidth(text) + 5;
    if (lines.length === 0 || needed > room) [room] = [width, lines.push('')];
    lines[lines.length - 1] += `${paint(sign)} ${text}   `;
    room -= needed;
  });
  return lines.map((line) => line.trimEnd());
}
