import type { RunEvent } from '../ledger/events.ts';
import { LiveArea } from './live-area.ts';
import type { AreaOptions } from './live-area.ts';
import { liveLines, planLines } from './live-lines.ts';
import { Progress } from './progress.ts';

export interface LiveViewOptions extends AreaOptions {
  /** Rows of the terminal now. */
  readonly rows: () => number;
  /** Whether the run takes no new leaves any more. */
  readonly isStopping: () => boolean;
}

/** A run that is over at once needs no view of it. */
const firstMs = 200;
/** The age of what runs is told in seconds. */
const idleMs = 1000;

/** Shows a run while it goes on. Reads no clock: events have times, and looks are told theirs. */
export class LiveView {
  readonly #options: LiveViewOptions;
  readonly #area: LiveArea;
  readonly #progress = new Progress();
  #startedAt: number | undefined;
  /** Leaves of a plan that is read still. */
  #read: number | undefined;
  #paintedAt = 0;
  #hasNews = false;

  constructor(options: LiveViewOptions) {
    this.#options = options;
    this.#area = new LiveArea(options);
  }

  /** The plan has so many leaves so far. */
  planning(leaves: number, at: number): void {
    this.#startedAt ??= at;
    this.#read = leaves;
    this.#hasNews = true;
  }

  /** Costs no more than counting; what is seen changes with the next look. */
  report(event: RunEvent): void {
    this.#progress.add(event);
    this.#hasNews = true;
    if (event.type === 'run-planned') this.#began(event.at);
    if (event.type === 'run-finished') this.close();
  }

  /** To be called ten times a second, with the time in milliseconds since the epoch. */
  look(at: number): void {
    if (this.#startedAt === undefined || at - this.#startedAt < firstMs) return;
    if (!this.#hasNews && at - this.#paintedAt < idleMs) return;
    this.#hasNews = false;
    this.#paintedAt = at;
    const { isStopping, columns, rows } = this.#options;
    const size = { columns: columns(), rows: rows() };
    const options = { at, ...size, isStopping: isStopping() };
    this.#area.paint(
      this.#read === undefined
        ? liveLines(this.#progress, options)
        : planLines(this.#read, options),
    );
  }

  #began(at: string): void {
    this.#startedAt = Date.parse(at);
    this.#read = undefined;
  }

  /** The size of the terminal has changed. */
  resized(at: number): void {
    this.#hasNews = true;
    this.look(at);
  }

  /** The process was stopped and goes on: the shell has written meanwhile. */
  resumed(at: number): void {
    this.#area.lose();
    this.resized(at);
  }

  /** See {@link LiveArea.around}. */
  around<Result>(text: string | Uint8Array, write: () => Result): Result {
    return this.#area.around(text, write);
  }

  /** Takes the view off the screen for good. */
  close(): void {
    this.#startedAt = undefined;
    this.#area.clear();
  }
}
