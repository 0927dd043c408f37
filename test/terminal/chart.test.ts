import fc from 'fast-check';
import { expect, test } from 'vitest';
import { barOf, sparkOf } from '../../lib/terminal/chart.ts';

test.each([
  [8, '██'],
  [5, '█▎'],
  [4, '█'],
  [1, '▎'],
  [0.001, '▏'],
  [0, ''],
  [-3, ''],
  [Number.NaN, ''],
])('%d of 8 in two cells is %s', (value, bar) => {
  expect(barOf(value, 8, 2)).toBe(bar);
});

test('a bar is never longer than its room, and a greater value never has a shorter one', () => {
  const value = fc.double({ min: 0, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(value, value, fc.nat(30), (a, b, width) => {
      const [small, large] = [Math.min(a, b), Math.max(a, b)];
      expect(barOf(small, large, width).length).toBeLessThanOrEqual(
        barOf(large, large, width).length,
      );
      expect(barOf(large, large, width).length).toBeLessThanOrEqual(width);
    }),
  );
});

test('a sparkline has a cell per number and a space where none is known', () => {
  expect(sparkOf([1, 2, 3, 4, 5, 6, 7, 8], 10)).toBe('▁▂▃▄▅▆▇█');
  expect(sparkOf([0, null, 1], 10)).toBe('▁ █');
  expect(sparkOf([0, 0], 10)).toBe('▁▁');
  expect(sparkOf([], 10)).toBe('');
});

test('a list longer than its room keeps its shape', () => {
  const year = Array.from({ length: 365 }, (_, day) => day);
  expect(sparkOf(year, 8)).toBe('▁▂▃▄▅▆▇█');
  expect(sparkOf([null, null, 4, 4], 2)).toBe(' █');
});
