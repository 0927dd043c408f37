/** Tells a person that transfers fail and are tried again, once in a while however many there are. */
export class Notices {
  readonly #tell: (text: string) => void;
  readonly #now: () => number;
  #last = Number.NEGATIVE_INFINITY;

  constructor(tell: (text: string) => void, now: () => number) {
    this.#tell = tell;
    this.#now = now;
  }

  say(text: string): void {
    if (this.#now() - this.#last < EVERY_MS) return;
    this.#last = this.#now();
    this.#tell(text);
  }
}

const EVERY_MS = 30_000;
