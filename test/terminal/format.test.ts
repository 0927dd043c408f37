import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
} from '../../lib/terminal/format.ts';

test.each([
  [0, '0'],
  [999, '999'],
  [1234567, '1,234,567'],
  [-1234.5, '-1,234.5'],
  [0.256, '0.26'],
])('number %d is %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test.each([
  [0, '0 days'],
  [1, '1 day'],
  [2000, '2,000 days'],
])('%d counted is %s', (count, text) => {
  expect(formatCount(count, 'day')).toBe(text);
});

test('an irregular plural is given', () => {
  expect(formatCount(2, 'entry', 'entries')).toBe('2 entries');
});

test.each([
  [-5, '0 ms'],
  [0.4, '0 ms'],
  [999, '999 ms'],
  [999.6, '1.0 s'],
  [1249, '1.2 s'],
  [59_949, '59.9 s'],
  [59_950, '1 m 00 s'],
  [65_000, '1 m 05 s'],
  [3_599_499, '59 m 59 s'],
  [3_599_500, '1 h 00 m'],
  [7_380_000, '2 h 03 m'],
  [86_399_000, '1 d 00 h'],
  [273_600_000, '3 d 04 h'],
])('%d ms is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [1540, '1.5 kB'],
  [9_960, '10 kB'],
  [12_345_678, '12 MB'],
  [999_499, '999 kB'],
  [999_999, '1 MB'],
  [2e18, '2000 PB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
