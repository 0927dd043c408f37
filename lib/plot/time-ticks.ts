import type { Tick } from './ticks.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Steps of a clock and a calendar; those of months and years count by the calendar. */
type Step = { readonly ms: number } | { readonly months: number };

const steps: readonly Step[] = [
  ...[1, 5, 15, 30].map((count) => ({ ms: count * SECOND })),
  ...[1, 5, 15, 30].map((count) => ({ ms: count * MINUTE })),
  ...[1, 3, 6, 12].map((count) => ({ ms: count * HOUR })),
  ...[1, 2, 7, 14].map((count) => ({ ms: count * DAY })),
  ...[1, 3, 6].map((count) => ({ months: count })),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((count) => ({ months: count * 12 })),
];

/** Round times within the range, in UTC, at most `count` of them; of days none between two. */
export function timeTicks(
  least: number,
  most: number,
  { count, isDay }: { readonly count: number; readonly isDay: boolean },
): Tick[] {
  const usable = steps.filter((step) => !isDay || 'months' in step || step.ms >= DAY);
  const last = usable[usable.length - 1] ?? { ms: DAY };
  const step = usable.find((each) => countOf(each, least, most) <= count) ?? last;
  return timesOf(step, least, most).map((value) => ({ value, label: labelOf(value, step) }));
}

/** `Nov 19`, or with a time of day where there is one: a moment as it is told of a point. */
export function timeLabel(value: number, isDay: boolean): string {
  const text = new Date(value).toISOString();
  if (isDay) return text.slice(0, 10);
  return text
    .replace('T', ' ')
    .replace(/(:00)?\.000Z$/, '')
    .replace(/Z$/, '');
}

/** The year of all times, for who labels them without one. */
export function commonYear(least: number, most: number): string | undefined {
  const [first, last] = [least, most].map((value) => new Date(value).getUTCFullYear());
  return first === last ? String(first) : undefined;
}

function countOf(step: Step, least: number, most: number): number {
  const ms = 'ms' in step ? step.ms : step.months * 30.44 * DAY;
  return Math.floor((most - least) / ms) + 1;
}

function timesOf(step: Step, least: number, most: number): number[] {
  const times: number[] = [];
  if ('ms' in step) {
    // Weeks begin on Monday, and 1970 on a Thursday.
    const origin = step.ms % (7 * DAY) === 0 ? 4 * DAY : 0;
    const first = Math.ceil((least - origin) / step.ms) * step.ms + origin;
    for (let at = first; at <= most; at += step.ms) times.push(at);
    return times;
  }
  const date = new Date(least);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
  for (let at = Math.floor(month / step.months) * step.months; ; at += step.months) {
    const time = monthStart(at);
    if (time > most) return times;
    if (time >= least) times.push(time);
  }
}

function monthStart(month: number): number {
  const date = new Date(0);
  // Not Date.UTC, to which the year 50 is 1950.
  date.setUTCFullYear(Math.floor(month / 12), month % 12, 1);
  return date.getTime();
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function labelOf(value: number, step: Step): string {
  const date = new Date(value);
  const month = months[date.getUTCMonth()] ?? '';
  const isJanuary = date.getUTCMonth() === 0;
  if ('months' in step) return isJanuary ? String(date.getUTCFullYear()) : month;
  if (step.ms >= DAY || value % DAY === 0) return `${month} ${date.getUTCDate()}`;
  return date.toISOString().slice(11, step.ms < MINUTE ? 19 : 16);
}
