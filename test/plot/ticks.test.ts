import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isStacked, reachOf } from '../../lib/plot/plot.ts';
import type { Plot } from '../../lib/plot/plot.ts';
import { numberTicks } from '../../lib/plot/ticks.ts';
import { timeTicks } from '../../lib/plot/time-ticks.ts';

const DAY = 24 * 3600 * 1000;

describe('ticks of numbers', () => {
  test.each([
    [0, 100, ['0', '20', '40', '60', '80', '100']],
    [-3, 7, ['-4', '-2', '0', '2', '4', '6', '8']],
    [0, 12_300, ['0', '5k', '10k', '15k']],
    [0, 1.4, ['0', '0.5', '1.0', '1.5']],
    [5, 5, ['0', '1', '2', '3', '4', '5']],
    [0, 0, ['0', '0.2', '0.4', '0.6', '0.8', '1.0']],
  ])('from %d to %d are round', (least, most, labels) => {
    const count = least === most || most === 100 || most === 7 ? 5 : 3;
    expect(numberTicks(least, most, count).map(({ label }) => label)).toEqual(labels);
  });

  test('reach over everything, are few, and differ in their labels', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 });
    fc.assert(
      fc.property(number, number, (a, b) => {
        const [least, most] = a < b ? [a, b] : [b, a];
        fc.pre(most - least > Math.abs(most) * 1e-6 && most - least > 1e-3);
        const ticks = numberTicks(least, most, 6);
        const slack = (most - least) * 1e-6;
        expect(ticks[0]?.value).toBeLessThanOrEqual(least + slack);
        expect(ticks.at(-1)?.value).toBeGreaterThanOrEqual(most - slack);
        expect(ticks.length).toBeLessThanOrEqual(9);
        expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length);
      }),
    );
  });
});

describe('ticks of times', () => {
  const labels = (from: string, to: string, count: number, isDay = true) =>
    timeTicks(Date.parse(from), Date.parse(to), { count, isDay }).map(({ label }) => label);

  test('are days, Mondays, months and years', () => {
    expect(labels('2026-11-17', '2026-11-20', 8)).toEqual(['Nov 17', 'Nov 18', 'Nov 19', 'Nov 20']);
    expect(labels('2026-11-01', '2026-11-30', 6)).toEqual([
      'Nov 2',
      'Nov 9',
      'Nov 16',
      'Nov 23',
      'Nov 30',
    ]);
    expect(labels('2025-11-15', '2026-03-15', 6)).toEqual(['Dec', '2026', 'Feb', 'Mar']);
    expect(labels('2010-01-01', '2026-01-01', 6)).toEqual(['2010', '2015', '2020', '2025']);
  });

  test('are hours where there are any, with the day at midnight', () => {
    const day = ['2026-11-19T12:00Z', '2026-11-20T12:00Z'] as const;
    expect(labels(...day, 6, false)).toEqual(['12:00', '18:00', 'Nov 20', '06:00', '12:00']);
    expect(labels(...day, 6)).toEqual(['Nov 20']);
  });

  test('lie within the range and are not too many', () => {
    const time = fc.integer({ min: -60_000 * DAY, max: 60_000 * DAY });
    fc.assert(
      fc.property(time, time, fc.boolean(), (a, b, isDay) => {
        const [least, most] = a < b ? [a, b] : [b, a];
        const ticks = timeTicks(least, most, { count: 8, isDay });
        expect(ticks.length).toBeLessThanOrEqual(9);
        expect(ticks.every(({ value }) => value >= least && value <= most)).toBe(true);
      }),
    );
  });
});

describe('the reach of y', () => {
  const plot = (kind: Plot['kind'], ...values: readonly (readonly (number | null)[])[]): Plot => ({
    kind,
    title: '',
    x: { name: 'x', scale: 'number' },
    y: { name: 'y', scale: 'number' },
    series: values.map((each, index) => ({
      name: String(index),
      points: each.map((y, x) => ({ x, y })),
    })),
    notes: [],
  });

  test('is that of the sums where series stand on each other', () => {
    const stacked = plot('area', [1, 2], [3, null]);
    expect(isStacked(stacked)).toBe(true);
    expect(reachOf(stacked)).toEqual([0, 4]);
    expect(isStacked(plot('area', [1, -2], [3, null]))).toBe(false);
  });

  test('of bars begins at 0, of a line only where that is near', () => {
    expect(reachOf(plot('bar', [5, 9]))).toEqual([0, 9]);
    expect(reachOf(plot('line', [5, 9]))).toEqual([0, 9]);
    expect(reachOf(plot('line', [1000, 1004]))).toEqual([1000, 1004]);
  });

  test('is none without a value', () => {
    expect(reachOf(plot('line', [null]))).toBeUndefined();
    expect(reachOf(plot('bar'))).toBeUndefined();
  });
});
