/** A grid of dots, 2 by 4 in each cell of a terminal, that belong to series. */
export class Braille {
  /** In dots. */
  readonly width: number;
  readonly height: number;
  readonly #columns: number;
  readonly #dots: Uint8Array;
  /** Of each cell, the series that drew there last, from 1; 0: none. */
  readonly #owners: Uint8Array;

  constructor(columns: number, rows: number) {
    this.width = columns * 2;
    this.height = rows * 4;
    this.#columns = columns;
    this.#dots = new Uint8Array(columns * rows);
    this.#owners = new Uint8Array(columns * rows);
  }

  /** Sets the dots from one place to another, and with a ground all between them and it. */
  line(
    from: readonly [number, number],
    to: readonly [number, number],
    series: number,
    ground?: number,
  ): void {
    const steps = Math.max(
      1,
      Math.ceil(Math.max(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]))),
    );
    for (let step = 0; step <= steps; step += 1) {
      const part = step / steps;
      const x = Math.round(from[0] + (to[0] - from[0]) * part);
      const y = Math.round(from[1] + (to[1] - from[1]) * part);
      this.#set(x, y, series);
      if (ground !== undefined) this.#fill(x, y, Math.round(ground), series);
    }
  }

  /** Each row as text; `paint` gets what stands together of one series. */
  lines(paint: (text: string, series: number) => string): string[] {
    const rows = this.#dots.length / this.#columns;
    return Array.from({ length: rows }, (_, row) => this.#row(row, paint).trimEnd());
  }

  #row(row: number, paint: (text: string, series: number) => string): string {
    let text = '';
    for (let column = 0; column < this.#columns;) {
      const owner = this.#owners[row * this.#columns + column] ?? 0;
      let run = '';
      while (
        column < this.#columns &&
        (this.#owners[row * this.#columns + column] ?? 0) === owner
      ) {
        run += String.fromCharCode(0x2800 + (this.#dots[row * this.#columns + column] ?? 0));
        column += 1;
      }
      text += owner === 0 ? ' '.repeat(run.length) : paint(run, owner - 1);
    }
    return text;
  }

  #fill(x: number, y: number, ground: number, series: number): void {
    const [top, bottom] = y < ground ? [y, ground] : [ground, y];
    // Dots of what was drawn before stay its own: a stack's lower parts are drawn first.
    for (let at = top; at <= bottom; at += 1) this.#set(x, at, series, true);
  }

  #set(x: number, y: number, series: number, isBehind = false): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const cell = Math.floor(y / 4) * this.#columns + Math.floor(x / 2);
    if (isBehind && this.#owners[cell] !== 0 && this.#owners[cell] !== series + 1) return;
    this.#dots[cell] = (this.#dots[cell] ?? 0) | (bits[y % 4]?.[x % 2] ?? 0);
    this.#owners[cell] = series + 1;
  }
}

/** Of the dots of a cell, by row and column. */
const bits: readonly (readonly number[])[] = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];
