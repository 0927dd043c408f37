import { UsageError } from '../errors.ts';
import { DAY_MS, type Day, type Instant, utcDayOf, utcStartOf } from './day.ts';
import { type Offset, offsetsOfYear } from './offsets.ts';

/** The instants of a day, half-open; both the same when the zone skipped the day. */
export interface Bounds {
  readonly start: Instant;
  readonly end: Instant;
}

export interface ParseZoneOptions {
  /** What to blame: an option or a setting. */
  readonly label?: string;
  /** Finds the candidate a person may have meant, if any comes near. */
  readonly nearest?: (text: string, candidates: readonly string[]) => string | undefined;
}

/**
 * Reads the name of an IANA zone that Node knows, in any case: `europe/berlin` is `Europe/Berlin`.
 *
 * @throws {UsageError} with the zone that was probably meant: the one of a city, or a near name.
 */
export function parseZone(text: string, options: ParseZoneOptions = {}): string {
  if (text === 'UTC') return text;
  const names = [...Intl.supportedValuesOf('timeZone'), 'UTC'];
  const known = names.find((name) => name.toLowerCase() === text.toLowerCase());
  if (known !== undefined) return known;
  // Names that IANA has renamed, such as Asia/Kathmandu, are known but not listed.
  if (isZone(text)) return text;
  const { label = '--timezone', nearest } = options;
  const meant = zoneOfCity(text, names) ?? nearest?.(text, names);
  throw new UsageError(
    `${label}: '${text}' is not an IANA time zone that Node knows; ` +
      (meant === undefined ? 'write for example Europe/Berlin or UTC' : `did you mean ${meant}?`),
  );
}

/**
 * The day it is at an instant. Days follow each other: where clocks are set back over midnight,
 * the repeated time belongs to the day that has begun, although the clock shows the one before.
 */
export function dayOf(instant: Instant, zone: string): Day {
  let midnight = Math.floor((instant + offsetAt(instant, zone)) / DAY_MS) * DAY_MS;
  while (firstReached(midnight + DAY_MS, zone) <= instant) midnight += DAY_MS;
  return utcDayOf(midnight);
}

/**
 * When a day begins and ends. It begins when the zone's clocks first reach its midnight or, where
 * they skip that, anything later; and ends when the next day begins, 24 h later or 23, 25, 0...
 */
export function boundsOf(day: Day, zone: string): Bounds {
  const midnight = utcStartOf(day);
  return { start: firstReached(midnight, zone), end: firstReached(midnight + DAY_MS, zone) };
}

/**
 * The offset in force at `start` and every change in `(start, end)`, in order of time; the first
 * is `from` the start. With it the local hour in SQL is the hour of `ts + offset`.
 */
export function offsetsOf(start: Instant, end: Instant, zone: string): readonly Offset[] {
  const found: Offset[] = [];
  const lastYear = utcYearOf(Math.max(start, end - 1));
  for (let year = utcYearOf(start); year <= lastYear; year++) {
    for (const offset of offsetsOfYear(year, zone)) {
      if (offset.from <= start) found[0] = { from: start, offsetMs: offset.offsetMs };
      else if (offset.from >= end) break;
      else if (offset.offsetMs !== found.at(-1)?.offsetMs) found.push(offset);
    }
  }
  return found;
}

function isZone(text: string): boolean {
  // Newer Nodes take +01:00 for a zone. It is none: it has no calendar of changes.
  if (!/^[a-z]/i.test(text)) return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en-US', { timeZone: text }));
  } catch {
    return false;
  }
}

function zoneOfCity(text: string, names: readonly string[]): string | undefined {
  const city = text.toLowerCase().replaceAll(' ', '_').split('/').at(-1);
  return names.find((name) => name.toLowerCase().split('/').at(-1) === city);
}

function offsetAt(instant: Instant, zone: string): number {
  const [offset] = offsetsOf(instant, instant, zone);
  if (!offset) throw new RangeError(`${instant} is not an instant`);
  return offset.offsetMs;
}

/** More than any clock has differed from UTC: 15 h 57 min in Manila before 1844. */
const LARGEST_OFFSET_MS = DAY_MS;

/** The first instant at which the zone's clocks show `local` or later. */
function firstReached(local: number, zone: string): Instant {
  let first = Infinity;
  for (const { from, offsetMs } of offsetsOf(
    local - LARGEST_OFFSET_MS,
    local + LARGEST_OFFSET_MS,
    zone,
  )) {
    // Reached before this change of the clocks.
    if (first < from) break;
    first = Math.max(from, local - offsetMs);
  }
  return first;
}

function utcYearOf(instant: Instant): number {
  return new Date(instant).getUTCFullYear();
}
