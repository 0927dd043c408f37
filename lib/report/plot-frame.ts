import { commonYear, timeLabel, timeTicks } from '../plot/time-ticks.ts';
import { extentOf, pointsOf, reachOf } from '../plot/plot.ts';
import type { Plot } from '../plot/plot.ts';
import { numberTicks, valueLabel } from '../plot/ticks.ts';
import type { Tick } from '../plot/ticks.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { fitted, textWidth } from './plot-text.ts';

/** Where a chart is drawn, in units of the picture. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The axes of a chart and how values become places in the picture. */
export interface Frame {
  readonly inner: Area;
  x(value: number): number;
  y(value: number): number;
  /** Room for one value of x where values have a width of their own. */
  readonly slot: number;
  /** How a value of x is told. */
  readonly xLabel: (value: number) => string;
  readonly axes: Html;
  /** The line of 0, which is drawn over what stands on it. */
  readonly ground: Html;
}

const AXIS_NAME = 20;
/** The name of y and the half of a label that reaches over the highest tick. */
const ABOVE = 28;
const TURNED_LABEL = 120;

/** Lays out axes within an area: as much room as their labels need, labels as many as there is room for. */
export function frameOf(plot: Plot, area: Area): Frame {
  const reach = reachOf(plot) ?? [0, 1];
  const ticks = numberTicks(reach[0], reach[1], 6);
  const [low, high] = [ticks[0]?.value ?? 0, ticks.at(-1)?.value ?? 1];
  const left = Math.max(...ticks.map(({ label }) => textWidth(label))) + 10;
  const width = area.width - left - 8;
  const below = placesOf(plot, width);
  const inner: Area = {
    left: area.left + left,
    top: area.top + ABOVE,
    width,
    height: area.height - ABOVE - below.height,
  };
  const x = (value: number): number => inner.left + below.at(value) * width;
  const y = (value: number): number =>
    inner.top + inner.height * (1 - (value - low) / (high - low));
  const frame = { inner, x, y, slot: below.slot * width, xLabel: below.label };
  return {
    ...frame,
    axes: axesOf(plot, area, frame, { ticks, below }),
    ground: groundOf(frame, low),
  };
}

/** How x is laid out: places from 0 to 1. */
interface Places {
  at(value: number): number;
  readonly slot: number;
  readonly ticks: readonly Tick[];
  readonly label: (value: number) => string;
  /** The axis' name; of times with their year where it is one. */
  readonly name: string;
  readonly isTurned: boolean;
  readonly height: number;
}

function placesOf(plot: Plot, width: number): Places {
  return plot.x.scale === 'category' ? categoryPlaces(plot, width) : measuredPlaces(plot, width);
}

function categoryPlaces({ x }: Plot, width: number): Places {
  const labels = x.labels ?? [];
  const slot = 1 / Math.max(1, labels.length);
  const widest = Math.max(0, ...labels.map((label) => textWidth(label)));
  const isTurned = widest > slot * width - 6;
  const room = isTurned ? Math.min(TURNED_LABEL, widest * 0.72 + 16) : 20;
  return {
    at: (value) => (value + 0.5) * slot,
    slot,
    ticks: labels.map((label, value) => ({ value, label })),
    label: (value) => labels[value] ?? '',
    name: x.name,
    isTurned,
    height: room + AXIS_NAME,
  };
}

function measuredPlaces(plot: Plot, width: number): Places {
  const { name, scale } = plot.x;
  const isDay = scale === 'day';
  const values = [...new Set(pointsOf(plot).map(({ x }) => x))].sort((a, b) => a - b);
  const [least, most] = extentOf(values) ?? [0, 1];
  const gap = plot.kind === 'bar' ? smallestGap(values, scale) : 0;
  const [first, last] =
    least === most ? [least - (gap || 1), most + (gap || 1)] : [least - gap / 2, most + gap / 2];
  const count = Math.max(2, Math.floor(width / 84));
  const ticks =
    scale === 'number'
      ? numberTicks(first, last, count).filter(({ value }) => value >= first && value <= last)
      : timeTicks(first, last, { count, isDay });
  const alone =
    least === most
      ? [{ value: least, label: scale === 'number' ? valueLabel(least) : timeLabel(least, isDay) }]
      : ticks;
  const year = scale === 'number' || least === most ? undefined : commonYear(first, last);
  return {
    at: (value) => (value - first) / (last - first),
    slot: gap / (last - first),
    ticks: alone,
    label: (value) => (scale === 'number' ? valueLabel(value) : timeLabel(value, isDay)),
    name: year === undefined ? name : `${name}, ${year}`,
    isTurned: false,
    height: 20 + AXIS_NAME,
  };
}

/** What bars are wide at most. */
function smallestGap(values: readonly number[], scale: string): number {
  const gaps = values.slice(1).map((value, index) => value - (values[index] ?? value));
  const [least] = extentOf(gaps.filter((gap) => gap > 0)) ?? [];
  return least ?? (scale === 'number' ? 1 : 24 * 3600 * 1000);
}

function axesOf(
  plot: Plot,
  area: Area,
  { inner, x, y }: Pick<Frame, 'inner' | 'x' | 'y'>,
  { ticks, below }: { readonly ticks: readonly Tick[]; readonly below: Places },
): Html {
  const bottom = inner.top + inner.height;
  const right = inner.left + inner.width;
  return html`<text class="soft" x="${area.left}" y="${area.top + 8}" fill="#56616f"
      >${fitted(plot.y.name, area.width)}</text
    >
    ${ticks.map(({ value, label }) => html`<line class="grid" x1="${inner.left}" x2="${right}" y1="${round(y(value))}" y2="${round(y(value))}" stroke="#e6eaee" /><text class="soft" x="${inner.left - 8}" y="${round(y(value)) + 4}" text-anchor="end" fill="#56616f">${label}</text>`)}
    ${below.ticks.map(({ value, label }) => (below.isTurned ? turned(label, round(x(value)), bottom, below.height - AXIS_NAME) : upright(label, round(x(value)), bottom, right)))}
    <text
      class="soft"
      x="${right}"
      y="${bottom + below.height - 2}"
      text-anchor="end"
      fill="#56616f"
      >${fitted(below.name, inner.width)}</text
    >`;
}

function upright(label: string, x: number, bottom: number, right: number): Html {
  const half = textWidth(label) / 2;
  const anchor = x + half > right + 8 ? 'end' : 'middle';
  return html`<line
      class="edge"
      x1="${x}"
      x2="${x}"
      y1="${bottom}"
      y2="${bottom + 5}"
      stroke="#c3cad2"
    /><text class="soft" x="${x}" y="${bottom + 18}" text-anchor="${anchor}" fill="#56616f"
      >${label}</text
    >`;
}

function turned(label: string, x: number, bottom: number, room: number): Html {
  // Neither below the picture nor over its left edge.
  const text = fitted(label, Math.min(room / 0.72 - 10, (x - 8) / 0.75));
  return html`<text
    class="soft"
    transform="translate(${x + 4} ${bottom + 12}) rotate(-42)"
    text-anchor="end"
    fill="#56616f"
    >${text}</text
  >`;
}

function groundOf({ inner, y }: Pick<Frame, 'inner' | 'y'>, low: number): Html {
  const at = round(y(Math.max(0, low)));
  return html`<line
    class="ground"
    x1="${inner.left}"
    x2="${inner.left + inner.width}"
    y1="${at}"
    y2="${at}"
    stroke="#66707d"
  />`;
}

/** Whole and half units keep thin lines sharp, and the file small. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
