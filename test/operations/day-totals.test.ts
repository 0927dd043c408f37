import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { publish } from '../../lib/dataset/publish.ts';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Engine } from '../../lib/engine/engine.ts';
import { sql } from '../../lib/engine/sql.ts';
import { aggregates } from '../../lib/operations/aggregates.ts';
import { readDayTotals } from '../../lib/operations/day-totals.ts';
import { ChangedError } from '../../lib/store/conflict.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import type { Staging, Store } from '../../lib/store/store.ts';
import { publisher } from '../dataset/drafts.ts';

let engine: Engine;
let store: Store;
let staging: Staging;
beforeAll(async () => {
  engine = await openDuckDB({ threads: 1 });
});
afterAll(() => engine.close());
beforeEach(async () => {
  store = openMemoryStore();
  staging = await store.openStaging('test');
});
afterEach(() => staging.close());

async function publishDay(pageloads: number): Promise<void> {
  const path = staging.path('data.parquet');
  const { rows, schema } = await engine.write(
    sql`select * from (values (9, ${pageloads}, 1), (null, ${pageloads}, 1)) t(hour, pageloads, visitors)`,
    path,
  );
  const partition = { dataset: 'stats/pageloads', keys: { site: 'a', date: '2026-11-19' } };
  const counts = { in: rows, out: rows, rejected: 0, filtered: 0 };
  const files = [{ name: 'data.parquet', path, rows }];
  await publish(store, { partition, files, rows: counts, schema }, publisher());
}

/** Reads the day while it is published anew this often, each time between a listing and the download. */
async function pageloadsDuring(publishes: number): Promise<number | undefined> {
  let published = 0;
  const effects = {
    store: {
      list: (prefix: string) => store.list(prefix),
      async download(...args: Parameters<Store['download']>) {
        if (published < publishes) await publishDay(++published * 100);
        return store.download(...args);
      },
    },
    engine: () => Promise.resolve(engine),
    staging: () => Promise.resolve(staging),
  };
  const totals = await readDayTotals(aggregates.pageloads, ['a'], ['2026-11-19'], effects);
  return totals.get('a/2026-11-19')?.events;
}

test('a day is read as it was listed', async () => {
  await publishDay(7);
  expect(await pageloadsDuring(0)).toBe(7);
});

test('a day that is published anew meanwhile is listed again', async () => {
  await publishDay(7);
  expect(await pageloadsDuring(2)).toBe(200);
});

test('a day that never stands still is told of', async () => {
  await publishDay(7);
  await expect(pageloadsDuring(Infinity)).rejects.toBeInstanceOf(ChangedError);
});
