import { parseDuration } from '../dates/duration.ts';
import { UsageError } from '../errors.ts';
import { MAX_RETRIES, parseTimeout } from '../task/attempts.ts';
import type { AttemptSettings, Isolate } from '../task/task.ts';
import { integer, oneOf } from '../task/values.ts';

/** How long running leaves may go on after the first signal: most steps of a day are shorter. */
const DEFAULT_GRACE_MS = 30_000;

/** What somebody says about attempts; throws UsageError. */
export function attemptSettings(given: (name: string) => string | undefined): AttemptSettings {
  const [retries, delay, timeout] = ['retries', 'retry-delay', 'timeout'].map(given);
  return {
    ...(retries !== undefined && {
      retries: integer(retries, { option: '--retries', min: 0, max: MAX_RETRIES }),
    }),
    ...(delay !== undefined && { retryDelayMs: parseDuration(delay, '--retry-delay') }),
    ...(timeout !== undefined && { timeoutMs: parseTimeout(timeout, '--timeout') }),
  };
}

/** How long the first signal leaves to what is running. */
export function graceMs(given: (name: string) => string | undefined): number {
  const grace = given('grace');
  return grace === undefined ? DEFAULT_GRACE_MS : parseDuration(grace, '--grace');
}

/** Where leaves run. */
export interface Isolation {
  /** Stands above what tasks say. */
  readonly isolate?: Isolate;
  /** For the heap of each process that leaves are isolated in. */
  readonly maxMemoryMiB?: number;
}

/** Throws UsageError. */
export function isolateSetting(
  given: (name: string) => string | undefined,
): Pick<Isolation, 'isolate'> {
  const isolate = given('isolate');
  return isolate === undefined ? {} : { isolate: oneOf(isolate, ['process', 'none'], '--isolate') };
}

/** Throws UsageError. */
export function memorySetting(
  given: (name: string) => string | undefined,
): Pick<Isolation, 'maxMemoryMiB'> {
  const memory = given('max-memory');
  return memory === undefined ? {} : { maxMemoryMiB: parseMemory(memory) };
}

/** Less than Node needs to start with would fail every leaf. */
const LEAST_MEMORY_MIB = 32;

/** `512m`, `2g`: powers of 1024, as Node and DuckDB count memory. */
function parseMemory(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})(m|g)b?$/i.exec(text) ?? [];
  const mebibytes = Number(count) * (unit.toLowerCase() === 'g' ? 1024 : 1);
  if (count !== '' && mebibytes >= LEAST_MEMORY_MIB) return mebibytes;
  throw new UsageError(
    `--max-memory: '${text}' is not a size of ${LEAST_MEMORY_MIB}m or more; write for example 512m or 2g`,
  );
}
