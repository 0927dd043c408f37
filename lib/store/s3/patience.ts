import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../errors.ts';
import { retryNotice, s3Error, type Operation } from './error.ts';
import { faultOf, isTransient, mayHaveHappened, type S3Fault } from './fault.ts';
import type { S3Limits } from './options.ts';

/** What the retries of a store rest on. */
export interface RetryEffects {
  readonly limits: S3Limits;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Once aborted, there are no more attempts. */
  readonly signal: AbortSignal | undefined;
  /** Told of a transfer that has been failing for a while, in words for a person. */
  notice(text: string): void;
  /** Asks for new credentials, where there is a provider that has some. */
  renew(): Promise<void>;
}

/** Does an action until it succeeds, as long as its failures may pass. Throws what a person can act on. */
export async function retrying<T>(
  operation: Operation,
  effects: RetryEffects,
  action: (patience: Patience) => Promise<T>,
): Promise<T> {
  const patience = new Patience(operation, effects);
  for (;;) {
    try {
      return await action(patience);
    } catch (error) {
      await patience.after(error);
    }
  }
}

/**
 * How long to go on with one transfer. Pauses are random between nothing and a bound that doubles
 * ("full jitter", AWS Architecture Blog, "Exponential Backoff And Jitter"), or as the server says.
 */
export class Patience {
  /** Whether a failed attempt may have been carried out all the same. */
  isUncertain = false;
  readonly #operation: Operation;
  readonly #effects: RetryEffects;
  #attempts = 0;
  #idle = 0;
  #since: number;

  constructor(operation: Operation, effects: RetryEffects) {
    this.#operation = operation;
    this.#effects = effects;
    this.#since = effects.now();
  }

  /** Something came through: from here on attempts count anew. */
  progress(): void {
    this.#idle = 0;
    this.#since = this.#effects.now();
  }

  /** Waits before the next attempt, or throws if there should be none. */
  async after(error: unknown): Promise<void> {
    this.#effects.signal?.throwIfAborted();
    this.#attempts++;
    this.#idle++;
    const fault = error instanceof UserError ? undefined : faultOf(error);
    if (!fault || !this.#allows(fault)) throw s3Error(this.#operation, error, this.#attempts);
    if (mayHaveHappened(fault)) this.isUncertain = true;
    this.#tell(error);
    if (fault.code === 'ExpiredToken') await this.#effects.renew();
    await this.pause(fault.retryAfterMs);
  }

  /** Waits as long as the failures so far and the server demand. */
  async pause(atLeastMs = 0): Promise<void> {
    const { limits, signal } = this.#effects;
    const most = Math.min(limits.maxPauseMs, limits.pauseMs * 2 ** (this.#idle - 1));
    await sleep(atLeastMs + Math.random() * most, undefined, signal && { signal }).catch(() =>
      // What the timer rejects with does not tell why.
      signal?.throwIfAborted(),
    );
  }

  #tell(error: unknown): void {
    const { quietMs } = this.#effects.limits;
    if (this.#effects.now() - this.#since < quietMs) return;
    this.#effects.notice(retryNotice(this.#operation, error));
  }

  #allows(fault: S3Fault): boolean {
    const { limits } = this.#effects;
    const attempts = corrected.has(fault.code) ? MAX_CORRECTIONS : limits.attempts;
    const passes = isTransient(fault) && this.#idle < attempts;
    const then = this.#effects.now() + (fault.retryAfterMs ?? 0);
    return passes && then - this.#since < limits.budgetMs;
  }
}

/** After these the next attempt is another one: the SDK has set its clock by the reply, or asked for new credentials. */
const corrected = new Set(['RequestTimeTooSkewed', 'ExpiredToken']);

const MAX_CORRECTIONS = 3;
