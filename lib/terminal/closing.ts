import picocolors from 'picocolors';
import type { ErrorRecord, RunFinished, Status } from '../ledger/events.ts';
import { formatCount, formatDuration, formatNumber } from './format.ts';
import { oneLine, printable } from './text.ts';

export type Colors = ReturnType<typeof picocolors.createColors>;

const words: readonly (readonly [Status | 'left', string])[] = [
  ['done', 'done'],
  ['skipped', 'up to date'],
  ['left', 'skipped'],
  ['no-data', 'without data'],
  ['failed', 'failed'],
  ['cancelled', 'not run'],
];

/**
 * `48 done, 3 up to date, 2 failed in 1.2 s`. `left`: how many were skipped for another reason than
 * that they are up to date, such as that another run makes them.
 */
export function closingLine(
  { counts: all, durationMs }: RunFinished,
  left: number,
  colors: Colors,
): string {
  const counts = { ...all, skipped: all.skipped - left, left };
  const given = words.filter(([status]) => counts[status] > 0);
  if (given.length === 0) return 'nothing to do';
  if (given.length === 1 && counts.skipped > 0) {
    return colors.green(`everything is up to date (${formatCount(counts.skipped, 'partition')})`);
  }
  const text = given.map(([status, word]) =>
    paintStatus(
      `${formatNumber(counts[status])} ${word}`,
      status === 'left' ? 'skipped' : status,
      colors,
    ),
  );
  return `${text.join(', ')} in ${formatDuration(durationMs)}`;
}

/** What failed, where in the tree, and the command that runs just it again. */
export function failureText(error: ErrorRecord, withStack: boolean, colors: Colors): string {
  const [first = '', ...more] = printable(error.message).trimEnd().split('\n');
  const label = error.unexpected ? 'unexpected error:' : 'failed:';
  return [
    `${colors.red(label)} ${first}`,
    ...more.map((line) => (line === '' ? '' : `  ${line}`)),
    ...(error.source === undefined ? [] : sourceLines(error.source)),
    ...(withStack && error.stack ? stackLines(error.stack) : []),
    ...(error.chain.length > 1
      ? [colors.dim(`  in ${error.chain.map(oneLine).join(' => ')}`)]
      : []),
    `  rerun: ${oneLine(error.command)}`,
  ].join('\n');
}

/** A status in its colour. */
export function paintStatus(text: string, status: Status, colors: Colors): string {
  switch (status) {
    case 'done':
      return colors.green(text);
    case 'skipped':
      return colors.dim(text);
    case 'no-data':
    case 'cancelled':
      return colors.yellow(text);
    case 'failed':
      return colors.red(text);
    default:
      return status satisfies never;
  }
}

/** The place, and below it the line of the file, where a caret keeps its column. */
function sourceLines(source: string): string[] {
  return printable(source)
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`));
}

/** The frames alone; the message stands above them. */
function stackLines(stack: string): string[] {
  const frames = printable(stack)
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  return frames.map((line) => `    ${line.trim()}`);
}
