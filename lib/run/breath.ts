import type { RunOptions } from './options.ts';

/** How long leaves may run without a turn of the event loop. */
const breathMs = 10;

/** Leaves that do next to nothing would keep signals and files waiting for the whole run. */
export class Breath {
  readonly #options: Pick<RunOptions, 'clock' | 'breathe'>;
  #takenAt = 0;

  constructor(options: Pick<RunOptions, 'clock' | 'breathe'>) {
    this.#options = options;
  }

  /** Takes a turn of the event loop, if it is time for one. */
  async take(): Promise<void> {
    const now = this.#options.clock();
    if (now - this.#takenAt < breathMs) return;
    this.#takenAt = now;
    await this.#options.breathe();
  }
}
