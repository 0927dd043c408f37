interface Point {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ended: number;
}

/** A window is at least so long, and has so many leaves: one that ended in a moment says little. */
const windowMs = 10_000;
const windowLeaves = 10;
/** Before that any rate is chance. */
const firstMs = 1000;

/**
 * How fast a run goes of late: over the last one to two windows. What was skipped in the beginning
 * does not make the rest look quick, and when nothing ends any more the rate falls.
 */
export class Pace {
  #from: Point;
  #next: Point;

  /** `at` in milliseconds since the epoch, when nothing had ended. */
  constructor(at: number) {
    this.#from = { at, ended: 0 };
    this.#next = this.#from;
  }

  /** Leaves a second; undefined while too little is known. */
  rate(at: number, ended: number): number | undefined {
    if (at - this.#next.at >= windowMs && ended - this.#next.ended >= windowLeaves) {
      this.#from = this.#next;
      this.#next = { at, ended };
    }
    const durationMs = at - this.#from.at;
    const count = ended - this.#from.ended;
    return durationMs >= firstMs && count > 0 ? (count * 1000) / durationMs : undefined;
  }
}
