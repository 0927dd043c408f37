import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Row } from '../../lib/engine/engine.ts';
import { literal, sql } from '../../lib/engine/sql.ts';
import { createRig, pipeBin } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

const kills = 6;
const objects = 2000;
const command = ['harvest:pack', '--', '--from=objects', '--to=docs', '--chunks=8'];

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  const files = Array.from({ length: objects }, (_, n) => [
    `objects/${n % 10}/${n}.json`,
    `{"n":${n}}`,
  ]);
  await rig.write({ 'package.json': '{}', ...Object.fromEntries(files) });
});
afterAll(() => rig.remove());

test(`packing killed ${kills} times ends with the records of an undisturbed run`, async () => {
  await rig.pipe(command);
  const undisturbed = await recordsIn('data/docs');
  expect(undisturbed).toHaveLength(objects);
  await rig.shell('rm -r data/docs data/lists');
  const seen: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    // First while the list is made, then while a chunk is on its way, each time a little later.
    const folder = kill < 3 ? 'data/lists/docs' : 'data/docs';
    const before = await entriesIn(folder);
    await killedWhen(async () => (await entriesIn(folder)) > before, kill * 15);
    seen.push((await recordsIn('data/docs')).length);
  }
  // Whole chunks alone.
  expect(seen.filter((count) => count % (objects / 8) !== 0)).toEqual([]);
  expect(seen.some((count) => count > 0 && count < objects)).toBe(true);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  const { code, stderr } = await rig.pipe(command);
  expect(code, stderr).toBe(0);
  expect(await recordsIn('data/docs')).toEqual(undisturbed);
  expect(await readdir(rig.path('data/.pipe/staging'))).toEqual([]);
  expect((await rig.pipe(command)).stderr).toMatch(
    /everything is up to date \([78] chunks, 2,?000 keys\)/,
  );
}, 120_000);

/** Runs the command and kills it some milliseconds after a condition has come to hold. */
async function killedWhen(holds: () => Promise<boolean>, delayMs: number): Promise<void> {
  const child = spawn(process.execPath, [pipeBin, ...command], {
    cwd: rig.folder,
    stdio: 'ignore',
  });
  const ended = once(child, 'close');
  while (child.exitCode === null && !(await holds())) await setTimeout(2);
  await setTimeout(delayMs);
  child.kill('SIGKILL');
  await ended;
}

async function entriesIn(folder: string): Promise<number> {
  const names = await readdir(rig.path(folder)).catch(() => []);
  return names.length;
}

/** Every record, by a plain glob; a file that is not whole would fail to be read. */
async function recordsIn(folder: string): Promise<readonly Row[]> {
  const engine = await openDuckDB({ threads: 1 });
  const files = rig.path(`${folder}/**/*.parquet`);
  try {
    const [count = {}] = await engine.rows(sql`select count(*) as n from glob(${files})`);
    if (count['n'] === 0) return [];
    return await engine.rows(sql`
      select * from read_parquet(${literal(files)}, hive_partitioning = false) order by id`);
  } finally {
    await engine.close();
  }
}
