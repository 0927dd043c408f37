import { displayWidth } from '../../lib/terminal/text.ts';

/**
 * A terminal as far as a live view uses one, which knows no emoji of several characters: text, line breaks, cursor up, clearing, and whether the
 * cursor is seen. Lines that leave the screen at the top are kept. Throws for a sequence it does not know.
 */
export class Screen {
  columns: number;
  readonly rows: number;
  isCursorShown = true;
  #isWrapping = true;
  /** Rows from the first one ever written; the last `rows` of them are on the screen. */
  readonly #cells: string[][] = [[]];
  #top = 0;
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    // eslint-disable-next-line no-control-regex
    for (const [token] of text.matchAll(/\x1b\[[?\d;]*[a-zA-Z]|\r|\n|\P{M}\p{M}*/gu)) {
      if (token.startsWith('\x1b[')) this.#control(token.slice(2));
      else if (token === '\r') this.#column = 0;
      else if (token === '\n') this.#feed();
      else this.#put(token);
    }
  }

  /** Breaks the rows that are too long for the new width, as most terminals do. The cursor is below them. */
  narrow(columns: number): void {
    this.columns = columns;
    const rows = this.#cells.flatMap((row) => {
      const parts = Math.max(1, Math.ceil(row.length / columns));
      return Array.from({ length: parts }, (_, at) => row.slice(at * columns, (at + 1) * columns));
    });
    this.#row += rows.length - this.#cells.length;
    this.#cells.splice(0, this.#cells.length, ...rows);
    this.#top = Math.max(this.#top, this.#row - this.rows + 1);
  }

  /** What can be read, with what has scrolled away; without spaces at the ends. */
  text(): string {
    return this.#cells
      .map((row) => row.join('').trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** The row of the cursor, from 0, and its cell. */
  cursor(): readonly [row: number, column: number] {
    return [this.#row, this.#column];
  }

  #control(sequence: string): void {
    const [, digits = '', letter] = /^\??(\d*)(?:;\d+)*([a-zA-Z])$/.exec(sequence) ?? [];
    if (letter === 'm') return;
    if (letter === 'A') this.#row = Math.max(this.#top, this.#row - Number(digits || 1));
    else if (letter === 'K') this.#clearRow();
    else if (letter === 'J') {
      this.#clearRow();
      this.#cells.length = this.#row + 1;
    } else if (sequence === '?25l' || sequence === '?25h') {
      this.isCursorShown = sequence === '?25h';
    } else if (sequence === '?7l' || sequence === '?7h') this.#isWrapping = sequence === '?7h';
    else throw new Error(`unknown sequence ESC[${sequence}`);
  }

  #clearRow(): void {
    const row = this.#current();
    row.length = Math.min(row.length, this.#column);
  }

  /** As with ONLCR: a line feed goes to the first cell, too. */
  #feed(): void {
    this.#column = 0;
    this.#row++;
    this.#current();
    this.#top = Math.max(this.#top, this.#row - this.rows + 1);
  }

  #put(grapheme: string): void {
    const width = displayWidth(grapheme);
    if (this.#column + width > this.columns) {
      if (this.#isWrapping) this.#feed();
      else this.#column = Math.max(0, this.columns - width);
    }
    const row = this.#current();
    while (row.length < this.#column) row.push(' ');
    row[this.#column] = grapheme;
    if (width === 2) row[this.#column + 1] = '';
    this.#column += width;
  }

  #current(): string[] {
    while (this.#cells.length <= this.#row) this.#cells.push([]);
    return this.#cells[this.#row] ?? [];
  }
}
