import { formatCount, formatDuration, formatNumber } from './format.ts';
import type { MetaTask, Progress, RunningLeaf, Share } from './progress.ts';
import { cut, cutMiddle, displayWidth, oneLine, padding } from './text.ts';

/** A part of a line, in one colour. */
export interface Span {
  readonly text: string;
  readonly color?: 'green' | 'red' | 'dim';
}

export type Line = readonly Span[];

export interface LiveOptions {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Cells of the terminal; the last one stays free, as some terminals break the line when it is written. */
  readonly columns: number;
  readonly rows: number;
  /** Whether no new leaves are taken, so that there is no time left to tell. */
  readonly isStopping: boolean;
}

/** The most that a live view takes of a screen. */
const maxHeight = 14;

/**
 * What a run looks like now: how far it is, its meta-tasks, what runs longest. No line is wider than
 * the terminal, and all of them fit on it.
 */
export function liveLines(progress: Progress, options: LiveOptions): readonly Line[] {
  const { columns, rows, at } = options;
  const width = columns - 1;
  // One row for the cursor, one for what was said last.
  const height = Math.max(1, Math.min(rows - 2, maxHeight)) - 1;
  const metas = metaLines(progress, width, Math.floor(height / 2));
  const running = runningLines(progress, at, width, height - metas.length);
  return [totalLine(progress, options), ...metas, ...running].map((line) => fit(line, width));
}

/** A plan that is read still, of which nothing runs yet. */
export function planLines(leaves: number, { columns }: LiveOptions): readonly Line[] {
  const number = leaves === 0 ? '' : `: ${formatCount(leaves, 'invocation')} so far`;
  return [fit([{ text: `reading the plan${number}`, color: 'dim' }], columns - 1)];
}

/** `████░░░░  56%  27 of 48, 2 failed  about 7 s left  3.1/s`. */
function totalLine(progress: Progress, { at, columns, isStopping }: LiveOptions): Line {
  const { total, called } = progress;
  const rate = progress.rate(at);
  const bar = barOf(total, columns < 30 ? 0 : columns < 60 ? 10 : columns < 100 ? 20 : 30);
  const left = isStopping ? 'stopping' : leftText(total, rate);
  const beside = [
    ...(left === undefined ? [] : [left]),
    ...(rate === undefined ? [] : [`${formatNumber(Number(rate.toPrecision(2)))}/s`]),
    ...(called > 0 ? [`${formatNumber(called)} more that these called for`] : []),
  ];
  const line = [
    ...bar,
    ...(bar.length > 0 ? [{ text: '  ' }] : []),
    ...percent(total),
    ...counts(total),
  ];
  // Half a number would be another one: what does not fit is left out.
  const spare = columns - 1 - widthOf(line);
  return [
    ...line,
    ...whatFits(
      beside.map((text) => ({ text: `  ${text}` })),
      spare,
    ),
  ];
}

/** Meta-tasks in `height` lines: of too many rather those under way than those that have ended. */
function metaLines(progress: Progress, width: number, height: number): Line[] {
  const all = progress.metas();
  const others = (count: number): number => all.length - count + progress.metasEnded;
  const count = others(height) > 0 ? Math.max(0, height - 1) : height;
  const ended = all.filter(({ durationMs }) => durationMs !== undefined).length;
  const first = Math.max(0, Math.min(ended, all.length - count));
  const shown = all.slice(first, first + count);
  const labels = shown.map(({ task, argv, depth }) => {
    const text = oneLine([task, ...argv].join(' '));
    return `${'  '.repeat(depth)}${cutMiddle(text, Math.floor(width / 2) - 2 * depth)}`;
  });
  const widest = Math.max(0, ...labels.map(displayWidth));
  const lines = shown.map((meta, index) => metaLine(meta, labels[index] ?? '', { widest, width }));
  const more = others(shown.length);
  if (more <= 0 || height < 1) return lines;
  return [...lines, [{ text: `  and ${formatNumber(more)} more meta-tasks`, color: 'dim' }]];
}

function metaLine(
  meta: MetaTask,
  label: string,
  { widest, width }: { readonly widest: number; readonly width: number },
): Line {
  const bar = barOf(meta, width < 60 ? 0 : 10);
  const took = meta.durationMs === undefined ? '' : ` in ${formatDuration(meta.durationMs)}`;
  return [
    { text: `${label}${padding(label, widest)}  ` },
    ...bar,
    ...(bar.length > 0 ? [{ text: '  ' }] : []),
    ...counts(meta),
    { text: took, color: 'dim' },
  ];
}

