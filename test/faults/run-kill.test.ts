import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Row } from '../../lib/engine/engine.ts';
import { literal, sql } from '../../lib/engine/sql.ts';
import { createRig, pipeBin } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

/** Enough for some to hit each step of a run; the publish step has a test of its own with many more. */
const kills = 12;
const command = ['--now=2026-11-20', 'stats:multi', '--', '--sites=a,b', '--days-ago=7'];

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({ 'package.json': '{}' });
  for (const line of [
    'events:sample -- --sites=a,b --rows=300',
    'events:ingest -- --site=a data/samples/site=a',
    'events:ingest -- --site=b data/samples/site=b',
  ]) {
    await rig.pipe(['--now=2026-11-20', ...line.split(' ')]);
  }
});
afterAll(() => rig.remove());

test(`a run killed ${kills} times ends with the rows of an undisturbed one`, async () => {
  const start = performance.now();
  await rig.pipe(command);
  const durationMs = performance.now() - start;
  const undisturbed = await rowsOf('data/stats');
  expect(undisturbed.length).toBeGreaterThan(100);
  await rig.shell('rm -r data/stats');
  const seen: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    // From before the first partition to well into the run; each run goes on where the last one died.
    if ((await runFor(durationMs * (0.2 + (0.6 * kill) / kills))) === 0) break;
    seen.push((await rowsOf('data/stats')).length);
  }
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(seen.some((rows) => rows > 0 && rows < undisturbed.length)).toBe(true);
  const { code, stderr } = await rig.pipe(command);
  expect(code, stderr).toBe(0);
  expect(await rowsOf('data/stats')).toEqual(undisturbed);
  expect(await readdir(rig.path('data/.pipe/staging'))).toEqual([]);
  expect((await rig.pipe(command)).stderr).toBe('everything is up to date (48 partitions)\n');
});

test('an ingest killed midway neither loses nor doubles lines', async () => {
  const before = await rowsOf('data/events');
  await rig.shell('rm -r data/events data/rejects');
  for (let kill = 0; kill < kills / 2; kill++) {
    for (const site of ['a', 'b']) {
      const args = ['events:ingest', '--', `--site=${site}`, `data/samples/site=${site}`];
      await runFor(150 + kill * 30, args);
    }
  }
  for (const site of ['a', 'b']) {
    const { code, stderr } = await rig.pipe([
      'events:ingest',
      '--',
      `--site=${site}`,
      `data/samples/site=${site}`,
    ]);
    expect(code, stderr).toBe(0);
  }
  expect(await rowsOf('data/events')).toEqual(before);
});

/** Runs the command, kills it after a while, and returns its exit code if it was faster. */
function runFor(ms: number, args: readonly string[] = command): Promise<number | null> {
  const child = spawn(process.execPath, [pipeBin, ...args], { cwd: rig.folder, stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

/** Every row below a folder, by a plain glob; a file that is not whole would fail to be read. */
async function rowsOf(folder: string): Promise<readonly Row[]> {
  const engine = await openDuckDB({ threads: 1 });
  try {
    const [count = {}] = await engine.rows(
      sql`select count(*) as n from glob(${rig.path(`${folder}/**/*.parquet`)})`,
    );
    if (count['n'] === 0) return [];
    const files = literal(rig.path(`${folder}/**/*.parquet`));
    return await engine.rows(sql`
      select * from read_parquet(${files}, hive_partitioning = true, union_by_name = true) order by all`);
  } finally {
    await engine.close();
  }
}
