import { isStacked, reachOf } from '../plot/plot.ts';
import type { Plot } from '../plot/plot.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { frameOf } from './plot-frame.ts';
import type { Area } from './plot-frame.ts';
import { drawHeat } from './plot-heat.ts';
import { drawHorizontalBars, isLying } from './plot-lying-bars.ts';
import { drawMarks } from './plot-marks.ts';
import { drawLegend, legendHeight } from './plot-legend.ts';
import { plotStyle, seriesColor } from './plot-style.ts';
import { fitted } from './plot-text.ts';

const WIDTH = 960;
const HEIGHT = 540;
const PADDING = 24;
/** How much wider bold letters are. */
const BOLD = 1.15;

/**
 * A chart as an SVG picture that stands on its own: it is dark where the reader's system is, tells each
 * point when asked, and has its title and a summary for who does not see it.
 */
export function renderSvg(plot: Plot): string {
  const isEmpty = plot.kind !== 'heat' && reachOf(plot) === undefined;
  const legend = plot.kind === 'heat' ? 0 : legendHeight(plot, WIDTH - 2 * PADDING);
  const top = PADDING + 30 + legend + 8;
  const bottom = PADDING + plot.notes.length * 18 + (plot.notes.length > 0 ? 8 : 0);
  const lying = isLying(plot, WIDTH - 2 * PADDING);
  const rows = plot.kind === 'heat' ? plot.series.length * 22 + 120 : lying ? lyingHeight(plot) : 0;
  const height = Math.max(plot.kind === 'heat' || lying ? 220 : HEIGHT, rows + top + bottom);
  const area = { left: PADDING, top, width: WIDTH - 2 * PADDING, height: height - top - bottom };
  const label = `${plot.title}: ${plot.kind} of ${plot.y.name} by ${plot.x.name}${plot.by === undefined ? '' : ` and ${plot.by}`}, ${plot.series.length} series`;
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 ${WIDTH} ${height}"
    width="${WIDTH}"
    height="${height}"
    role="img"
    aria-label="${label}"
    font-family="system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
    font-size="12"
  >
    <title>${label}</title>
    <style>
      ${plotStyle}
    </style>
    <rect class="back" width="100%" height="100%" fill="#ffffff" />
    <text
      class="text"
      x="${PADDING}"
      y="${PADDING + 16}"
      font-size="18"
      font-weight="600"
      fill="#1b2430"
    >
      ${fitted(plot.title, (WIDTH - 2 * PADDING) / BOLD, 18)}
    </text>
    ${plot.kind === 'heat' ? undefined : drawLegend(plot, { left: PADDING, top: PADDING + 34, width: area.width })}
    ${isEmpty || plot.series.length === 0 ? drawNothing(area) : drawPlot(plot, area, lying)}
    ${plot.notes.map((note, index) => html`<text class="soft" x="${PADDING}" y="${height - bottom + 14 + index * 18}" fill="#56616f">${fitted(note, area.width, 12)}</text>`)}
  </svg> `.toString();
}

function lyingHeight(plot: Plot): number {
  const bars = plot.x.labels?.length ?? 0;
  return (
    bars * (isStacked(plot) || plot.series.length === 1 ? 26 : 14 * plot.series.length + 10) + 70
  );
}

function drawPlot(plot: Plot, area: Area, lying: boolean): Html {
  if (plot.kind === 'heat') return drawHeat(plot, area);
  if (lying) return drawHorizontalBars(plot, area);
  const frame = frameOf(plot, area);
  return html`${frame.axes}${drawMarks(plot, frame, seriesColor)}${frame.ground}`;
}

function drawNothing({ left, top, width, height }: Area): Html {
  return html`<rect
      class="edge"
      x="${left}"
      y="${top}"
      width="${width}"
      height="${height - 10}"
      rx="8"
      fill="none"
      stroke="#dde2e8"
      stroke-dasharray="6 5"
    />
    <text
      class="soft"
      x="${left + width / 2}"
      y="${top + height / 2}"
      text-anchor="middle"
      font-size="15"
      fill="#56616f"
      >no rows to show</text
    >`;
}
