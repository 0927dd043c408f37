import { timeLabel } from '../plot/time-ticks.ts';
import type { Plot } from '../plot/plot.ts';
import { valueLabel } from '../plot/ticks.ts';
import { html, raw } from './html.ts';
import type { Html } from './html.ts';
import { renderSvg } from './plot-svg.ts';

/** More rows than these make a page slow; the data has them all. */
const MAX_ROWS = 2000;

/** A chart as one HTML page that needs nothing else: the picture, and its numbers as a table below. */
export function renderPlotPage(plot: Plot): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${plot.title}</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        <main>
          <figure>${raw(renderSvg(plot))}</figure>
          ${tableOf(plot)}
        </main>
      </body>
    </html> `.toString();
}

function tableOf(plot: Plot): Html {
  const rows = plot.series.flatMap(({ name, points }) =>
    points.map(({ x, y }) => ({ name, x: xText(plot, x), y })),
  );
  const left = rows.length > MAX_ROWS ? `, the first ${MAX_ROWS}` : '';
  return html`<details>
    <summary>${rows.length} values${left}</summary>
    <table>
      <thead>
        <tr>
          ${plot.by === undefined ? undefined : html`<th scope="col">${plot.by}</th>`}
          <th scope="col">${plot.x.name}</th>
          <th scope="col" class="n">${plot.y.name}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.slice(0, MAX_ROWS).map(
          ({ name, x, y }) =>
            html`<tr>
              ${plot.by === undefined ? undefined : html`<td>${name}</td>`}
              <td>${x}</td>
              <td class="n">${y === null ? '–' : valueLabel(y)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </details>`;
}

function xText({ x }: Plot, value: number): string {
  if (x.scale === 'category') return x.labels?.[value] ?? '';
  return x.scale === 'number' ? valueLabel(value) : timeLabel(value, x.scale === 'day');
}

const style = `
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 1100px; padding: 20px; background: #f6f7f9; color: #1b2430; font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; }
figure { margin: 0 0 16px; border: 1px solid #dde2e8; border-radius: 12px; overflow: hidden; background: #fff; }
svg { display: block; width: 100%; height: auto; }
summary { cursor: pointer; padding: 4px 0; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: 4px 16px 4px 0; border-bottom: 1px solid #dde2e8; text-align: left; font-weight: 400; overflow-wrap: anywhere; }
th { color: #56616f; }
.n { text-align: right; }
@media (prefers-color-scheme: dark) {
  body { background: #0c0f13; color: #e6eaf0; }
  figure { background: #12161c; border-color: #323b47; }
  th, td { border-color: #323b47; }
  th { color: #a4afbd; }
}`;
