import { extentOf, valuesOf } from '../plot/plot.ts';
import type { Plot } from '../plot/plot.ts';
import { timeLabel } from '../plot/time-ticks.ts';
import { valueLabel } from '../plot/ticks.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { round } from './plot-frame.ts';
import type { Area } from './plot-frame.ts';
import { fitted, textWidth } from './plot-text.ts';

const MAX_NAME = 200;
const LABEL_ROOM = 26;

/** A grid of cells, darker for more; one without a value is empty, which is not 0. */
export function drawHeat(plot: Plot, area: Area): Html {
  const columns = plot.series[0]?.points.map(({ x }) => x) ?? [];
  const labels = columns.map((x) => labelOf(plot, x));
  const names =
    Math.min(MAX_NAME, Math.max(40, ...plot.series.map(({ name }) => textWidth(name)))) + 12;
  const top = area.top + 26;
  const isTurned = Math.max(0, ...labels.map((label) => textWidth(label))) > 150;
  const left = area.left + names;
  const cell = {
    width: (area.width - names) / Math.max(1, columns.length),
    height:
      (area.height - 26 - LABEL_ROOM - (isTurned ? 60 : 10)) / Math.max(1, plot.series.length),
  };
  const [least, most] = extentOf(valuesOf(plot)) ?? [0, 1];
  const share = (value: number): number =>
    most === least ? 1 : 0.08 + (0.92 * (value - least)) / (most - least);
  const grid = { left, top, cell, share };
  return html`${drawScale(plot, area, { least, most })}
    ${plot.series.map(({ name }, index) => html`<text class="text" x="${left - 8}" y="${round(top + (index + 0.5) * cell.height + 4)}" text-anchor="end" fill="#1b2430">${fitted(name, names - 12)}</text>`)}
    ${drawCells(plot, labels, grid)}
    ${drawLabels(labels, grid, top + plot.series.length * cell.height)}
    <text
      class="soft"
      x="${area.left + area.width}"
      y="${area.top + area.height - 2}"
      text-anchor="end"
      fill="#56616f"
      >${plot.x.name}</text
    >`;
}

interface Grid {
  readonly left: number;
  readonly top: number;
  readonly cell: { readonly width: number; readonly height: number };
  readonly share: (value: number) => number;
}

function labelOf({ x }: Plot, value: number): string {
  if (x.scale === 'category') return x.labels?.[value] ?? '';
  return x.scale === 'number' ? valueLabel(value) : timeLabel(value, x.scale === 'day');
}

function drawCells(
  plot: Plot,
  labels: readonly string[],
  { left, top, cell, share }: Grid,
): Html[] {
  const widest = Math.max(0, ...valuesOf(plot).map((value) => textWidth(shortValue(value), 11)));
  const isTold = cell.width > widest + 6 && cell.height >= 18;
  return plot.series.map(
    ({ name, points }, row) =>
      html`${points.map(({ y }, column) => {
        const [x, at] = [round(left + column * cell.width), round(top + row * cell.height)];
        const [width, height] = [
          round(Math.max(0.5, cell.width - 1)),
          round(Math.max(0.5, cell.height - 1)),
        ];
        const who = `${plot.by === undefined ? '' : `${name}, `}${labels[column]}`;
        if (y === null)
          return html`<rect
            class="gap"
            x="${x + 1.5}"
            y="${at + 1.5}"
            width="${Math.max(0.5, width - 3)}"
            height="${Math.max(0.5, height - 3)}"
            fill="#ffffff"
            stroke="#b4bcc6"
            stroke-dasharray="2 3"
            ><title>${who}: no value</title></rect
          >`;
        const part = share(y);
        const text = isTold
          ? html`<text
              class="${part > 0.55 ? 'on' : 'text'}"
              x="${round(x + width / 2)}"
              y="${round(at + height / 2 + 4)}"
              text-anchor="middle"
              font-size="11"
              fill="${part > 0.55 ? '#ffffff' : '#1b2430'}"
              pointer-events="none"
              >${shortValue(y)}</text
            >`
          : undefined;
        return html`<rect
            class="f s0"
            x="${x}"
            y="${at}"
            width="${width}"
            height="${height}"
            fill="#0067a9"
            fill-opacity="${Math.round(part * 100) / 100}"
            ><title>${who}: ${valueLabel(y)} ${plot.y.name}</title></rect
          >${text}`;
      })}`,
  );
}

function shortValue(value: number): string {
  return Math.abs(value) >= 10_000 ? compact.format(value) : valueLabel(value);
}

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** As many as there is room for. */
function drawLabels(labels: readonly string[], { left, cell }: Grid, bottom: number): Html[] {
  const widest = Math.max(1, ...labels.map((label) => Math.min(150, textWidth(label)))) + 10;
  const every = Math.max(1, Math.ceil(widest / cell.width));
  return labels.flatMap((label, index) =>
    index % every === 0
      ? [
          html`<text
            class="soft"
            x="${round(left + (index + 0.5) * cell.width)}"
            y="${round(bottom + 16)}"
            text-anchor="middle"
            fill="#56616f"
            >${fitted(label, Math.max(widest, cell.width) - 6)}</text
          >`,
        ]
      : [],
  );
}

/** What the colours stand for. */
function drawScale(
  plot: Plot,
  area: Area,
  { least, most }: { readonly least: number; readonly most: number },
): Html {
  const right = area.left + area.width;
  const [low, high] = [valueLabel(least), valueLabel(most)];
  const bar = right - textWidth(high) - 130;
  return html`<defs
      ><linearGradient id="scale"
        ><stop class="stop" offset="0" stop-color="#0067a9" stop-opacity="0.08" /><stop
          class="stop"
          offset="1"
          stop-color="#0067a9" /></linearGradient
    ></defs>
    <text class="soft" x="${bar - 8}" y="${area.top + 8}" text-anchor="end" fill="#56616f"
      >${plot.y.name} ${low}</text
    >
    <rect x="${bar}" y="${area.top - 2}" width="120" height="12" rx="3" fill="url(#scale)" />
    <text class="soft" x="${right}" y="${area.top + 8}" text-anchor="end" fill="#56616f"
      >${high}</text
    >`;
}
