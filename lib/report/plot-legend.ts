import type { Plot } from '../plot/plot.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { seriesColor } from './plot-style.ts';
import { fitted, textWidth } from './plot-text.ts';

const LINE = 20;
const MAX_NAME = 220;

interface Entry {
  readonly name: string;
  readonly x: number;
  readonly line: number;
}

/** The room a legend takes: none for one series without a name. */
export function legendHeight(plot: Plot, width: number): number {
  const last = entriesOf(plot, width).at(-1);
  return last ? (last.line + 1) * LINE + 6 : 0;
}

/** Names of the series beside their colours, and what they are values of. */
export function drawLegend(
  plot: Plot,
  { left, top, width }: { readonly left: number; readonly top: number; readonly width: number },
): Html | undefined {
  const entries = entriesOf(plot, width);
  if (entries.length === 0) return undefined;
  return html`<g
    >${entries.map(({ name, x, line }, index) => {
      const { name: style, color } = seriesColor(index);
      const y = top + line * LINE;
      return html`<rect
          class="f ${style}"
          x="${left + x}"
          y="${y + 2}"
          width="12"
          height="12"
          rx="3"
          fill="${color}"
        /><text class="text" x="${left + x + 18}" y="${y + 12}" fill="#1b2430">${name}</text>`;
    })}</g
  >`;
}

function entriesOf({ series, by }: Plot, width: number): Entry[] {
  if (by === undefined) return [];
  let [x, line] = [0, 0];
  return series.map((each) => {
    const name = fitted(each.name === '' ? '(empty)' : each.name, MAX_NAME);
    const room = 18 + textWidth(name) + 20;
    if (x > 0 && x + room > width) [x, line] = [0, line + 1];
    const entry = { name, x, line };
    x += room;
    return entry;
  });
}
