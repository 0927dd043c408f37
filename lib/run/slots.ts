import pLimit from 'p-limit';

/**
 * Bounds how many leaves run at once. A plan is read only as fast as slots come free: whoever is
 * about to add a leaf waits for room first, so that a plan of a million leaves never becomes a queue.
 */
export class Slots {
  readonly #limit;
  readonly #jobs: number;
  #freed: (() => void)[] = [];

  constructor(jobs: number) {
    this.#jobs = jobs;
    this.#limit = pLimit(jobs);
  }

  /** Resolves when a leaf that is added now starts at once. */
  async room(): Promise<void> {
    while (this.#limit.activeCount + this.#limit.pendingCount >= this.#jobs) {
      await new Promise<void>((resolve) => this.#freed.push(resolve));
    }
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await this.#limit(work);
    } finally {
      // Everyone who waits looks again; whoever comes first takes the slot.
      for (const wake of this.#freed.splice(0)) wake();
    }
  }
}
