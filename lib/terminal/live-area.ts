import type { Colors } from './closing.ts';
import { widthOf } from './live-lines.ts';
import type { Line } from './live-lines.ts';

/** How the lines at the lower end of a terminal are kept there. */
export interface AreaOptions {
  readonly write: (text: string) => unknown;
  /** Cells of a row now. */
  readonly columns: () => number;
  readonly colors: Colors;
}

/** What may be said between two looks before the area stays away until the next one. */
const maxRepaints = 20;

/**
 * Lines that are rewritten in place, below everything else that is written. The cursor waits on the
 * row below them and stays visible, so that whatever ends the process leaves a usable terminal.
 */
export class LiveArea {
  readonly #options: AreaOptions;
  /** Cells of each line on the screen. */
  #widths: readonly number[] = [];
  #frame = '';
  #isShown = false;
  /** Whether somebody else's line has not ended yet. */
  #isMidLine = false;
  #repaints = 0;

  constructor(options: AreaOptions) {
    this.#options = options;
  }

  /** Shows these lines in place of those before. */
  paint(lines: readonly Line[]): void {
    // Terminals differ in the cells of an emoji: without wrapping a line stays a line all the same.
    const text = lines.map((line) => `${this.#text(line)}\x1b[K\n`).join('');
    const frame = `\x1b[?7l${text}\x1b[?7h`;
    this.#repaints = 0;
    if (this.#isMidLine || (this.#isShown && frame === this.#frame)) return;
    this.#options.write(`${this.#up()}${frame}\x1b[J`);
    this.#frame = frame;
    this.#widths = lines.map(widthOf);
    this.#isShown = true;
  }

  /** Makes way for text that stays above; `write` writes it. */
  around<Result>(text: string | Uint8Array, write: () => Result): Result {
    const hasArea = this.#frame !== '';
    this.#erase();
    const result = write();
    this.#isMidLine = text.length > 0 ? !isEnded(text) : this.#isMidLine;
    if (hasArea && !this.#isMidLine && this.#repaints++ < maxRepaints) {
      this.#options.write(this.#frame);
      this.#isShown = true;
    }
    return result;
  }

  /** Forgets what is on the screen: something else has written there. */
  lose(): void {
    this.#isShown = false;
  }

  clear(): void {
    this.#erase();
    this.#frame = '';
  }

  #erase(): void {
    if (this.#isShown) this.#options.write(`${this.#up()}\x1b[J`);
    this.#isShown = false;
  }

  /** To the first row of the area. A terminal that got narrower has broken its lines. */
  #up(): string {
    if (!this.#isShown) return '';
    const columns = Math.max(1, this.#options.columns());
    const rows = this.#widths.reduce(
      (sum, width) => sum + Math.max(1, Math.ceil(width / columns)),
      0,
    );
    return `\r\x1b[${rows}A`;
  }

  #text(line: Line): string {
    const { colors } = this.#options;
    return line.map(({ text, color }) => (color ? colors[color](text) : text)).join('');
  }
}

function isEnded(text: string | Uint8Array): boolean {
  return typeof text === 'string' ? text.endsWith('\n') : text.at(-1) === 10;
}
