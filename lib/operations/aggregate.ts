import type { Column } from '../dataset/manifest.ts';
import type { Engine } from '../engine/engine.ts';
import { parquet } from '../engine/parquet.ts';
import { numberAt } from '../engine/row.ts';
import { identifier, sql } from '../engine/sql.ts';
import type { Sql } from '../engine/sql.ts';
import { UserError } from '../errors.ts';
import type { RowCounts } from '../ledger/events.ts';
import { eventsOfDay, within } from './local-day.ts';
import type { DayOfEvents } from './local-day.ts';

/** What is counted per site and day, and how. Published as the dataset `stats/<name>`. */
export interface Aggregate {
  readonly name: string;
  /** The name of the events that are counted. */
  readonly event: string;
  /** Columns of the dataset `events` that the query reads besides `ts` and `event`. */
  readonly reads: readonly string[];
  /**
   * The result, made of rows with the local `hour` (0 to 23) and the columns read. Its first column
   * is `hour`, NULL in the rows that stand for the whole day; these come last.
   */
  query(events: Sql): Sql;
  /** The column that counts events; over the rows of the whole day it sums up to all that were aggregated. */
  readonly counts: string;
  /** The column that counts distinct things, which cannot be summed up. */
  readonly distinct: string;
  /** The columns that tell the rows of an hour, or of the day, apart; none: there is one. */
  readonly groups: readonly string[];
}

export interface Aggregated {
  readonly rows: RowCounts;
  readonly schema: readonly Column[];
}

/**
 * Computes an aggregate of one day and writes it to a new local Parquet file. Of all the day's
 * events those that the aggregate does not count are `filtered`.
 */
export async function aggregateDay(
  engine: Engine,
  aggregate: Aggregate,
  input: DayOfEvents,
  path: string,
): Promise<Aggregated> {
  const events = eventsOfDay(input, aggregate.event, aggregate.reads);
  const written = await engine.write(aggregate.query(events), path);
  const read = await countEvents(engine, input);
  const aggregated = await countAggregated(engine, aggregate, path);
  if (aggregated > read) {
    throw new UserError(
      `${aggregate.name} of ${input.day} counts ${aggregated} events, but the day has ${read}; ` +
        'the files changed while they were read, so run the same command again',
      { retryable: true },
    );
  }
  return {
    rows: { in: read, out: written.rows, rejected: 0, filtered: read - aggregated, aggregated },
    schema: written.schema,
  };
}

/** Where a row group lies within the day as a whole, its number of rows is taken without reading it. */
async function countEvents(engine: Engine, input: DayOfEvents): Promise<number> {
  const [row = {}] = await engine.rows(sql`select count(*) as events from ${within(input)}`);
  return numberAt(row, 'events');
}

async function countAggregated(
  engine: Engine,
  { counts }: Aggregate,
  path: string,
): Promise<number> {
  const [row = {}] = await engine.rows(sql`
    select coalesce(sum(${identifier(counts)}), 0)::bigint as events
    from ${parquet([path])} where hour is null`);
  return numberAt(row, 'events');
}
