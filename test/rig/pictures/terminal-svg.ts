import { displayWidth } from '../../../lib/terminal/text.ts';

/** Cells of a row; longer lines go on in the next one. */
export const terminalColumns = 110;

/**
 * What a terminal shows after `output`, as an SVG of its own colours on light and on dark pages. Knows
 * what this project writes: colours, bold, dim, underlined, cursor up and clearing; one cell a character.
 * Throws for others.
 */
export function terminalSvg(output: string, title: string): string {
  const rows = rowsOf(output);
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const width = columns * cellWidth + 2 * margin;
  const height = rows.length * cellHeight + 2 * margin;
  const body = rows.flatMap((row, at) => spansOf(row).map((span) => drawn(span, at)));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escape(title)}</title>
<style>${style}</style>
<rect class="frame" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${body.join('\n')}
</svg>
`;
}

interface Cell {
  readonly text: string;
  /** Names of {@link style}, such as `green bold`. */
  readonly look: string;
}

interface Span extends Cell {
  readonly column: number;
  readonly cells: number;
}

const cellWidth = 8;
const cellHeight = 18;
const margin = 16;

/** Blocks are drawn, as fonts have them in other widths and with gaps; parts of a cell, in eighths. */
const parts = '▏▎▍▌▋▊▉';
const blocks = `${parts}█`;
const shade = '░';

const style = `
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2328 }
rect { fill: #1f2328 }
.frame { fill: #f6f8fa; stroke: #d1d9e0 }
.bold { font-weight: bold } .underline { text-decoration: underline }
.red { fill: #c21c2c } .green { fill: #1a7f37 } .yellow { fill: #8a5a00 }
.blue { fill: #0959c9 } .magenta { fill: #8250df } .cyan { fill: #0f6e84 }
.dim { fill: #59636e } .shade { opacity: 0.3 }
@media (prefers-color-scheme: dark) {
text, rect { fill: #e6edf3 }
.frame { fill: #0d1117; stroke: #3d444d }
.red { fill: #ff7b72 } .green { fill: #4ac26b } .yellow { fill: #d9a531 }
.blue { fill: #79b8ff } .magenta { fill: #c297ff } .cyan { fill: #56c7da }
.dim { fill: #9198a1 }
}`;

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

function rowsOf(output: string): readonly (readonly Cell[])[] {
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

function lookAfter(on: readonly string[], codes: string): readonly string[] {
  return codes.split(';').reduce((before, code) => {
    const ended = looksEnded[code];
    if (ended) return before.filter((look) => !ended.includes(look));
    const look = looks[code];
    if (look === undefined) throw new Error(`unknown look ${code}`);
    return [...before, look];
  }, on);
}

/** Neighbours of one look and kind; parts of blocks stand alone. */
function spansOf(row: readonly Cell[]): readonly Span[] {
  const spans: Span[] = [];
  for (const [column, cell] of row.entries()) {
    const last = spans.at(-1);
    const kind = kindOf(cell.text);
    const isLike = last?.look === cell.look && kindOf(last.text) === kind && !parts.includes(kind);
    if (last && isLike)
      spans[spans.length - 1] = { ...last, text: last.text + cell.text, cells: last.cells + 1 };
    else spans.push({ ...cell, column, cells: 1 });
  }
  return spans.filter(({ text }) => text.trim() !== '');
}

function kindOf(text: string): string {
  const first = text.slice(0, 1);
  return blocks.includes(first) || first === shade ? first : 'text';
}

function drawn({ text, look, column, cells }: Span, row: number): string {
  const [x, y] = [margin + column * cellWidth, margin + row * cellHeight];
  const kind = kindOf(text);
  if (kind === 'text') {
    const classes = look === '' ? '' : ` class="${look}"`;
    // Whatever the font, what stands below one another in the terminal does so here.
    return `<text x="${x}" y="${y + 13}" textLength="${cells * cellWidth}" lengthAdjust="spacingAndGlyphs"${classes}>${escape(text).replaceAll(' ', '\u00a0')}</text>`;
  }
  const classes = [look, ...(kind === shade ? ['shade'] : [])]
    .filter((name) => name !== '')
    .join(' ');
  const width =
    kind === shade ? cells * cellWidth : ((blocks.indexOf(kind) + 1) / 8) * cellWidth * cells;
  return `<rect x="${x}" y="${y + 1}" width="${width}" height="${cellHeight - 3}"${classes === '' ? '' : ` class="${classes}"`}/>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
