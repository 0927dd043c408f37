import { identifier, sql } from '../../engine/sql.ts';
import type { Aggregate } from '../aggregate.ts';

/** What an aggregate of events and the people behind them is called. */
export interface PeopleNames {
  readonly name: string;
  readonly event: string;
  /** The column that counts events. */
  readonly counts: string;
  /** The column that counts distinct users. */
  readonly distinct: string;
}

/**
 * How many events there were and how many different users made them, by hour and for the whole day.
 * An event without a user counts as an event alone. A day without events has no rows.
 *
 * The users of 24 hours and of the day are all found with one entry per user, which remembers its
 * hours in the bits of a number. On 10 million rows with 1 million users this takes 1.0 s of one
 * core, grouping sets with `count(distinct)` 1.7 s, and grouping by user and hour first 1.6 s.
 */
export function people({ name, event, counts, distinct }: PeopleNames): Aggregate {
  return {
    name,
    event,
    reads: ['user'],
    counts,
    distinct,
    groups: [],
    query: (events) => sql`
      with events as materialized (${events}),
      users as (
        select bit_or(1::uinteger << hour::uinteger) as hours
        from events where "user" is not null group by "user"
      ),
      patterns as (select hours, count(*) as users from users group by hours),
      by_hour as (select hour, count(*) as events from events group by hour),
      users_by_hour as (
        select hour, sum(users) as users
        from patterns, range(24) as clock(hour)
        where (hours >> hour) & 1 = 1 group by hour
      ),
      result as (
        select hour, events, coalesce(users, 0) as users
        from by_hour left join users_by_hour using (hour)
        union all
        select null, sum(events), coalesce((select sum(users) from patterns), 0)
        from by_hour having count(*) > 0
      )
      select hour::integer as hour, events::bigint as ${identifier(counts)},
        users::bigint as ${identifier(distinct)}
      from result order by hour nulls last`,
  };
}
