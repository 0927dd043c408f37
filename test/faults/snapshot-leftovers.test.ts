import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MANIFEST_FILE } from '../../lib/dataset/layout.ts';
import { setsOf } from '../../lib/dataset/snapshot.ts';
import { engineId, openDuckDB } from '../../lib/engine/duckdb.ts';
import { openLocalStore } from '../../lib/store/local.ts';
import type { Store } from '../../lib/store/store.ts';
import { tasksOf } from '../../lib/task/load.ts';
import * as snapshot from '../../tasks/snapshot.ts';
import { clean } from '../../tasks/store.ts';
import { Killed, mortalStore } from '../dataset/turns.ts';
import { runTasks } from '../rig/run.ts';
import { testEffects } from '../store/system.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipe-'));
  store = openLocalStore(join(folder, 'store'), testEffects());
  for (const day of [1, 2]) await storeDay(day);
  await killedMerge();
});
afterEach(() => rm(folder, { recursive: true }));

test('a merge that was killed behind its commit is finished by the same command', async () => {
  expect((await strays()).length).toBeGreaterThan(1);
  await run('snapshot:merge', ['--dataset=d']);
  expect(await strays()).toEqual([]);
  expect(await stateOf(2)).toBe(dump(2));
});

test('or by store:clean', async () => {
  await run('store:clean', ['--older-than=0'], { now: Date.now() + 1000 });
  expect(await strays()).toEqual([]);
  expect(await stateOf(2)).toBe(dump(2));
});

test('or by the next publish of the day', async () => {
  await storeDay(2, 'full');
  expect(await strays()).toEqual([]);
});

test('its journal takes no files away that a later set has taken over', async () => {
  await storeDay(3);
  await run('snapshot:merge', ['--dataset=d', '--when=always', '--bucket-rows=5']);
  const [, , last] = await setsOf(store, 'd');
  expect(new Set(last?.buckets.map(({ date }) => date))).toContain('2026-11-02');
  await run('snapshot:expire', ['--dataset=d', '--keep-days=1', '--grace-hours=0'], {
    now: Date.parse('2026-11-03T12:00:00Z'),
  });
  expect(await setsOf(store, 'd')).toHaveLength(1);
  await run('store:clean', ['--older-than=0'], { now: Date.now() + 1000 });
  expect(await strays()).toEqual([]);
  expect(await stateOf(3)).toBe(dump(3));
});

/** Dies before it removes anything. */
async function killedMerge(): Promise<void> {
  const dying: Store = {
    ...mortalStore(store, Infinity),
    remove: () => Promise.reject(new Killed()),
  };
  const { report } = await runTasks(
    tasksOf(snapshot),
    'snapshot:merge',
    ['--dataset=d', '--when=always', '--bucket-rows=5'],
    options({ store: dying }),
  );
  expect(report.status).toBe('failed');
  expect((await setsOf(store, 'd')).map(({ set }) => set.kind)).toEqual(['full', 'full']);
}

/** Objects that no set has a use for. */
async function strays(): Promise<readonly string[]> {
  const used = new Set(
    (await setsOf(store, 'd')).flatMap(({ buckets }) => buckets.map((b) => b.key)),
  );
  const all: string[] = [];
  for await (const { key } of store.list('d/')) all.push(key);
  return all.filter((key) => !used.has(key) && !key.endsWith(`/${MANIFEST_FILE}`));
}

async function storeDay(day: number, kind = 'diff'): Promise<void> {
  const from = join(folder, 'dump.csv');
  await writeFile(from, dump(day));
  const args = ['--dataset=d', '--key=id', `--from=${from}`, `--date=2026-11-0${day}`];
  await run(`snapshot:${kind}`, [...args, '--bucket-rows=5']);
}

async function stateOf(day: number): Promise<string> {
  const to = join(folder, 'read.csv');
  await run('snapshot:read', ['--dataset=d', `--as-of=2026-11-0${day}`, `--to=${to}`]);
  return await readFile(to, 'utf8');
}

async function run(task: string, args: readonly string[], more: object = {}): Promise<void> {
  const { report } = await runTasks([...tasksOf(snapshot), clean], task, args, options(more));
  expect(report.error).toBeUndefined();
  expect(report.exitCode).toBe(0);
}

function options(more: object): object {
  return {
    store,
    cwd: folder,
    clock: Date.now,
    engineId: engineId(),
    openEngine: () => openDuckDB({ threads: 1 }),
    ...more,
  };
}

/** On each day another part of the records changes. */
function dump(day: number): string {
  const lines = Array.from({ length: 20 }, (_, n) => {
    const version = n < (4 - day) * 5 ? day : Math.min(day, 4 - Math.floor(n / 5));
    return `${String(n).padStart(3, '0')},v${version}`;
  });
  return ['id,v', ...lines, ''].join('\n');
}
