/** How many columns lines have: the first begins behind a prefix, the others are indented. */
export interface Columns {
  readonly width: number;
  readonly prefix: number;
  readonly indent: number;
}

/** The words of a usage pattern; white space inside `<…>` does not part them. */
export const patternWord = /(?:<[^>]*>|\\(?!\n)|[^\s<\\])+/g;

/**
 * Parts the words of a usage pattern into lines. A line is broken at the shallowest bracket that
 * lets it fit; `|` begins a line and a closing bracket never does.
 */
export function breakPattern(words: readonly string[], columns: Columns): string[][] {
  const lines = new Lines(columns);
  lines.place(words);
  return lines.lines;
}

/** Parts words into lines, as many in each as there is room for. */
export function breakWords(words: readonly string[], columns: Columns): string[][] {
  const lines = new Lines(columns);
  for (const word of words) lines.place([word]);
  return lines.lines;
}

class Lines {
  readonly lines: string[][] = [[]];
  readonly #columns: Columns;
  #used: number;

  constructor(columns: Columns) {
    this.#columns = columns;
    this.#used = columns.prefix;
  }

  place(words: readonly string[]): void {
    const { width, indent } = this.#columns;
    const length = words.join(' ').length;
    const isFresh = this.lines.at(-1)?.length === 0;
    if (this.#used + 1 + length <= width || (words.length < 2 && isFresh)) {
      this.#append(words, length);
    } else if (words.length < 2 || indent + length <= width) {
      this.lines.push([]);
      this.#used = indent - 1;
      this.#append(words, length);
    } else {
      for (const part of shallowestParts(words)) this.place(part);
    }
  }

  #append(words: readonly string[], length: number): void {
    this.lines.at(-1)?.push(...words);
    this.#used += 1 + length;
  }
}

/** Splits words where the fewest brackets are open; into single words when it cannot. */
function shallowestParts(words: readonly string[]): string[][] {
  const depths: number[] = [];
  let depth = 0;
  for (const word of words) {
    const brackets = word.replace(/<[^>]*>/g, '');
    depth += brackets.replace(/[^[(]/g, '').length - brackets.replace(/[^\])]/g, '').length;
    depths.push(depth);
  }
  const canBreakAfter = words.map(
    (word, index) =>
      word !== '|' && !/^[[(]+$/.test(word) && !/^[\])]/.test(words[index + 1] ?? ''),
  );
  const least = Math.min(...depths.slice(0, -1).filter((_, index) => canBreakAfter[index]));
  if (!Number.isFinite(least)) return words.map((word) => [word]);
  const parts: string[][] = [[]];
  words.forEach((word, index) => {
    parts.at(-1)?.push(word);
    const isEnd = index === words.length - 1;
    if (!isEnd && canBreakAfter[index] && depths[index] === least) parts.push([]);
  });
  return parts;
}
