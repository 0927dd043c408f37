import picocolors from 'picocolors';
import { barOf, sparkOf } from './chart.ts';
import { formatDuration, formatNumber } from './format.ts';
import { cut, displayWidth, oneLine, padding, printable } from './text.ts';

/** What {@link renderTable} draws; the summary of a task is one. */
export interface Table {
  readonly title: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly TableCell[])[];
  readonly notes: readonly string[];
}

export interface TableColumn {
  readonly name: string;
  /**
   * `bar`: numbers, each with a bar scaled to the column's maximum; `spark`: lists of numbers;
   * `duration`: milliseconds; `command`: a command line, never cut, the spaces before it kept.
   */
  readonly kind: 'text' | 'number' | 'duration' | 'bar' | 'spark' | 'command';
}

export type TableCell = string | number | null | readonly (number | null)[];

export interface TableOptions {
  /** Cells of the terminal. */
  readonly width: number;
  readonly color: boolean;
}

/**
 * The table as text that ends in a line break: title, headings, rows, notes. Text stands left and
 * numbers right. Where the terminal is too narrow, charts shrink first, then text is cut with `…`,
 * and where even that does not fit, the lines. Width `Infinity` cuts nothing, and neither is a line
 * cut that ends in a command.
 */
export function renderTable(table: Table, { width, color }: TableOptions): string {
  const colors = picocolors.createColors(color);
  const columns = fit(
    table.columns.map((column, index) => columnOf(column, cellsAt(table, index))),
    width,
  );
  const lines = [
    ...(table.title === '' ? [] : [colors.bold(printable(table.title)), '']),
    ...(table.rows.length === 0 ? ['no rows'] : linesOf(columns, table.rows, { width, colors })),
    ...(table.notes.length === 0 ? [] : ['']),
    ...table.notes.map((note) => colors.dim(printable(note))),
  ];
  return `${lines.join('\n')}\n`;
}

type Colors = ReturnType<typeof picocolors.createColors>;

interface Column {
  readonly name: string;
  readonly isChart: boolean;
  /** Whether the terminal may break the line, because all of it is needed. */
  readonly isWhole?: boolean;
  readonly width: number;
  /** The width below which it is of no use. */
  readonly least: number;
  draw(cell: TableCell, width: number): string;
  drawName(width: number): string;
}

const gap = 2;
/** Long enough to tell bars apart, short enough for two of them beside names in 80 cells. */
const maxBarWidth = 20;
/** Below these, a chart says less than the room it takes. */
const minBarWidth = 4;
const minSparkWidth = 7;
const minTextWidth = 8;

function columnOf({ name, kind }: TableColumn, cells: readonly TableCell[]): Column {
  const heading = displayWidth(oneLine(name));
  switch (kind) {
    case 'text':
      return textColumn(name, Math.max(heading, widest(cells)));
    case 'number':
      return numberColumn(name, Math.max(heading, widest(cells)));
    case 'duration':
      return durationColumn(name, heading, cells);
    case 'command':
      return commandColumn(name);
    case 'bar':
      return barColumn(name, heading, cells);
    case 'spark':
      return sparkColumn(name, heading, cells);
    default:
      return kind satisfies never;
  }
}

function textColumn(name: string, width: number): Column {
  return {
    name,
    isChart: false,
    width,
    least: Math.min(width, minTextWidth),
    draw: (cell, room) => left(textOf(cell), room),
    drawName: (room) => left(oneLine(name), room),
  };
}

function numberColumn(name: string, width: number): Column {
  return {
    name,
    isChart: false,
    width,
    least: width,
    draw: (cell, room) => right(textOf(cell), room),
    drawName: (room) => right(oneLine(name), room),
  };
}

function durationColumn(name: string, heading: number, cells: readonly TableCell[]): Column {
  const shown = (cell: TableCell): string =>
    typeof cell === 'number' ? formatDuration(cell) : textOf(cell);
  const column = numberColumn(name, Math.max(heading, widest(cells.map(shown))));
  return { ...column, draw: (cell, room) => right(shown(cell), room) };
}

