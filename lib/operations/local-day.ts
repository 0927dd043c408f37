import { DAY_MS, utcStartOf } from '../dates/day.ts';
import type { Day, Instant } from '../dates/day.ts';
import { boundsOf, offsetsOf } from '../dates/zone.ts';
import { parquet } from '../engine/parquet.ts';
import { identifier, join, literal, raw, sql } from '../engine/sql.ts';
import type { Sql } from '../engine/sql.ts';

/** The events of one site on one calendar day of a zone. */
export interface DayOfEvents {
  /** Local Parquet files of the dataset `events`, which may hold events of other days too. */
  readonly files: readonly string[];
  readonly day: Day;
  readonly timezone: string;
}

/**
 * The day's events of one name with the columns asked for and the local `hour`, 0 to 23. An hour
 * that the clocks repeat is one hour, an hour that they skip has no events.
 */
export function eventsOfDay(input: DayOfEvents, event: string, columns: readonly string[]): Sql {
  return sql`
    select ${join([localHour(input), ...columns.map(identifier)], ', ')}
    from ${within(input)} and event = ${literal(event)}`;
}

/** The files and the condition that leaves of them the day's events, as they stand behind `from`. */
export function within({ files, day, timezone }: DayOfEvents): Sql {
  const { start, end } = boundsOf(day, timezone);
  return sql`${parquet(files)}
    where ts >= ${instant(start)} and ts < ${instant(end)}`;
}

/**
 * The hours since the midnight of the day before, modulo 24: a clock that is set back at midnight
 * shows the last hour of that day once more. The offsets are spelled out, since to ask the engine
 * for the local time of each row takes longer than all the rest.
 */
function localHour({ day, timezone }: DayOfEvents): Sql {
  const { start, end } = boundsOf(day, timezone);
  const midnight = utcStartOf(day) - DAY_MS;
  const [first, ...changes] = offsetsOf(start, end, timezone).map(({ from, offsetMs }) => ({
    from,
    micros: raw(`epoch_us(ts) - ${BigInt(midnight - offsetMs) * 1000n}`),
  }));
  if (!first) throw new Error(`No offset is known for ${day} in ${timezone}.`);
  const micros = changes.reduce(
    (before, { from, micros: after }) => sql`if(ts < ${instant(from)}, ${before}, ${after})`,
    first.micros,
  );
  return sql`((${micros}) // 3600000000 % 24)::utinyint as hour`;
}

function instant(at: Instant): Sql {
  return sql`${literal(new Date(at).toISOString())}::timestamptz`;
}
