import type { Status } from '../ledger/events.ts';

export type Counts = Record<Status, number>;

export function noCounts(): Counts {
  return { done: 0, skipped: 0, 'no-data': 0, failed: 0, cancelled: 0 };
}

/** From the one that says most about a group to the one that says least. */
const order: readonly Status[] = ['failed', 'cancelled', 'no-data', 'done', 'skipped'];

/** The children of a meta-task that are under way, as counts, so that a million of them cost nothing. */
export class Tally {
  readonly #counts = noCounts();
  #open = 0;
  #wake: (() => void) | undefined;

  add(outcome: Promise<{ readonly status: Status }>): void {
    this.#open++;
    void outcome.then(({ status }) => {
      this.#counts[status]++;
      this.#open--;
      if (this.#open === 0) this.#wake?.();
    });
  }

  /** Waits for every child and says what became of them together. Nothing at all is `done`. */
  async settled(): Promise<Status> {
    if (this.#open > 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return order.find((status) => this.#counts[status] > 0) ?? 'done';
  }
}
