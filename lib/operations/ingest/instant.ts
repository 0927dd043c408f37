import { literal, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { logTimeFormat } from '../../formats/access-log.ts';

/**
 * The instant a text means, or NULL: ISO 8601 (without an offset: UTC; seconds may be missing), the
 * time of access logs, or a number since the epoch, whose size tells its unit: below 1e11 (the year
 * 5138) seconds, below 1e14 milliseconds, below 1e17 microseconds, else nanoseconds.
 */
export function instantOf(text: Sql): Sql {
  // Other forms are tried only for rows that are not ISO with seconds, which few files have.
  const number = sql`try_cast(${text} as double)`;
  return sql`case when ${text} >= '0' and ${text} < ':' then coalesce(
    try_cast(${text} as timestamptz),
    make_timestamptz(${microseconds(number)}),
    try_cast(regexp_replace(${text}, ${literal(withoutSeconds)}, '\\1:00\\2') as timestamptz),
    try_strptime(${text}, ${literal(logTimeFormat)})) end`;
}

/** Whether an instant lies in the years that a day can name. */
export function isPossible(instant: Sql): Sql {
  return sql`${instant} >= timestamptz '1970-01-01 00:00:00+00' and ${instant} < timestamptz '10000-01-01 00:00:00+00'`;
}

const withoutSeconds = String.raw`^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d)(Z|[+-][\d:]+)?$`;

function microseconds(number: Sql): Sql {
  return sql`cast(round(case
    when ${number} < 1e11 then ${number} * 1e6
    when ${number} < 1e14 then ${number} * 1e3
    when ${number} < 1e17 then ${number}
    when ${number} < 1e20 then ${number} / 1e3 end) as bigint)`;
}
