import { rowsOf } from './terminal-rows.ts';
import type { Cell } from './terminal-rows.ts';

/** What a terminal shows after `output`, as an SVG that has colours of its own on light and on dark pages. */
export function terminalSvg(output: string, title: string): string {
  const rows = rowsOf(output);
  const columns = Math.max(0, ...rows.map((row) => row.length));
  return framed(marksOf(rows).join('\n'), { title, columns, rows: rows.length, style });
}

/** Cells of what is framed. */
export interface Frame {
  readonly title: string;
  readonly columns: number;
  readonly rows: number;
  readonly style: string;
}

export function framed(content: string, { title, columns, rows, style: rules }: Frame): string {
  const width = columns * cellWidth + 2 * margin;
  const height = rows * cellHeight + 2 * margin;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escape(title)}</title>
<style>${rules}</style>
<rect class="frame" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${content}
</svg>
`;
}

/** What is drawn of rows, the first of which is the `start`th of the terminal. */
export function marksOf(rows: readonly (readonly Cell[])[], start = 0): readonly string[] {
  return rows.flatMap((row, at) => spansOf(row).map((span) => drawn(span, start + at)));
}

interface Span extends Cell {
  readonly column: number;
  readonly cells: number;
}

export const cellWidth = 8;
export const cellHeight = 18;
export const margin = 16;

/** Blocks are drawn, as fonts have them in other widths and with gaps; parts of a cell, in eighths. */
const parts = '▏▎▍▌▋▊▉';
const blocks = `${parts}█`;
const shade = '░';

export const style = `
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
  const looks = [look, kind === shade ? 'shade' : ''].filter((name) => name !== '').join(' ');
  const attributes = looks === '' ? '' : ` class="${looks}"`;
  const width = cells * cellWidth;
  if (kind === 'text') {
    // Whatever the font, what stands below one another in the terminal does so here.
    const fitting = `textLength="${width}" lengthAdjust="spacingAndGlyphs"`;
    const shown = escape(text).replaceAll(' ', '\u00a0');
    return `<text x="${x}" y="${y + 13}" ${fitting}${attributes}>${shown}</text>`;
  }
  const part = kind === shade ? 1 : (blocks.indexOf(kind) + 1) / 8;
  return `<rect x="${x}" y="${y + 1}" width="${width * part}" height="${cellHeight - 3}"${attributes}/>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
