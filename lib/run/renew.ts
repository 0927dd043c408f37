import { daysBetween, parseDay } from '../dates/day.ts';
import { invocationText } from '../task/invocation.ts';
import type { Invocation } from '../task/invocation.ts';

/**
 * Whether an invocation lies wholly before a day (ISO text): such days were looked at for late data
 * alone, and are made again when what they were made from has changed, never for the first time.
 */
export function isRenewal(
  { task, args }: Pick<Invocation, 'task' | 'args'>,
  before: string | undefined,
): boolean {
  if (before === undefined || !task.takesWindow) return false;
  const end = args['end-date'];
  return typeof end === 'string' && end < before;
}

/** What may be typed behind `pipe` to have a meta-task plan the same as in a run that looks back. */
export interface Typed {
  readonly text: string;
  /** Nothing can be: days that are only looked at again are asked for one by one. */
  readonly isComment: boolean;
}

/**
 * A meta-task of a run in which days before `before` (ISO text) are only renewed, as a person would
 * type it: its own words would make days that were never made.
 */
export function typedForm(
  task: string,
  argv: readonly string[],
  before: string | undefined,
): Typed {
  const text = invocationText(task, argv);
  const [start, end] = ['--start-date=', '--end-date='].map((option) =>
    argv.find((word) => word.startsWith(option))?.slice(option.length),
  );
  if (before === undefined || start === undefined || end === undefined || start >= before) {
    return { text, isComment: false };
  }
  if (end < before) return { text, isComment: true };
  const words = argv.map((word) =>
    word === `--start-date=${start}` ? `--start-date=${before}` : word,
  );
  const days = daysBetween(parseDay(start, '--start-date'), parseDay(before, '--start-date'));
  return { text: `--lookback=${days} ${invocationText(task, words)}`, isComment: false };
}
