import { UserError } from '../errors.ts';
import type { AttemptSettings } from '../task/task.ts';
import type { RunOptions } from './options.ts';

/** What holds for one leaf once the command line and its task have been asked. */
export interface AttemptPolicy {
  /** How often a failed attempt is followed by another one. */
  readonly retries: number;
  /** The most that is waited before the first retry; doubles with each one. */
  readonly retryDelayMs: number;
  /** How long an attempt may take; without end unless given. */
  readonly timeoutMs?: number;
}

/** Long enough for a dropped connection, short enough that nobody minds. */
export const DEFAULT_RETRY_DELAY_MS = 1000;
/** More would only idle: what is down for longer is better found by the next run. */
export const MAX_RETRY_DELAY_MS = 300_000;

/** The command line stands above the task's definition, and that above the project's defaults. */
export function policyOf(
  { retries, retryDelayMs, timeoutMs }: AttemptSettings,
  given: AttemptSettings,
  defaults: AttemptSettings = {},
): AttemptPolicy {
  const limitMs = given.timeoutMs ?? timeoutMs ?? defaults.timeoutMs;
  return {
    retries: given.retries ?? retries ?? defaults.retries ?? 0,
    retryDelayMs:
      given.retryDelayMs ?? retryDelayMs ?? defaults.retryDelayMs ?? DEFAULT_RETRY_DELAY_MS,
    ...(limitMs !== undefined && { timeoutMs: limitMs }),
  };
}

/**
 * How long to wait before a retry (the first is 1): exponential backoff with full jitter, after Marc
 * Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015. Anything from 0 to the
 * ceiling, so that leaves that failed together do not come back together. `random` is in [0, 1).
 */
export function backoffMs(retry: number, baseMs: number, random: number): number {
  // A base above the cap was asked for.
  const cap = Math.max(MAX_RETRY_DELAY_MS, baseMs);
  return Math.floor(random * Math.min(cap, baseMs * 2 ** (retry - 1)));
}

export interface RetryEffects<Result> {
  readonly attempt: () => Promise<Result>;
  /** Whether the run takes no new leaves, so that there are no new attempts either. */
  readonly stopped: () => boolean;
  /** Told before each wait. */
  readonly retrying: (error: UserError, delayMs: number) => void;
}

/**
 * Attempts once, and again while errors say that another attempt may succeed and any are left.
 * Throws the error of the last attempt. Whoever waits keeps its slot: a store in trouble is then
 * never asked by more leaves than usual, and there is nothing to put back in line.
 */
export async function withRetries<Result>(
  { retries, retryDelayMs }: AttemptPolicy,
  options: Pick<RunOptions, 'sleep' | 'random' | 'stop'>,
  { attempt, stopped, retrying }: RetryEffects<Result>,
): Promise<Result> {
  for (let retry = 1; ; retry++) {
    try {
      return await attempt();
    } catch (error) {
      if (retry > retries || !isRetryable(error) || stopped()) throw error;
      const delayMs = backoffMs(retry, retryDelayMs, options.random());
      retrying(error, delayMs);
      await options.sleep(delayMs, options.stop);
      if (stopped()) throw error;
    }
  }
}

/** What is not known to pass by itself, a bug above all, would only fail again. */
function isRetryable(error: unknown): error is UserError {
  return error instanceof UserError && error.retryable;
}
