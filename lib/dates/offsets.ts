import { DAY_MS, type Instant } from './day.ts';

/** The offset from UTC that a zone's clocks show from an instant on: local time is `instant + offsetMs`. */
export interface Offset {
  readonly from: Instant;
  readonly offsetMs: number;
}

/**
 * The offset in force when a year begins in UTC and every change within that year, in order of
 * time. Intl tells the offset at an instant and never its changes; they are found once and kept.
 */
export function offsetsOfYear(year: number, zone: string): readonly Offset[] {
  const { clock, years } = zoneOf(zone);
  let offsets = years.get(year);
  if (!offsets) {
    offsets = findOffsets(startOfYear(year), startOfYear(year + 1), clock);
    years.set(year, offsets);
  }
  return offsets;
}

/** What is known of a zone: how to read its offset in ms, and the offsets of the years asked for. */
interface Zone {
  readonly clock: Clock;
  readonly years: Map<number, readonly Offset[]>;
}

type Clock = (instant: Instant) => number;

const zones = new Map<string, Zone>();

function zoneOf(name: string): Zone {
  let zone = zones.get(name);
  if (!zone) {
    zone = { clock: clockOf(name), years: new Map<number, readonly Offset[]>() };
    zones.set(name, zone);
  }
  return zone;
}

function clockOf(zone: string): Clock {
  // The first use of Intl costs a start of Pipe 13 ms, and UTC is the default.
  if (zone === 'UTC') return () => 0;
  // Without a date nothing can be written, and seconds are the fastest part of one.
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    timeZoneName: 'longOffset',
    second: 'numeric',
  });
  return (instant) => parseOffset(format.format(instant));
}

/** Reads the end of texts like `0 GMT+05:45` and, from times before zones, `32 GMT-03:06:28`. */
function parseOffset(text: string): number {
  const match = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
  if (!match) throw new Error(`Intl wrote '${text}', which does not end in an offset`);
  const [, sign, hours, minutes, seconds] = match;
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
  return (sign === '-' ? -total : total) * 1000;
}

/**
 * Between two looks a clock may have changed once, but not changed back: the shortest stay at an
 * offset since 1890 is 7 days (America/Recife in October 2000; every zone of tzdata 2025c, read
 * every 6 h).
 */
const LOOK_EVERY_MS = 4 * DAY_MS;

function findOffsets(start: Instant, end: Instant, clock: Clock): readonly Offset[] {
  let last: Offset = { from: start, offsetMs: clock(start) };
  const found = [last];
  for (let before = start; before < end - 1; before += LOOK_EVERY_MS) {
    const after = Math.min(before + LOOK_EVERY_MS, end - 1);
    const offsetMs = clock(after);
    if (offsetMs === last.offsetMs) continue;
    last = { from: changeBetween(before, after, clock), offsetMs };
    found.push(last);
  }
  return found;
}

/** The first instant in `(before, after]` at which the clock shows what it shows `after`; a whole second. */
function changeBetween(before: Instant, after: Instant, clock: Clock): Instant {
  const offsetMs = clock(after);
  let low = Math.floor(before / 1000);
  let high = Math.ceil(after / 1000);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (clock(middle * 1000) === offsetMs) high = middle;
    else low = middle;
  }
  return high * 1000;
}

function startOfYear(year: number): Instant {
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  return new Date(0).setUTCFullYear(year, 0, 1);
}
