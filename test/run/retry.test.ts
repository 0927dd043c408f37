import fc from 'fast-check';
import { expect, test } from 'vitest';
import { duckdbError } from '../../lib/engine/duckdb-error.ts';
import { NoDataError, UserError } from '../../lib/errors.ts';
import { LockedError } from '../../lib/run/locked.ts';
import { TimeoutError } from '../../lib/run/bounds.ts';
import {
  backoffMs,
  DEFAULT_RETRY_DELAY_MS,
  MAX_RETRY_DELAY_MS,
  policyOf,
  withRetries,
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

test('the command line stands above the task, and the task above its project', () => {
  const said = { retries: 1, retryDelayMs: 10, timeoutMs: 100 };
  const task = { retries: 2, timeoutMs: 200 };
  const project = { retries: 3, retryDelayMs: 30, timeoutMs: 300 };
  expect(policyOf(task, said, project)).toEqual(said);
  expect(policyOf(task, {}, project)).toEqual({ ...task, retryDelayMs: 30 });
  expect(policyOf({}, {}, project)).toEqual(project);
});

test.each([
  ['a lost connection', new UserError('reset', { retryable: true }), true],
  ['a step that took too long', new TimeoutError(1), true],
  // It would meet the same memory, disk or query again.
  ['an engine out of memory', duckdbError('duckdb', new Error('Out of Memory Error: x')), false],
  ['a full disk', duckdbError('duckdb', new Error('IO Error: No space left on device')), false],
  ['a query that is wrong', duckdbError('duckdb', new Error('Binder Error: x')), false],
  ['an interrupted query', duckdbError('duckdb', new Error('INTERRUPT Error: x')), false],
  ["another run's lease", new LockedError('locked'), false],
  ['missing data', new NoDataError('no data'), false],
  ['a bug', new TypeError('undefined is not a function'), false],
])('of %s another attempt is made only where it may help', async (_what, error, isRetried) => {
  let attempts = 0;
  const retrying = withRetries(
    { retries: 2, retryDelayMs: 1 },
    { sleep: () => Promise.resolve(), random: () => 0, stop: new AbortController().signal },
    {
      attempt() {
        attempts++;
        return Promise.reject(error);
      },
      stopped: () => false,
      retrying: () => undefined,
    },
  );
  await expect(retrying).rejects.toBe(error);
  expect(attempts).toBe(isRetried ? 3 : 1);
});
