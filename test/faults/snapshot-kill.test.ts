import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chainOf, setsOf } from '../../lib/dataset/snapshot.ts';
import { addDays, daysBetween } from '../../lib/dates/day.ts';
import type { Day } from '../../lib/dates/day.ts';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Engine } from '../../lib/engine/engine.ts';
import { textAt } from '../../lib/engine/row.ts';
import { State } from '../../lib/operations/merge/state.ts';
import { openLocalStore } from '../../lib/store/local.ts';
import { openS3Store } from '../../lib/store/s3/s3.ts';
import type { Store } from '../../lib/store/store.ts';
import { createRig, pipeBin } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { newBucket } from '../rig/s3-server/state.ts';
import { patientLimits, testCredentials } from '../store/s3-rig.ts';
import { testEffects } from '../store/system.ts';

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

interface Place {
  readonly env: Readonly<Record<string, string>>;
  readonly open: () => Store;
}

const places: Readonly<Record<string, () => Place>> = {
  'a folder': () => ({
    env: {},
    open: () => openLocalStore(rig.path('data'), testEffects()),
  }),
  S3: () => {
    server.state.buckets.set('bucket', newBucket());
    return {
      env: {
        PIPE_S3_ENDPOINT: server.endpoint,
        PIPE_STORE: 's3://bucket/store',
        AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        TMPDIR: rig.path('tmp'),
      },
      open: () =>
        openS3Store(
          { bucket: 'bucket', prefix: 'store' },
          {
            effects: testEffects(),
            spool: rig.path('tmp/reader'),
            endpoint: server.endpoint,
            region: 'us-east-1',
            credentials: testCredentials,
            limits: patientLimits,
          },
        ),
    };
  },
};

describe.each(Object.entries(places))('on %s', (_, place) => {
  test(
    `the daily task, killed ${KILLS} times and run twice at once, leaves every kept day as it was`,
    async () => {
      const { env, open } = place();
      const store = open();
      // How long a run takes now.
      let durationMs = 600;
      let day = FIRST;
      let killed = 0;
      const undisturbed: (number | null)[] = [];
      for (let turn = 0; killed < KILLS; turn++) {
        await writeDump(day);
        const child = start(day, env);
        if (turn % 5 === 4) {
          // The other one waits, or finds it done.
          const other = start(day, env);
          undisturbed.push(await child.code, await other.code);
        } else if (turn > 0) {
          const timer = setTimeout(() => child.kill(), durationMs * (0.3 + 0.7 * Math.random()));
          const began = performance.now();
          const code = await child.code;
          clearTimeout(timer);
          if (code === null) killed++;
          else durationMs += 0.3 * (performance.now() - began - durationMs);
        } else undisturbed.push(await child.code);
        await check(store, day);
        if (turn % 3 !== 1) day = addDays(day, 1);
      }
      expect(undisturbed.filter((code) => code !== 0)).toEqual([]);
      await writeDump(day);
      expect(await start(day, env).code).toBe(0);
      expect(await check(store, day)).toBe(day);
      const verified = await rig.pipe(['snapshot:verify', '--', '--dataset=d'], { env });
      expect(verified.code, verified.stderr).toBe(0);
    },
    60_000 + KILLS * 10_000,
  );
});

function start(day: Day, env: Readonly<Record<string, string>>) {
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
  const child = spawn(process.execPath, [pipeBin, ...args], {
    cwd: rig.folder,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], HOME: rig.folder, ...env },
  });
  const code = once(child, 'close').then(() => child.exitCode);
  return { code, kill: (): boolean => child.kill('SIGKILL') };
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
