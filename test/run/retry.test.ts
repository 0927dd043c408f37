import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  backoffMs,
  DEFAULT_RETRY_DELAY_MS,
  MAX_RETRY_DELAY_MS,
  policyOf,
} from '../../lib/run/retry.ts';

const retry = fc.integer({ min: 1, max: 100 });
const base = fc.integer({ min: 0, max: 86_400_000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('a delay is a whole number from 0 to the ceiling, which doubles up to the cap', () => {
  fc.assert(
    fc.property(retry, base, random, (n, baseMs, chance) => {
      const delayMs = backoffMs(n, baseMs, chance);
      expect(Number.isInteger(delayMs)).toBe(true);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThanOrEqual(baseMs * 2 ** (n - 1));
      expect(delayMs).toBeLessThanOrEqual(Math.max(MAX_RETRY_DELAY_MS, baseMs));
    }),
  );
});

test('the jitter is full: chance alone decides between nothing and the ceiling', () => {
  fc.assert(
    fc.property(retry, base, (n, baseMs) => {
      const almost = 1 - Number.EPSILON / 2;
      const ceiling = Math.min(Math.max(MAX_RETRY_DELAY_MS, baseMs), baseMs * 2 ** (n - 1));
      expect(backoffMs(n, baseMs, 0)).toBe(0);
      expect(backoffMs(n, baseMs, almost)).toBeGreaterThanOrEqual(ceiling - 1);
      expect(Math.abs(backoffMs(n, baseMs, 0.5) - ceiling / 2)).toBeLessThanOrEqual(1);
    }),
  );
});

test('what nobody said is as documented', () => {
  expect(policyOf({}, {})).toEqual({ retries: 0, retryDelayMs: DEFAULT_RETRY_DELAY_MS });
});
