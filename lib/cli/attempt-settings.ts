import { parseDuration } from '../dates/duration.ts';
import { MAX_RETRIES, parseTimeout } from '../task/attempts.ts';
import type { AttemptSettings } from '../task/task.ts';
import { integer } from '../task/values.ts';

/** How long running leaves may go on after the first signal: most steps of a day are shorter. */
const DEFAULT_GRACE_MS = 30_000;

/** What the command line and the environment say about attempts; throws UsageError. */
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
