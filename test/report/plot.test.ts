import { describe, expect, test } from 'vitest';
import { plotKinds } from '../../lib/plot/plot.ts';
import type { Plot, PlotKind } from '../../lib/plot/plot.ts';
import { renderPlotPage } from '../../lib/report/plot-page.ts';
import { renderSvg } from '../../lib/report/plot-svg.ts';
import { fitted, textWidth } from '../../lib/report/plot-text.ts';
import { renderPlot } from '../../lib/terminal/plot.ts';
import { displayWidth } from '../../lib/terminal/text.ts';

const hostile = '</svg><script>alert(1)</script>"\'\u001b[31m\u202e&';

function plotOf(kind: PlotKind, values: readonly (readonly (number | null)[])[]): Plot {
  return {
    kind,
    title: hostile,
    x: { name: hostile, scale: 'day' },
    y: { name: hostile, scale: 'number' },
    by: hostile,
    series: values.map((each, index) => ({
      name: `${hostile}${index}`,
      points: each.map((y, x) => ({ x: x * 86_400_000, y })),
    })),
    notes: [hostile],
  };
}

describe.each(plotKinds)('a chart: %s', (kind) => {
  const many = Array.from({ length: 8 }, (_, series) =>
    Array.from({ length: 30 }, (__, x) => (x === 7 ? null : series * 10 + x)),
  );
  test.each([
    ['many series', many],
    ['values below 0', [[-1, 2, null, -3]]],
    ['one value', [[5]]],
    ['equal values', [[5, 5, 5]]],
    ['no value', [[null, null]]],
    ['no series', []],
  ])('of %s is a whole picture without anything but text from data', (_, values) => {
    const svg = renderSvg(plotOf(kind, values));
    expect(svg).not.toMatch(/NaN|Infinity|undefined|null/);
    expect(svg).not.toContain('<script');
    expect(svg.match(/<svg\b/g)).toHaveLength(1);
    expect(svg.match(/<\/svg>/g)).toHaveLength(1);
    const page = renderPlotPage(plotOf(kind, values));
    expect(page).not.toContain('<script');
  });

  test.each([40, 80, 200, Infinity])('fits a terminal of %d cells and obeys no data', (width) => {
    for (const color of [false, true]) {
      const text = renderPlot(plotOf(kind, many), { width, color });
      // eslint-disable-next-line no-control-regex
      const plain = text.replaceAll(/\u001b\[\d+m/g, '');
      expect(['\u001b', '\u202e'].filter((character) => plain.includes(character))).toEqual([]);
      const lines = plain.split('\n').slice(2, -2);
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(Math.min(width, 110));
    }
  });

  test('of nothing says so', () => {
    expect(renderSvg(plotOf(kind, []))).toContain('no rows to show');
    expect(renderPlot(plotOf(kind, []), { width: 80, color: false })).toContain('no rows');
  });
});

test('bars lie down when their names are long', () => {
  const plot: Plot = {
    ...plotOf('bar', [[1, 2]]),
    x: { name: 'event', scale: 'category', labels: ['a'.repeat(300), 'b'] },
    series: [
      {
        name: '',
        points: [
          { x: 0, y: 1 },
          { x: 1, y: 2 },
        ],
      },
    ],
  };
  expect(renderSvg(plot)).not.toContain('rotate');
  expect(renderSvg(plot)).toMatch(/a{20,60}…/);
  expect(renderSvg({ ...plot, kind: 'line' })).toContain('rotate');
});

test('text is cut to the room that there is', () => {
  expect(fitted('short', 100)).toBe('short');
  expect(textWidth(fitted('x'.repeat(100), 100))).toBeLessThanOrEqual(100);
});
