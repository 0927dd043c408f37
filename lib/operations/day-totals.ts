import { listPartitions } from '../dataset/catalog.ts';
import { DATA_FILE } from '../dataset/layout.ts';
import type { Engine } from '../engine/engine.ts';
import { parquet } from '../engine/parquet.ts';
import { numberAt, textAt } from '../engine/row.ts';
import { identifier, sql } from '../engine/sql.ts';
import { ChangedError } from '../store/conflict.ts';
import type { Staging, Store } from '../store/store.ts';
import type { Aggregate } from './aggregate.ts';

/** What is published of an aggregate for one site and day. */
export interface DayTotals {
  readonly events: number;
  /** Of the whole day; undefined where the aggregate has groups, since distinct things do not add up. */
  readonly distinct: number | undefined;
  /** Events of the local hours 0 to 23. */
  readonly hours: readonly number[];
}

export interface TotalsEffects {
  readonly store: Pick<Store, 'list' | 'download'>;
  engine(): Promise<Engine>;
  staging(): Promise<Staging>;
}

/**
 * What is published of an aggregate for these sites and days, by the name that
 * {@link siteDay} gives to a site and day; those that are not published are absent.
 */
export async function readDayTotals(
  aggregate: Aggregate,
  sites: readonly string[],
  days: readonly string[],
  effects: TotalsEffects,
): Promise<ReadonlyMap<string, DayTotals>> {
  const files = await publishedFiles(aggregate, sites, days, effects);
  if (files.size === 0) return new Map();
  const engine = await effects.engine();
  const rows = await engine.rows(sql`
    select filename, coalesce(hour, -1) as hour,
      sum(${identifier(aggregate.counts)})::double as events,
      sum(${identifier(aggregate.distinct)})::double as things
    from ${parquet([...files.values()], { withFilename: true })}
    group by filename, hour`);
  const found = new Map(
    rows.map((row) => [`${numberAt(row, 'hour')} ${textAt(row, 'filename')}`, row]),
  );
  const totals = [...files].map(([name, file]): [string, DayTotals] => {
    const count = (hour: number, column: string): number => {
      const row = found.get(`${hour} ${file}`);
      return row ? numberAt(row, column) : 0;
    };
    const distinct = aggregate.groups.length === 0 ? count(WHOLE_DAY, 'things') : undefined;
    const hours = Array.from({ length: 24 }, (_, hour) => count(hour, 'events'));
    return [name, { events: count(WHOLE_DAY, 'events'), distinct, hours }];
  });
  return new Map(totals);
}

/** Names a site and day; unlike any other, since neither holds a slash. */
export function siteDay(site: string, day: string): string {
  return `${site}/${day}`;
}

const WHOLE_DAY = -1;

/** How often a day may be published anew between being listed and being read. */
const MAX_ATTEMPTS = 3;

async function publishedFiles(
  aggregate: Aggregate,
  sites: readonly string[],
  days: readonly string[],
  effects: TotalsEffects,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const site of sites) {
    for (const [day, file] of await filesOfSite(aggregate, site, new Set(days), effects)) {
      files.set(siteDay(site, day), file);
    }
  }
  return files;
}

async function filesOfSite(
  aggregate: Aggregate,
  site: string,
  days: ReadonlySet<string>,
  effects: TotalsEffects,
): Promise<ReadonlyMap<string, string>> {
  for (let attempt = 1; ; attempt++) {
    try {
      const files = new Map<string, string>();
      for await (const found of listPartitions(effects.store, `stats/${aggregate.name}`, {
        site,
      })) {
        const { date } = found.partition.keys;
        const file = found.files.get(DATA_FILE);
        if (date === undefined || !days.has(date) || !file || !found.manifest) continue;
        files.set(date, await effects.store.download(file.key, await effects.staging(), file));
      }
      return files;
    } catch (error) {
      if (!(error instanceof ChangedError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}
