import { isStacked, reachOf } from '../plot/plot.ts';
import type { Plot } from '../plot/plot.ts';
import { numberTicks, valueLabel } from '../plot/ticks.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { round } from './plot-frame.ts';
import type { Area } from './plot-frame.ts';
import { seriesColor } from './plot-style.ts';
import { fitted, textWidth } from './plot-text.ts';

const MAX_LABEL = 260;

/** Whether bars lie because their names are too long to stand below them. */
export function isLying({ kind, x }: Plot, width: number): boolean {
  if (kind !== 'bar' || x.scale !== 'category') return false;
  const labels = x.labels ?? [];
  return (
    labels.length > 0 &&
    Math.max(...labels.map((label) => textWidth(label))) > width / labels.length - 10
  );
}

/** Bars from left to right with their names before them. */
export function drawHorizontalBars(plot: Plot, area: Area): Html {
  const labels = plot.x.labels ?? [];
  const [least, most] = reachOf(plot) ?? [0, 1];
  const ticks = numberTicks(least, most, 6);
  const [low, high] = [ticks[0]?.value ?? 0, ticks.at(-1)?.value ?? 1];
  const names = Math.min(MAX_LABEL, Math.max(...labels.map((label) => textWidth(label)))) + 12;
  const [left, top] = [area.left + names, area.top + 34];
  const [width, height] = [area.width - names - 24, area.height - 44];
  const place = (value: number): number => left + (width * (value - low)) / (high - low);
  const slot = height / labels.length;
  return html`<text class="soft" x="${area.left}" y="${area.top + 8}" fill="#56616f"
      >${fitted(plot.x.name, names - 12)}</text
    >
    <text class="soft" x="${left}" y="${area.top + 8}" fill="#56616f"
      >${fitted(plot.y.name, width)}</text
    >
    ${ticks.map(({ value, label }) => html`<line class="grid" x1="${round(place(value))}" x2="${round(place(value))}" y1="${top}" y2="${top + height}" stroke="#e6eaee" /><text class="soft" x="${round(place(value))}" y="${top - 6}" text-anchor="middle" fill="#56616f">${label}</text>`)}
    ${labels.map((label, index) => html`<text class="text" x="${left - 8}" y="${round(top + (index + 0.5) * slot + 4)}" text-anchor="end" fill="#1b2430">${fitted(label, names - 12)}</text>`)}
    ${drawBars(plot, { top, slot, place })}
    <line
      class="ground"
      x1="${round(place(Math.max(0, low)))}"
      x2="${round(place(Math.max(0, low)))}"
      y1="${top}"
      y2="${top + height}"
      stroke="#66707d"
    />`;
}

interface Lying {
  readonly top: number;
  /** Height of all bars of one name. */
  readonly slot: number;
  readonly place: (value: number) => number;
}

function drawBars(plot: Plot, { top, slot, place }: Lying): Html[] {
  const stacked = isStacked(plot);
  const room = Math.min(slot * 0.76, 44 * (stacked ? 1 : plot.series.length));
  const thick = stacked ? room : room / plot.series.length;
  const grounds = new Map<number, number>();
  return plot.series.map((series, index) => {
    const { name, color } = seriesColor(index);
    return html`${series.points.map(({ x, y }) => {
      if (y === null) return undefined;
      const from = stacked ? (grounds.get(x) ?? 0) : 0;
      grounds.set(x, from + y);
      const [start, end] = [place(Math.min(from, from + y)), place(Math.max(from, from + y))];
      const at = top + (x + 0.5) * slot - room / 2 + (stacked ? 0 : index * thick);
      const who = plot.by === undefined ? '' : `${series.name}, `;
      return html`<rect
        class="f ${name}"
        x="${round(start)}"
        y="${round(at)}"
        width="${round(end - start)}"
        height="${round(thick - 1)}"
        rx="${stacked ? 0 : 2}"
        fill="${color}"
        ><title>${who}${plot.x.labels?.[x]}: ${valueLabel(y)} ${plot.y.name}</title></rect
      >`;
    })}`;
  });
}
