import { createHash } from 'node:crypto';
import type { Day } from '../dates/day.ts';
import { boundsOf } from '../dates/zone.ts';
import { raw, sql } from '../engine/sql.ts';
import type { Sql } from '../engine/sql.ts';

/** The events of one site and calendar day; the same values always give the same rows. */
export interface Sample {
  readonly site: string;
  readonly day: Day;
  readonly timezone: string;
  readonly seed: number;
  /** How many there are on an ordinary working day: 1 to 100 million. */
  readonly rows: number;
}

/** How many events the day has: fewer at weekends, and every day a little different. */
export function sampleSize(sample: Sample): number {
  const weekday = new Date(sample.day).getUTCDay();
  const wobble = 0.9 + 0.2 * fractionOf(sample.seed, sample.site, sample.day);
  return Math.max(1, Math.round(sample.rows * (WEEKDAYS[weekday] ?? 1) * wobble));
}

/**
 * The day's log, one text column `line` in order of time: JSON as Segment's `track` calls write it,
 * and about one line in a thousand that cannot be read.
 */
export function sampleLines(sample: Sample): Sql {
  return sql`
    with drawn as (${drawnEvents(sample)}), written as (
      select broken, concat('{"type":"track","event":"', event,
        '","timestamp":"', strftime(ts, '%Y-%m-%dT%H:%M:%S.%gZ'),
        '","', if(known, 'userId', 'anonymousId'), '":"', "user",
        '","context":{"sessionId":"', session, '","page":{"path":"', url,
        if(referrer is null, '"}},"properties":', concat('","referrer":"', referrer, '"}},"properties":')),
        properties, '}') as line
      from drawn
    )
    select case broken
      when 0 then left(line, 70)
      when 1 then replace(line, '"timestamp":"', '"timestamp":"31.02.')
      when 2 then replace(line, '"timestamp":', '"at":')
      when 3 then '--- log rotated ---'
      else line end as line
    from written`;
}

/** The day's events in the columns of the dataset `events`, in order of time; none is broken. */
export function sampleEvents(sample: Sample): Sql {
  return sql`
    select ts::timestamptz as ts, event, "user", session, url, referrer,
      null::integer as status, null::bigint as bytes, null::varchar as agent, properties
    from (${drawnEvents(sample)})`;
}

/** Sunday to Saturday, as shares of an ordinary working day. */
const WEEKDAYS: readonly number[] = [0.55, 1, 1, 1, 1, 0.95, 0.6];

const PAGES = 500;
const EVENTS_PER_USER = 8;

/** How much the rhythm swings: the busiest hour has (1 + s) / (1 - s), about 5, times the events of the quietest. */
const SWING = 0.65;

/**
 * Every draw comes from the bits of two hashes per row, so that rows can be made in any order and
 * on any number of threads. Times need no sorting: row i of n is where the fraction u = i / n of
 * the day's events has passed, and that is at the fraction t of the day.
 */
function drawnEvents(sample: Sample): Sql {
  const { start, end } = boundsOf(sample.day, sample.timezone);
  const rows = sampleSize(sample);
  const users = Math.max(10, Math.ceil(sample.rows / EVENTS_PER_USER));
  const quietest = 0.05 + 0.2 * fractionOf(sample.seed, sample.site);
  const first = Math.floor(fractionOf(sample.seed, sample.site, sample.day, 'rows') * 2 ** 52);
  // Numbers made here are spliced in: as bound values they are computed with once per row.
  return raw(`
    select ts, event, "user", known, session, url, referrer, broken,
      case when draw < 700 then concat('{"load_ms":', 80 + (h >> 10 & 1023), '}')
        when draw < 960 then concat('{"target":"button-', h >> 10 & 7, '"}')
        else concat('{"cart_id":"', person, '-', '${sample.day}', '","price":', 199 + (h >> 10 & 8191),
          if(person % 8 = 3, '', concat(',"experiment_id":"',
            if(person % 3 = 0, 'free-shipping', 'checkout-button'), '","variant":"',
            if(person % 5 < 2, 'B', 'A'), '"')), '}') end as properties
    from (select *, make_timestamp_ms(ms) as ts,
        case when draw < 700 then 'pageload' when draw < 960 then 'click' else 'Added to Cart' end as event,
        person % 4 <> 1 as known,
        concat(if(person % 4 <> 1, 'u', 'anon-'), person) as "user",
        concat(person, '-', (ms + person * 61001) // 1800000) as session,
        if(page = 1, '/', concat('/p/', page)) as url,
        if(h >> 23 & 7 = 0, 'https://www.example.com/search', null) as referrer,
        if(h >> 26 & 1023 = 0, (h >> 36 & 3)::integer, null) as broken
      from (select h, (h & 1023)::integer as draw, person, page,
          ${start} + floor(${end - start} * ${timeOf('u', quietest)})::bigint as ms
        from (select hash(g) as h,
            ((i + (g & 65535) / 65536.0::double) / ${rows}) as u,
            1 + floor(${users} * pow((g >> 16 & 16777215) / 16777216.0::double, 2))::bigint as person,
            floor(exp(${Math.log(PAGES + 1)} * ((g >> 40 & 16777215) / 16777216.0::double)))::bigint as page
          from (select i, hash(i + ${first}) as g from range(${rows}) as rows(i)))))`);
}

/**
 * Of the events, 1 - s · cos 2π(t - p) happen at the time t: the fewest at p, the most half a day
 * later. By then u = t - s / 2π · (sin 2π(t - p) + sin 2πp) have happened, which is Kepler's equation
 * and solved as he did, by putting the result in again; three times keep the order and the shape.
 */
function timeOf(u: string, quietest: number): string {
  let t = u;
  for (let round = 0; round < 3; round++) {
    const sine = `sin(${2 * Math.PI} * (${t} - ${quietest}))`;
    t = `(${u} + ${SWING / (2 * Math.PI)} * (${sine} + ${Math.sin(2 * Math.PI * quietest)}))`;
  }
  return t;
}

/** A number in [0, 1) that follows from the parts. */
function fractionOf(...parts: readonly (string | number)[]): number {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
