import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationText, MAX_DURATION_MS, parseDuration } from '../../lib/dates/duration.ts';
import { UsageError } from '../../lib/errors.ts';

test.each([
  ['0s', 0],
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
])('%s is %d ms', (text, durationMs) => {
  expect(parseDuration(text, '--timeout')).toBe(durationMs);
});

test.each([
  ['30', "--timeout: '30' has no unit; write a whole number and ms, s, m, h or d, for example 30s"],
  ['', "--timeout: '' is not a duration; write a whole number"],
  ['1.5s', "--timeout: '1.5s' is not a duration"],
  ['-1s', "--timeout: '-1s' is not a duration"],
  ['5 m', "--timeout: '5 m' is not a duration"],
  ['5M', "--timeout: '5M' is not a duration"],
  ['25d', "--timeout: '25d' is too long; write at most 24d"],
  ['999999999999999999999h', 'is too long'],
])("'%s' is refused", (text, message) => {
  expect(() => parseDuration(text, '--timeout')).toThrow(UsageError);
  expect(() => parseDuration(text, '--timeout')).toThrow(message);
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MAX_DURATION_MS }), (durationMs) => {
      expect(parseDuration(durationText(durationMs), '--timeout')).toBe(durationMs);
    }),
  );
  expect([90_000, 7_200_000, 1500, 0].map(durationText)).toEqual(['90s', '2h', '1500ms', '0ms']);
});