/** Takes no part in fitting: it needs the room it needs. */
function commandColumn(name: string): Column {
  return {
    name,
    isChart: false,
    isWhole: true,
    width: 0,
    least: 0,
    draw: (cell) => `${indentOf(cell)}${textOf(cell)}`,
    drawName: () => oneLine(name),
  };
}

function indentOf(cell: TableCell): string {
  return typeof cell === 'string' ? cell.slice(0, cell.search(/[^ ]|$/)) : '';
}

function barColumn(name: string, heading: number, cells: readonly TableCell[]): Column {
  const numbers = widest(cells);
  const max = greatest(cells, (cell) => (typeof cell === 'number' ? cell : 0));
  const draw = (cell: TableCell, room: number): string => {
    const bar = typeof cell === 'number' ? barOf(cell, max, room - numbers - 1) : '';
    return left(`${right(textOf(cell), numbers)} ${bar}`, room);
  };
  return {
    name,
    isChart: true,
    width: Math.max(heading, numbers + 1 + maxBarWidth),
    least: Math.max(heading, numbers + 1 + minBarWidth),
    draw,
    drawName: (room) => left(right(oneLine(name), numbers), room),
  };
}

function sparkColumn(name: string, heading: number, cells: readonly TableCell[]): Column {
  const longest = greatest(cells, (cell) => (isList(cell) ? cell.length : 0));
  return {
    name,
    isChart: true,
    width: Math.max(heading, longest),
    least: Math.max(heading, Math.min(longest, minSparkWidth)),
    draw: (cell, room) => left(isList(cell) ? sparkOf(cell, room) : textOf(cell), room),
    drawName: (room) => left(oneLine(name), room),
  };
}

/** Takes cells from the widest chart, then from the widest text, until the line fits. */
function fit(columns: readonly Column[], width: number): readonly Column[] {
  const fitted = columns.map((column) => ({ ...column }));
  const room = width - gap * (columns.length - 1);
  let excess = fitted.reduce((sum, column) => sum + column.width, 0) - room;
  for (const isChart of [true, false]) {
    const candidates = fitted.filter((column) => column.isChart === isChart);
    for (; excess > 0; excess -= 1) {
      const shrinkable = candidates.filter((column) => column.width > column.least);
      if (shrinkable.length === 0) break;
      shrinkable.reduce((a, b) => (b.width > a.width ? b : a)).width -= 1;
    }
  }
  return fitted;
}

function linesOf(
  columns: readonly Column[],
  rows: Table['rows'],
  { width, colors }: { readonly width: number; readonly colors: Colors },
): string[] {
  const room = columns.at(-1)?.isWhole ? Infinity : width;
  const join = (parts: readonly string[]): string => {
    return cut(parts.join(' '.repeat(gap)).trimEnd(), room);
  };
  const heading = join(columns.map((column) => column.drawName(column.width)));
  const lines = rows.map((row) =>
    join(columns.map((column, index) => column.draw(row[index] ?? null, column.width))),
  );
  return [colors.underline(heading), ...lines.map((line) => line.replace(/[▁-▏]+/g, colors.cyan))];
}

function cellsAt({ rows }: Table, index: number): TableCell[] {
  return rows.map((row) => row[index] ?? null);
}

function textOf(cell: TableCell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return formatNumber(cell);
  return isList(cell) ? cell.map((item) => textOf(item)).join(' ') : oneLine(cell);
}

function isList(cell: TableCell): cell is readonly (number | null)[] {
  return Array.isArray(cell);
}

function widest(cells: readonly TableCell[]): number {
  return greatest(cells, (cell) => displayWidth(textOf(cell)));
}

/** Not `Math.max(...)`: a call takes only so many arguments. */
function greatest(cells: readonly TableCell[], measure: (cell: TableCell) => number): number {
  return cells.reduce((max: number, cell) => Math.max(max, measure(cell)), 0);
}

function left(text: string, width: number): string {
  const shown = cut(text, width);
  return shown + padding(shown, width);
}

function right(text: string, width: number): string {
  return padding(text, width) + text;
}
