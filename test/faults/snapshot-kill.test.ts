import { mkdir, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chainOf, setsOf } from '../../lib/dataset/snapshot.ts';
import { addDays, daysBetween } from '../../lib/dates/day.ts';
import type { Day } from '../../lib/dates/day.ts';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Engine } from '../../lib/engine/engine.ts';
import { textAt } from '../../lib/engine/row.ts';
import { State } from '../../lib/operations/merge/state.ts';
import type { Store } from '../../lib/store/store.ts';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { bucketOf, folderOf } from './places.ts';
import type { Place } from './places.ts';
import { start } from './processes.ts';
import type { Started } from './processes.ts';

/** `PIPE_TEST_KILLS=200` takes ten minutes. */
const KILLS = Number(process.env['PIPE_TEST_KILLS'] ?? 6);
const FIRST: Day = '2026-01-01';
const KEPT_DAYS = 5;

let rig: Rig;
let server: S3Server;
let engine: Engine;
beforeAll(async () => {
  [rig, server, engine] = [
    await createRig(),
    await startS3Server(),
    await openDuckDB({ threads: 1 }),
  ];
  await rig.write({ 'package.json': '{}' });
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
    `the daily task, killed ${KILLS} times and run twice at once, leaves every kept day as it was`,
    async () => {
      const { env, store } = place();
      // How long a run takes now.
      let durationMs = 600;
      let day = FIRST;
      let killed = 0;
      const undisturbed: (number | null)[] = [];
      for (let turn = 0; killed < KILLS; turn++) {
        await writeDump(day);
        const run = daily(day, env);
        if (turn % 5 === 4) {
          // The other one waits, or finds it done.
          const other = daily(day, env);
          undisturbed.push((await run.ended).code, (await other.ended).code);
        } else if (turn > 0) {
          const timer = setTimeout(
            () => run.child.kill('SIGKILL'),
            durationMs * (0.3 + 0.7 * Math.random()),
          );
          const began = performance.now();
          const { code } = await run.ended;
          clearTimeout(timer);
          if (code === null) killed++;
          else durationMs += 0.3 * (performance.now() - began - durationMs);
        } else undisturbed.push((await run.ended).code);
        await check(store, day);
        if (turn % 3 !== 1) day = addDays(day, 1);
      }
      expect(undisturbed.filter((code) => code !== 0)).toEqual([]);
      await writeDump(day);
      expect((await daily(day, env).ended).code).toBe(0);
      expect(await check(store, day)).toBe(day);
      const verified = await rig.pipe(['snapshot:verify', '--', '--dataset=d'], { env });
      expect(verified.code, verified.stderr).toBe(0);
    },
    60_000 + KILLS * 10_000,
  );
});

function daily(day: Day, env: Place['env']): Started {
  const args = [
    `--now=${day}T12:00:00Z`,
    'snapshot:daily',
    '--',
    '--dataset=d',
    '--key=id',
    '--from=dumps/{date}.csv',
    '--bucket-rows=40',
    '--reads-per-day=0',
    `--keep-days=${KEPT_DAYS}`,
    '--grace-hours=0',
  ];
  return start(rig, args, { env });
}

/** Every day that is there has its state, and as many days are there as were to be kept. Returns the last one. */
async function check(store: Store, today: Day): Promise<string> {
  const sets = await setsOf(store, 'd');
  for (const { day } of sets)
    expect({ day, state: await stateOf(store, day) }).toEqual({ day, state: stateAt(day) });
  const days = sets.map((set) => set.day);
  const last = days.at(-1) ?? '';
  const kept = addDays(today, 1 - KEPT_DAYS);
  for (let day = kept < FIRST ? FIRST : kept; day <= last; day = addDays(day, 1)) {
    expect(days).toContain(day);
  }
  return last;
}

async function stateOf(store: Store, day: string): Promise<readonly string[]> {
  const chain = chainOf(await setsOf(store, 'd'), day);
  if (!chain) return [];
  const staging = await store.openStaging('check');
  const state = await State.open({ engine, store, staging }, chain);
  const rows = await engine.rows(await state.rows());
  await staging.close();
  return rows.map((row) => `${textAt(row, 'id')},${textAt(row, 'v')}`).toSorted();
}

/** 200 records of which 15 change, come or go each day. */
function stateAt(day: string): readonly string[] {
  const age = daysBetween(
    FIRST,
    addDays(FIRST, Math.round((Date.parse(day) - Date.parse(FIRST)) / 86_400_000)),
  );
  const records = Array.from({ length: 200 }, (_, n) => {
    const id = n < 190 ? n : n + age * 10;
    const version = Math.floor((age + n) / 40);
    return `${String(id).padStart(6, '0')},v${version}`;
  });
  return records.toSorted();
}

async function writeDump(day: Day): Promise<void> {
  await mkdir(rig.path('dumps'), { recursive: true });
  await writeFile(rig.path(`dumps/${day}.csv`), ['id,v', ...stateAt(day), ''].join('\n'));
}
