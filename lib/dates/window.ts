import { UsageError } from '../errors.ts';
import { DAY_MS, type Day, type Instant, addDays, parseDay, utcDayOf } from './day.ts';
import { boundsOf, dayOf } from './zone.ts';

/** An inclusive range of calendar days in a named IANA zone. */
export interface Window {
  readonly start: Day;
  readonly end: Day;
  readonly timezone: string;
}

/** The options that name a window, with their values as written. */
export interface WindowOptions {
  readonly 'start-date'?: string | undefined;
  readonly 'end-date'?: string | undefined;
  readonly 'days-ago'?: string | undefined;
  readonly 'days-ago-end'?: string | undefined;
}

/** The one pinned now of a run and the zone whose calendar days count. */
export interface Today {
  readonly now: Instant;
  readonly timezone: string;
}

/**
 * The window the options name. It starts on `--start-date`, or so many `--days-ago` (0: today), and
 * ends on `--end-date`, or so many `--days-ago-end` (0: today): `--days-ago=7` is eight days. A date
 * stands above a count, since docopt fills in the default of a count that nobody wrote.
 *
 * @throws {UsageError} for anything but days and counts, and for a window without a day.
 */
export function resolveWindow(options: WindowOptions, today: Today): Window {
  const start = edge('start-date', 'days-ago', options, today);
  const end = edge('end-date', 'days-ago-end', options, today);
  if (start.day > end.day) {
    throw new UsageError(
      `The window starts on ${start.day} (${start.source}), after its end on ${end.day} (${end.source}); ` +
        'write for example --start-date=2026-11-12 --end-date=2026-11-19, or --days-ago=7',
    );
  }
  const window = { start: start.day, end: end.day, timezone: today.timezone };
  for (const _ of daysOf(window)) return window;
  throw new UsageError(
    `There was no ${start.day} in ${today.timezone}, where the calendar skipped it (${start.source}); choose another day`,
  );
}

/** The days of a window, first to last, made one at a time. Days that the zone skipped are left out. */
export function* daysOf(window: Window): Generator<Day, void, undefined> {
  for (let day = window.start; ; day = addDays(day, 1)) {
    const { start, end } = boundsOf(day, window.timezone);
    if (start < end) yield day;
    if (day >= window.end) return;
  }
}

/**
 * The days in UTC that overlap a day in a zone, in order: where to look for its events when they
 * are kept by day in UTC. None when the zone skipped the day.
 */
export function utcDaysOf(day: Day, zone: string): Day[] {
  const { start, end } = boundsOf(day, zone);
  const days: Day[] = [];
  for (let at = Math.floor(start / DAY_MS) * DAY_MS; at < end && start < end; at += DAY_MS) {
    days.push(utcDayOf(at));
  }
  return days;
}

/** One end of a window and how it came about, for messages. */
interface Edge {
  readonly day: Day;
  readonly source: string;
}

function edge(
  date: 'start-date' | 'end-date',
  ago: 'days-ago' | 'days-ago-end',
  options: WindowOptions,
  { now, timezone }: Today,
): Edge {
  const text = options[date];
  if (text !== undefined) return { day: parseDay(text, `--${date}`), source: `--${date}` };
  const count = options[ago];
  const today = dayOf(now, timezone);
  if (count === undefined) return { day: today, source: 'today' };
  return { day: addDays(today, -dayCount(count, `--${ago}`)), source: `--${ago}=${count}` };
}

/** A hundred years. More is a slip of the keyboard or a date; older days can be named by date. */
const MAX_DAYS_AGO = 36_525;

function dayCount(text: string, option: string): number {
  if (!/^\d+$/.test(text)) {
    throw new UsageError(
      `${option}: '${text}' is not a whole number of days, 0 or more; write for example ${option}=7`,
    );
  }
  if (Number(text) > MAX_DAYS_AGO) {
    throw new UsageError(
      `${option}: '${text}' is more than ${MAX_DAYS_AGO} days, a hundred years; ` +
        'write a smaller number, or use --start-date and --end-date',
    );
  }
  return Number(text);
}
