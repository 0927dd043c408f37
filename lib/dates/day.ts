import dayjs from 'dayjs';
import utc from 'dayjs/plugin/utc.js';
import { UsageError } from '../errors.ts';

dayjs.extend(utc);

/** Milliseconds since the epoch. */
export type Instant = number;

/** A calendar day as YYYY-MM-DD, 0001-01-01 to 9999-12-31, in no particular zone. */
export type Day = `${number}-${number}-${number}`;

/** The length of a day in UTC. */
export const DAY_MS = 86_400_000;

/**
 * Reads a day as a person or a partition's key gives it; `label` is the option or key to blame.
 *
 * @example parseDay(args.date, '--date')
 * @throws {UsageError} for anything but an existing day written in full.
 */
export function parseDay(text: string, label: string): Day {
  if (isDay(text)) return text;
  const problem = hasShape(text)
    ? 'is not a day of the calendar'
    : 'is not a day written YYYY-MM-DD';
  throw new UsageError(`${label}: '${text}' ${problem}; write for example ${label}=2026-11-19`);
}

/**
 * The day that many days later, or earlier for a negative count.
 *
 * @throws {UsageError} when that is outside the years 0001 to 9999.
 */
export function addDays(day: Day, days: number): Day {
  const result = utcMidnight(day).add(days, 'day').format('YYYY-MM-DD');
  if (hasShape(result)) return result;
  throw new UsageError(
    `'${day}' and ${days} days make a day outside the years 0001 to 9999; use a smaller number of days`,
  );
}

/** How many days `to` is after `from`; negative when it is before. */
export function daysBetween(from: Day, to: Day): number {
  return utcMidnight(to).diff(utcMidnight(from), 'day');
}

/** Orders days in time, for `sort`: negative, zero or positive. */
export function compare(a: Day, b: Day): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The instant at which a day begins in UTC. */
export function utcStartOf(day: Day): Instant {
  return Date.parse(`${day}T00:00:00Z`);
}

/**
 * The day of an instant in UTC.
 *
 * @throws {UsageError} when that is outside the years 0001 to 9999.
 */
export function utcDayOf(instant: Instant): Day {
  // dayjs takes three times as long to write a day, and this may be asked once per row.
  const text = new Date(instant).toISOString().slice(0, 10);
  if (hasShape(text)) return text;
  throw new UsageError(`The instant ${instant} ms is outside the years 0001 to 9999`);
}

/** The 30th of February is read as the 2nd of March, and the 32nd of any month not at all. */
function isDay(text: string): text is Day {
  return hasShape(text) && utcMidnight(text).date() === Number(text.slice(-2));
}

function hasShape(text: string): text is Day {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !text.startsWith('0000');
}

/** By way of the instant, since dayjs alone reads the year 0050 as 1950. */
function utcMidnight(day: Day): dayjs.Dayjs {
  return dayjs.utc(utcStartOf(day));
}
