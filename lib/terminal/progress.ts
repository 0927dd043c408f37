import type { RunEvent } from '../ledger/events.ts';
import { formatNumber } from './format.ts';

/** The share of a run that is done, as one line, from its events alone. */
export class Progress {
  readonly #running = new Set<number>();
  #startedAt = 0;
  #total = 0;
  #finished = 0;
  #failed = 0;

  add(event: RunEvent): void {
    switch (event.type) {
      case 'run-started':
      case 'log':
      case 'invocation-retried':
      case 'run-finished':
        return;
      case 'run-planned':
        this.#total = event.leaves;
        this.#startedAt = Date.parse(event.at);
        return;
      case 'invocation-started':
        if (event.kind === 'leaf') this.#running.add(event.id);
        return;
      case 'invocation-finished':
        // A meta-task whose children failed has no error of its own.
        if (event.status === 'failed' && event.error) this.#failed += 1;
        if (event.kind === 'leaf') this.#finished += 1;
        this.#running.delete(event.id);
        return;
      default:
        event satisfies never;
    }
  }

  /** `12 of 48, 2 failed, 4 running, 120/s`; `at` in milliseconds since the epoch. */
  text(at: number): string {
    const seconds = (at - this.#startedAt) / 1000;
    const rate = seconds > 0 ? this.#finished / seconds : 0;
    return [
      // An invocation may call for more than was planned.
      `${formatNumber(this.#finished)} of ${formatNumber(Math.max(this.#total, this.#finished))}`,
      ...(this.#failed > 0 ? [`${formatNumber(this.#failed)} failed`] : []),
      `${formatNumber(this.#running.size)} running`,
      ...(rate > 0
        ? [`${formatNumber(rate < 10 ? Number(rate.toFixed(1)) : Math.round(rate))}/s`]
        : []),
    ].join(', ');
  }
}
