import { UserError } from '../errors.ts';
import type { Plot } from '../plot/plot.ts';
import type { Call, Output, Shown, Summary, SummaryColumn } from './task.ts';

/**
 * What the functions of a task give back is checked where it comes in: a task may be written in plain
 * JavaScript. Each check throws UserError with the task, the function, what it gave and what was expected.
 */
export function checkCall(call: unknown, task: string): asserts call is Call {
  const isCall = isObject(call) && typeof call['task'] === 'string' && isObject(call['args']);
  if (isCall) return;
  throw wrong(task, 'plan', told(call), "invocations: { task: 'name:space', args: { … } }");
}

/** See {@link checkCall}: what `plan` or `show` gives as a whole, to be read piece by piece. */
export function checkIterable(pieces: unknown, task: string, part: 'plan' | 'show'): void {
  const isRead = (sign: symbol): boolean => isObject(pieces) && sign in pieces;
  if (isRead(Symbol.iterator) || isRead(Symbol.asyncIterator)) return;
  throw wrong(task, part, told(pieces), `one after the other: write *${part}(…) and yield`);
}

/** See {@link checkCall}. */
export function checkOutputs(
  outputs: unknown,
  task: string,
): asserts outputs is readonly Output[] | undefined {
  if (outputs === undefined) return;
  const fault = Array.isArray(outputs)
    ? outputs.map(faultOfOutput).find((each) => each !== undefined)
    : told(outputs);
  if (fault === undefined) return;
  throw wrong(task, 'outputs', fault, 'a list of { partition: { dataset, keys }, inputs: [] }');
}

/** See {@link checkCall}. A result that is no object is none: a short function may give anything. */
export function checkResult(result: unknown, task: string): void {
  if (!isObject(result)) return;
  const { rows, output } = result;
  if (rows !== undefined && !isCounts(rows)) {
    throw wrong(
      task,
      'run',
      `the rows ${told(rows)}`,
      '{ in, out, rejected, filtered }, in numbers',
    );
  }
  const isOutput = typeof output === 'string' || output instanceof Uint8Array;
  if (output === undefined || isOutput) return;
  throw wrong(task, 'run', `the output ${told(output)}`, 'text or bytes');
}

/** See {@link checkCall}. */
export function checkTable(
  table: unknown,
  task: string,
  part: 'summarize' | 'estimate' | 'show',
): asserts table is Summary {
  const fault = faultOfTable(table);
  if (fault === undefined) return;
  const expected =
    'a table: { title, columns: [{ name, kind }], rows: [[text or number, …], …], notes: [] }';
  throw wrong(task, part, fault, expected);
}

/** See {@link checkCall}. */
export function checkShown(piece: unknown, task: string): asserts piece is Shown {
  if (typeof piece === 'string' || isPlot(piece)) return;
  if (isObject(piece) && 'columns' in piece) return checkTable(piece, task, 'show');
  throw wrong(task, 'show', told(piece), 'pieces: text, tables and plots');
}

function wrong(task: string, part: string, fault: string, expected: string): UserError {
  return new UserError(`${task}: its ${part} gave ${fault}; it is to give ${expected}`);
}

function faultOfOutput(output: unknown): string | undefined {
  if (!isObject(output)) return told(output);
  const { partition, inputs } = output;
  if (!isPartition(partition)) return `the partition ${told(partition)}`;
  if (!Array.isArray(inputs)) return `the inputs ${told(inputs)}`;
  const input = inputs.find((each) => !isPartition(each) && !isInput(each));
  return input === undefined ? undefined : `the input ${told(input)}`;
}

function isPartition(value: unknown): boolean {
  if (!isObject(value) || typeof value['dataset'] !== 'string') return false;
  const { keys } = value;
  return isObject(keys) && Object.values(keys).every((each) => typeof each === 'string');
}

function isInput(value: unknown): boolean {
  return isObject(value) && typeof value['name'] === 'string';
}

function isCounts(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { in: all, out, rejected, filtered, aggregated = 0 } = value;
  return [all, out, rejected, filtered, aggregated].every(Number.isSafeInteger);
}

function faultOfTable(table: unknown): string | undefined {
  if (!isObject(table)) return told(table);
  const { title, columns, rows, notes } = table;
  if (typeof title !== 'string') return `a table with the title ${told(title)}`;
  if (!Array.isArray(columns)) return `a table with the columns ${told(columns)}`;
  const column = columns.find((each) => !isColumn(each));
  if (column !== undefined) return `a table with the column ${told(column)}`;
  if (!Array.isArray(rows)) return `a table with the rows ${told(rows)}`;
  const row = rows.find((each) => !Array.isArray(each));
  if (row !== undefined) return `a table with the row ${told(row)}`;
  const cell = rows.flat().find((each) => !isCell(each));
  if (cell !== undefined) return `a table with the cell ${told(cell)}`;
  const isNotes = Array.isArray(notes) && notes.every((note) => typeof note === 'string');
  return isNotes ? undefined : `a table with the notes ${told(notes)}`;
}

const kinds: Readonly<Record<SummaryColumn['kind'], true>> = {
  text: true,
  number: true,
  duration: true,
  bar: true,
  spark: true,
  command: true,
};

function isColumn(value: unknown): boolean {
  if (!isObject(value) || typeof value['name'] !== 'string') return false;
  return typeof value['kind'] === 'string' && Object.hasOwn(kinds, value['kind']);
}

function isCell(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((each) => typeof each === 'number' || each === null);
  return value === null || value === undefined || ['string', 'number'].includes(typeof value);
}

function isPlot(value: unknown): value is Plot {
  if (!isObject(value) || typeof value['title'] !== 'string') return false;
  return ['series', 'notes'].every((key) => Array.isArray(value[key])) && isObject(value['x']);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** A value as its author would write it, in quotes; not all of a long one. */
function told(value: unknown): string {
  const text = textOf(value);
  return `'${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`;
}

function textOf(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return String(value);
  const { name } = value.constructor ?? {};
  if (!['Object', 'Array', undefined].includes(name)) return `an instance of ${name}`;
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'bigint' ? `${each}n` : each,
  );
}
