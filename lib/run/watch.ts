/** Longer than anybody pauses between two looks; a longer gap means that we ourselves stood still. */
const MAX_GAP_MS = 2000;

/**
 * Watches whether something changes. Only time in which we looked counts, measured by our own
 * clock: no two machines need agree on the time, and one that was suspended accuses nobody.
 */
export class Watch {
  readonly #elapsed: () => number;
  #etag: string | undefined;
  #lookedAt: number | undefined;
  #quietMs = 0;
  #totalMs = 0;
  #changes = 0;

  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  /** How often it has changed since the first look. */
  get changes(): number {
    return this.#changes;
  }

  get totalMs(): number {
    return this.#totalMs;
  }

  /** Takes a look; returns for how many milliseconds it has not changed. */
  see(etag: string): number {
    const now = this.#elapsed();
    const gapMs = Math.min(now - (this.#lookedAt ?? now), MAX_GAP_MS);
    this.#lookedAt = now;
    this.#totalMs += gapMs;
    if (this.#etag !== undefined && this.#etag !== etag) {
      this.#changes++;
      this.#quietMs = 0;
    } else this.#quietMs += gapMs;
    this.#etag = etag;
    return this.#quietMs;
  }
}
