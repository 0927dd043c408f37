import { displayWidth } from '../../../lib/terminal/text.ts';

/** What stands in one cell of a terminal. */
export interface Cell {
  readonly text: string;
  /** Names such as `bold green`. */
  readonly look: string;
}

/** Cells of a row; longer lines go on in the next one. */
export const terminalColumns = 127;

/**
 * The rows that a terminal shows after `output`. Knows what this project writes: colours, bold, dim,
 * underlined, cursor up and clearing; one cell a character. Throws for others.
 */
export function rowsOf(output: string): readonly (readonly Cell[])[] {
  const rows: Cell[][] = [[]];
  let [row, column] = [0, 0];
  let on: readonly string[] = [];
  // eslint-disable-next-line no-control-regex
  for (const [token] of output.matchAll(/\x1b\[[?\d;]*[a-zA-Z]|\P{M}\p{M}*/gu)) {
    const here = (rows[row] ??= []);
    const [, digits = '', control = token] = /^.\[(\??[\d;]*)(\D)$/.exec(token) ?? [];
    if (control === '\r') column = 0;
    else if (control === '\n') [row, column] = [row + 1, 0];
    else if (token === control && displayWidth(token) === 1) {
      if (column === terminalColumns) [row, column] = [row + 1, 0];
      const there = (rows[row] ??= []);
      while (there.length < column) there.push({ text: ' ', look: '' });
      there[column++] = { text: token, look: on.join(' ') };
    } else if (control === 'm') on = lookAfter(on, digits);
    else if (control === 'A') row = Math.max(0, row - Number(digits || 1));
    else if (control === 'K' || control === 'J') {
      here.length = Math.min(here.length, column);
      if (control === 'J') rows.length = row + 1;
    } else if (!digits.startsWith('?')) throw new Error(`unknown ${JSON.stringify(token)}`);
  }
  while (rows.at(-1)?.length === 0) rows.pop();
  return rows;
}

const looks: Readonly<Record<string, string>> = {
  '1': 'bold',
  '2': 'dim',
  '4': 'underline',
  '31': 'red',
  '32': 'green',
  '33': 'yellow',
  '34': 'blue',
  '35': 'magenta',
  '36': 'cyan',
};

const looksEnded: Readonly<Record<string, readonly string[]>> = {
  '': Object.values(looks),
  '0': Object.values(looks),
  '22': ['bold', 'dim'],
  '24': ['underline'],
  '39': ['red', 'green', 'yellow', 'blue', 'magenta', 'cyan'],
};

function lookAfter(on: readonly string[], codes: string): readonly string[] {
  return codes.split(';').reduce((before, code) => {
    const ended = looksEnded[code];
    if (ended) return before.filter((look) => !ended.includes(look));
    const look = looks[code];
    if (look === undefined) throw new Error(`unknown look ${code}`);
    return [...before, look];
  }, on);
}
