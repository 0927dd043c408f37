import { isStacked } from '../plot/plot.ts';
import type { Plot, Point, Series } from '../plot/plot.ts';
import { valueLabel } from '../plot/ticks.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { round } from './plot-frame.ts';
import type { Frame } from './plot-frame.ts';

type ColorOf = (index: number) => { readonly name: string; readonly color: string };

/** Lines, areas, upright bars or dots of all series. */
export function drawMarks(plot: Plot, frame: Frame, colorOf: ColorOf): Html[] {
  switch (plot.kind) {
    case 'line':
      return plot.series.map((series, index) => drawLine(plot, series, frame, colorOf(index)));
    case 'area':
      return drawAreas(plot, frame, colorOf);
    case 'bar':
      return drawBars(plot, frame, colorOf);
    case 'scatter':
      return plot.series.map((series, index) => drawDots(plot, series, frame, colorOf(index)));
    case 'heat':
      return [];
    default:
      return plot.kind satisfies never;
  }
}

type ColorName = ReturnType<ColorOf>;

/** How close points may be to have marks of their own. */
const MARK_DISTANCE = 24;

function drawLine(plot: Plot, series: Series, frame: Frame, { name, color }: ColorName): Html {
  const runs = runsOf(series.points);
  const lines = runs
    .filter((run) => run.length > 1)
    .map((run) => `M${run.map((point) => placeOf(point, frame)).join('L')}`);
  const isSparse = frame.inner.width / Math.max(1, series.points.length) >= MARK_DISTANCE;
  const marked = isSparse ? runs.flat() : runs.filter((run) => run.length === 1).flat();
  return html`<path
      class="l ${name}"
      d="${lines.join('')}"
      fill="none"
      stroke="${color}"
      stroke-width="2"
      stroke-linejoin="round"
      stroke-linecap="round"
    />
    ${marked.map((point) => dot(plot, series, point, { frame, name, color, radius: 3.5 }))}`;
}

interface Known {
  readonly x: number;
  readonly y: number;
}

/** Points without a gap between them. */
function runsOf(points: readonly Point[]): Known[][] {
  const runs: Known[][] = [[]];
  for (const { x, y } of points) {
    if (y === null) runs.push([]);
    else runs.at(-1)?.push({ x, y });
  }
  return runs.filter((run) => run.length > 0);
}

function placeOf({ x, y }: Known, frame: Frame): string {
  return `${round(frame.x(x))} ${round(frame.y(y))}`;
}

interface DotStyle extends ColorName {
  readonly frame: Frame;
  readonly radius: number;
  readonly opacity?: number;
}

function dot(plot: Plot, series: Series, { x, y }: Known, style: DotStyle): Html {
  const { frame, name, color, radius, opacity = 1 } = style;
  return html`<circle
    class="f ${name} halo"
    cx="${round(frame.x(x))}"
    cy="${round(frame.y(y))}"
    r="${radius}"
    fill="${color}"
    fill-opacity="${opacity}"
    stroke="#ffffff"
    stroke-width="1"
    >${told(plot, series, frame.xLabel(x), y)}</circle
  >`;
}

function told({ y, by }: Plot, series: Series, x: string, value: number): Html {
  return html`<title>
    ${by === undefined ? '' : `${series.name}, `}${x}: ${valueLabel(value)} ${y.name}
  </title>`;
}

function drawDots(plot: Plot, series: Series, frame: Frame, { name, color }: ColorName): Html {
  const known = series.points.flatMap(({ x, y }) => (y === null ? [] : [{ x, y }]));
  const isDense = known.length > 500;
  return html`<g
    >${known.map((point) => dot(plot, series, point, { frame, name, color, radius: isDense ? 2.5 : 4, opacity: isDense ? 0.5 : 0.8 }))}</g
  >`;
}

/** Stacked where that makes a whole, else one over the other. */
function drawAreas(plot: Plot, frame: Frame, colorOf: ColorOf): Html[] {
  const grounds = new Map<number, number>();
  return plot.series.map((series, index) => {
    const { name, color } = colorOf(index);
    const stacked = isStacked(plot);
    const points = stacked ? series.points.map(({ x, y }) => ({ x, y: y ?? 0 })) : series.points;
    const runs = runsOf(points).map((run) =>
      run.map(({ x, y }) => {
        const from = stacked ? (grounds.get(x) ?? 0) : 0;
        if (stacked) grounds.set(x, from + y);
        return { x, from, to: from + y };
      }),
    );
    const opacity = stacked ? 0.85 : 0.25;
    return html`${runs.map((run) => {
      const over = run.map(({ x, to }) => placeOf({ x, y: to }, frame));
      const under = run.map(({ x, from }) => placeOf({ x, y: from }, frame)).reverse();
      const alone = run.length === 1 ? run[0] : undefined;
      if (alone)
        return dot(plot, series, { x: alone.x, y: alone.to }, { frame, name, color, radius: 3.5 });
      return html`<path
          class="f ${name}"
          d="M${over.join('L')}L${under.join('L')}Z"
          fill="${color}"
          fill-opacity="${opacity}"
          ><title>${series.name}</title></path
        ><path
          class="l ${name}"
          d="M${over.join('L')}"
          fill="none"
          stroke="${color}"
          stroke-width="1.5"
          stroke-linejoin="round"
        />`;
    })}`;
  });
}

/** Upright bars: side by side, or stacked where there are many series. */
function drawBars(plot: Plot, frame: Frame, colorOf: ColorOf): Html[] {
  const stacked = isStacked(plot);
  const room = Math.max(1, Math.min(frame.slot * 0.78, 120));
  const width = stacked ? room : room / plot.series.length;
  const grounds = new Map<number, number>();
  return plot.series.map((series, index) => {
    const { name, color } = colorOf(index);
    return html`${series.points.map(({ x, y }) => {
      if (y === null) return undefined;
      const from = stacked ? (grounds.get(x) ?? 0) : 0;
      grounds.set(x, from + y);
      const left = frame.x(x) - room / 2 + (stacked ? 0 : index * width);
      const [top, bottom] = [frame.y(Math.max(from, from + y)), frame.y(Math.min(from, from + y))];
      return html`<rect
        class="f ${name}"
        x="${round(left)}"
        y="${round(top)}"
        width="${round(Math.max(0.5, width - (width > 4 ? 1 : 0)))}"
        height="${round(Math.max(y === 0 ? 0 : 0.7, bottom - top))}"
        rx="${width > 8 && !stacked ? 2 : 0}"
        fill="${color}"
        >${told(plot, series, frame.xLabel(x), y)}</rect
      >`;
    })}`;
  });
}