function runningLines(progress: Progress, at: number, width: number, height: number): Line[] {
  const { runningCount } = progress;
  if (runningCount <= height)
    return progress.running(height).map((leaf) => leafLine(leaf, at, width));
  const shown = progress.running(height - 1).map((leaf) => leafLine(leaf, at, width));
  const more = `${formatNumber(runningCount - shown.length)} more running`;
  return height < 1 ? [] : [...shown, [{ text: `  and ${more}`, color: 'dim' }]];
}

/** `  12 s  stats:pageloads --sites=a --start-date=2026-11-12`. */
function leafLine(
  { task, argv, at: since, attempt, progress }: RunningLeaf,
  at: number,
  width: number,
): Line {
  const age = `${ageText(at - Date.parse(since)).padStart(8)}  `;
  const retry = attempt > 1 ? `attempt ${attempt}  ` : '';
  const share = progress ? `${shareText(progress)}  ` : '';
  const text = oneLine([task, ...argv].join(' '));
  const before = age.length + retry.length + share.length;
  return [
    { text: `${age}${retry}`, color: 'dim' },
    { text: share },
    { text: cutMiddle(text, width - before) },
  ];
}

/** `450 of 1,000 (45%)`. */
function shareText({ done, total }: NonNullable<RunningLeaf['progress']>): string {
  if (!total || done > total) return formatNumber(done);
  const percent = Math.floor((done / total) * 100);
  return `${formatNumber(done)} of ${formatNumber(total)} (${percent}%)`;
}

/** Only what is behind a number counts as done; without a number there is no bar. */
function barOf({ leaves, ended, failed }: Share, cells: number): Span[] {
  if (leaves === undefined || ended > leaves || cells === 0) return [];
  const full = leaves === 0 ? cells : Math.floor((ended / leaves) * cells);
  // One failure in a thousand is a cell all the same.
  const red = Math.min(full, Math.ceil((failed / Math.max(leaves, 1)) * cells));
  return [
    { text: '█'.repeat(full - red), color: 'green' },
    { text: '█'.repeat(red), color: 'red' },
    { text: '░'.repeat(cells - full), color: 'dim' },
  ];
}

/** Rounded down: 100% is said of the last one alone. */
function percent({ leaves, ended }: Share): Span[] {
  if (!leaves || ended > leaves) return [];
  return [{ text: `${Math.floor((ended / leaves) * 100)}%`.padStart(4) }, { text: '  ' }];
}

function counts({ leaves, ended, failed, skipped, withoutData }: Share): Span[] {
  // A plan that reads otherwise than when it was counted has no total to compare with.
  const isKnown = leaves !== undefined && ended <= leaves;
  const number = formatNumber(ended);
  return [
    {
      text: isKnown ? `${number} of ${formatNumber(leaves)}` : `${number} so far, total not known`,
    },
    ...(failed > 0
      ? [{ text: ', ' }, { text: `${formatNumber(failed)} failed`, color: 'red' as const }]
      : []),
    ...(withoutData > 0 ? [{ text: `, ${formatNumber(withoutData)} without data` }] : []),
    ...(skipped > 0 ? [{ text: `, ${formatNumber(skipped)} up to date` }] : []),
  ];
}

/** Fewer ended than these say nothing of the others. */
const minEnded = 3;

function leftText({ leaves, ended }: Share, rate: number | undefined): string | undefined {
  if (leaves === undefined || rate === undefined || ended < minEnded || ended >= leaves) {
    return undefined;
  }
  return `about ${ageText(((leaves - ended) / rate) * 1000)} left`;
}

/** In whole seconds: tenths would only flicker. */
function ageText(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}

function whatFits(spans: Line, width: number): Line {
  let left = width;
  return spans.filter((span) => {
    const isFitting = widthOf([span]) <= left;
    if (isFitting) left -= widthOf([span]);
    return isFitting;
  });
}

/** The cells that a line takes. */
export function widthOf(line: Line): number {
  return displayWidth(line.map(({ text }) => text).join(''));
}

/** The line in at most `width` cells. */
function fit(line: Line, width: number): Line {
  let left = width;
  return line.flatMap(({ text, ...rest }): Line => {
    const kept = left > 0 ? cut(text, left) : '';
    left -= displayWidth(text);
    return kept === '' ? [] : [{ text: kept, ...rest }];
  });
}
