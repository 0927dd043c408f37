import { listPartitions, dataPaths } from '../../dataset/catalog.ts';
import { DATA_FILE, prefixOf } from '../../dataset/layout.ts';
import type { Input, Manifest } from '../../dataset/manifest.ts';
import type { Draft } from '../../dataset/publish.ts';
import { readListed, readManifest } from '../../dataset/published.ts';
import type { Published } from '../../dataset/published.ts';
import type { Engine } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { numberAt } from '../../engine/row.ts';
import { join, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { ConflictError } from '../../store/conflict.ts';
import type { Staging, Store } from '../../store/store.ts';
import { inputOf } from './accounts.ts';
import { eventColumns, incoming } from './incoming.ts';
import type { Loaded } from './incoming.ts';

/** What publishing needs of a running task. */
export interface Effects {
  readonly engine: Engine;
  readonly store: Store;
  readonly staging: Staging;
  publish(draft: Draft): Promise<unknown>;
}

/** Rows for one UTC day, by number of the source. */
export interface NewDay {
  /** Days since 1970-01-01. */
  readonly day: number;
  readonly rows: ReadonlyMap<number, number>;
}

/** The days that the table `incoming` has rows for, in order. */
export async function newDays(engine: Engine): Promise<NewDay[]> {
  const rows = await engine.rows(sql`
    select epoch_us(ts) // ${raw(String(DAY_US))} as day, source, count(*) as rows from ${incoming}
    where reason is null group by all order by day, source`);
  const days = new Map<number, Map<number, number>>();
  for (const row of rows) {
    const day = numberAt(row, 'day');
    const sources = days.get(day) ?? new Map<number, number>();
    days.set(day, sources.set(numberAt(row, 'source'), numberAt(row, 'rows')));
  }
  return [...days].map(([day, sources]) => ({ day, rows: sources }));
}

/** `2026-11-19`, the value of the key `date`. */
export function dateOf(day: number): string {
  return new Date(day * (DAY_US / 1000)).toISOString().slice(0, 10);
}

/** The days of a site, since 1970-01-01, that hold rows of sources with one of these hashes. Reads every day's manifest. */
export async function daysWith(
  store: Store,
  site: string,
  versions: ReadonlySet<string>,
): Promise<number[]> {
  const days: number[] = [];
  for await (const listing of listPartitions(store, 'events', { site })) {
    const published = await readListed(store, listing);
    const isHeld = published?.manifest.inputs.some(({ version }) => versions.has(version));
    if (isHeld) days.push(Date.parse(listing.partition.keys['date'] ?? '') / (DAY_US / 1000));
  }
  return days;
}

/** What is published of a day. */
export function readDay(store: Store, site: string, day: number): Promise<Published | undefined> {
  return readManifest(store, prefixOf(partitionOf(site, day)));
}

/**
 * Publishes a day: what it held without the rows of the sources in `replaced` (hashes), then the
 * new rows. When somebody else publishes the day meanwhile it is done again on top of theirs.
 */
export async function publishDay(
  effects: Effects,
  site: string,
  loaded: readonly Loaded[],
  replaced: ReadonlySet<string>,
  { day, rows }: NewDay,
): Promise<void> {
  const added = loaded.flatMap(({ number, source }): Input[] => {
    const count = rows.get(number);
    if (count === undefined) return [];
    return [{ ...inputOf(source), rows: count }];
  });
  for (let attempt = 1; ; attempt++) {
    const before = await readDay(effects.store, site, day);
    try {
      await effects.publish(await draftDay(effects, site, day, before, replaced, added));
      return;
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

const DAY_US = 24 * 3600 * 1_000_000;

/** A conflict means that another ingest of the day got through, so few are to be expected. */
const MAX_ATTEMPTS = 20;

function partitionOf(site: string, day: number): Draft['partition'] {
  return { dataset: 'events', keys: { site, date: dateOf(day) } };
}

async function draftDay(
  { engine, store, staging }: Effects,
  site: string,
  day: number,
  before: Published | undefined,
  replaced: ReadonlySet<string>,
  added: readonly Input[],
): Promise<Draft> {
  const old = before?.manifest;
  const kept = (old?.inputs ?? []).filter(({ version }) => !replaced.has(version));
  const fresh = sql`select ${eventColumns} from ${incoming}
    where ts >= make_timestamptz(${raw(String(day * DAY_US))})
      and ts < make_timestamptz(${raw(String((day + 1) * DAY_US))}) and reason is null`;
  const parts =
    kept.length > 0 && old ? [await rowsKept(store, staging, old, replaced), fresh] : [fresh];
  const inputs = [...kept, ...added];
  const path = staging.path(DATA_FILE);
  const written = await engine.write(join(parts, ' union all '), path);
  const expected = inputs.reduce((sum, input) => sum + (input.rows ?? 0), 0);
  if (written.rows !== expected) {
    // Somebody has published the day between our look at its manifest and at its file.
    throw new ConflictError(
      `${dateOf(day)} of ${site} was written with ${written.rows} rows instead of ${expected}; run the same command again`,
    );
  }
  return {
    partition: partitionOf(site, day),
    files: [{ name: DATA_FILE, path, rows: written.rows }],
    rows: { in: expected, out: written.rows, rejected: 0, filtered: 0 },
    schema: written.schema,
    inputs,
    replaces: before?.etag ?? null,
  };
}

/** A manifest's inputs stand in the order of their rows, so each one's are a range of the file. */
async function rowsKept(
  store: Store,
  staging: Staging,
  manifest: Manifest,
  replaced: ReadonlySet<string>,
): Promise<Sql> {
  const paths = await dataPaths(store, manifest, staging);
  const ranges: Sql[] = [];
  let start = 0;
  for (const { version, rows = 0 } of manifest.inputs) {
    const range = sql`file_row_number >= ${raw(String(start))} and file_row_number < ${raw(String(start + rows))}`;
    if (!replaced.has(version)) ranges.push(range);
    start += rows;
  }
  const isWhole = ranges.length === manifest.inputs.length;
  return sql`select ${eventColumns} from ${parquet(paths)}
    where ${isWhole ? raw('true') : join(ranges, ' or ')}`;
}
