import { mkdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataPaths } from '../../lib/dataset/catalog.ts';
import { MANIFEST_FILE, prefixOf } from '../../lib/dataset/layout.ts';
import { readManifest } from '../../lib/dataset/published.ts';
import { addDays } from '../../lib/dates/day.ts';
import type { Day } from '../../lib/dates/day.ts';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Engine } from '../../lib/engine/engine.ts';
import { parquet } from '../../lib/engine/parquet.ts';
import { sql } from '../../lib/engine/sql.ts';
import type { Store } from '../../lib/store/store.ts';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { bucketOf, folderOf } from './places.ts';
import type { Place } from './places.ts';
import { start } from './processes.ts';
import type { Started } from './processes.ts';

/** `PIPE_TEST_KILLS=100` takes seven minutes. */
const KILLS = Number(process.env['PIPE_TEST_KILLS'] ?? 2);
const FIRST: Day = '2026-01-01';
const RECORDS = 60;

let rig: Rig;
let server: S3Server;
let engine: Engine;
beforeAll(async () => {
  [rig, server, engine] = [
    await createRig(),
    await startS3Server(),
    await openDuckDB({ threads: 1 }),
  ];
  await rig.write({
    'package.json': '{}',
    'double.sql': 'select id, 2 * v::bigint as double from records',
  });
  await mkdir(rig.path('tmp'));
});
afterAll(async () => {
  await engine.close();
  await server.close();
  await rig.remove();
});

const places: Readonly<Record<string, () => Place>> = {
  'a folder': () => folderOf(rig),
  S3: () => bucketOf(rig, server),
};

describe.each(Object.entries(places))('on %s', (_, place) => {
  test(
    `deriving, killed ${KILLS} times, ends as if nothing had happened`,
    async () => {
      const { env, store } = place();
      // How long an undisturbed run takes; the first one tells.
      let durationMs = Infinity;
      let day = FIRST;
      for (let killed = 0; killed < KILLS || durationMs === Infinity; day = addDays(day, 1)) {
        await storeDay(day, env);
        if (durationMs < Infinity && (await diedWithin(durationMs * Math.random(), day, env))) {
          killed++;
        }
        const began = performance.now();
        expect((await derive(day, env).ended).code).toBe(0);
        durationMs = Math.min(durationMs, performance.now() - began);
        expect({ day, ...(await derived(store, day)) }).toEqual({ day, ...expected(day) });
      }
      const cleaned = await rig.pipe(['store:clean', '--', '--older-than=0'], { env });
      expect(cleaned.code, cleaned.stderr).toBe(0);
      expect(await strays(store)).toEqual([]);
      const verified = await rig.pipe(['snapshot:verify', '--', '--dataset=doubles'], { env });
      expect(verified.code, verified.stderr).toBe(0);
    },
    60_000 + KILLS * 20_000,
  );
});

async function storeDay(day: Day, env: Place['env']): Promise<void> {
  const lines = stateAt(day).map(([id, v]) => `${id},${v}`);
  await rig.write({ 'dump.csv': ['id,v', ...lines, ''].join('\n') });
  const args = ['--dataset=d', '--key=id', '--from=dump.csv', `--date=${day}`];
  const { code, stderr } = await rig.pipe(['snapshot:diff', '--', ...args], { env });
  expect(code, stderr).toBe(0);
}

async function diedWithin(ms: number, day: Day, env: Place['env']): Promise<boolean> {
  const { child, ended } = derive(day, env);
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  const { code } = await ended;
  clearTimeout(timer);
  return code === null;
}

function derive(day: Day, env: Place['env']): Started {
  const args = ['--dataset=d', '--to=doubles', '--with=double.sql', `--date=${day}`];
  return start(rig, ['snapshot:derive', '--', ...args, '--bucket-rows=15'], { env });
}

interface State {
  readonly rows: readonly unknown[];
  /** Keys of records that could not be computed. */
  readonly rejects: readonly unknown[];
}

async function derived(store: Store, date: Day): Promise<State> {
  const staging = await store.openStaging('check');
  const read = async (dataset: string, columns: readonly string[]): Promise<unknown[]> => {
    const published = await readManifest(store, prefixOf({ dataset, keys: { date } }));
    if (!published || published.manifest.files.length === 0) return [];
    const paths = await dataPaths(store, published.manifest, staging);
    const rows = await engine.rows(sql`select * from ${parquet(paths)} order by 1`);
    return rows.map((row) => columns.map((name) => row[name]));
  };
  const state = {
    rows: await read('doubles', ['id', 'double']),
    rejects: (await read('rejects/doubles', ['key'])).flat(),
  };
  await staging.close();
  return state;
}

function expected(day: Day): State {
  const state = stateAt(day);
  return {
    rows: state.filter(([, v]) => v !== 'bad').map(([id, v]) => [id, 2 * Number(v)]),
    rejects: state.filter(([, v]) => v === 'bad').map(([id]) => id),
  };
}

/** Each day other records change, and others are such that nothing can be computed of them. */
function stateAt(day: Day): (readonly [id: string, v: string])[] {
  const age = Number(day.slice(-2));
  return Array.from({ length: RECORDS }, (_, n) => {
    const isBad = n % 20 === age % 20;
    return [`r${String(n).padStart(3, '0')}`, isBad ? 'bad' : String(n + ((age + n) % 7))];
  });
}

/** Objects that no published partition has a use for. */
async function strays(store: Store): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('')) keys.push(key);
  const used = new Set<string>();
  for (const key of keys.filter((each) => each.endsWith(`/${MANIFEST_FILE}`))) {
    const prefix = key.slice(0, -MANIFEST_FILE.length);
    const published = await readManifest(store, prefix);
    for (const { name } of published?.manifest.files ?? []) used.add(prefix + name);
    used.add(key);
  }
  return keys.filter((key) => !used.has(key));
}
