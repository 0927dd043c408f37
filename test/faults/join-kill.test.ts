import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Row } from '../../lib/engine/engine.ts';
import { literal, sql } from '../../lib/engine/sql.ts';
import { createRig, pipeBin } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

/** At random moments of a run; more with PIPE_JOIN_KILLS. */
const kills = Number(process.env['PIPE_JOIN_KILLS'] ?? 5);
const shards = 4;
const command =
  `join:sharded -- --left=left.parquet --right=right.parquet --on=k --how=full --to=joined --memory=200MB --strategy=hot --shards=${shards}`.split(
    ' ',
  );

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({ 'package.json': '{}' });
  const engine = await openDuckDB({ threads: 1 });
  // More than fits into the memory of the join, so that it spills.
  await engine.execute(sql`copy (select case when range % 3 = 0 then 7 else range end as k,
    md5(range::varchar) || md5((range + 1)::varchar) as text from range(400000))
    to ${literal(rig.path('left.parquet'))} (format parquet)`);
  await engine.execute(sql`copy (select range * 2 as k, md5(range::varchar) as name from range(200000))
    to ${literal(rig.path('right.parquet'))} (format parquet)`);
  await engine.close();
});
afterAll(() => rig.remove());

test(
  `a join killed ${kills} times ends with the rows of an undisturbed one`,
  async () => {
    const start = performance.now();
    const first = await rig.pipe(command);
    expect(first.code, first.stderr).toBe(0);
    const durationMs = performance.now() - start;
    const undisturbed = await rows();
    await rig.shell('rm -r data');
    const lost: number[] = [];
    let before = 0;
    for (let kill = 0; kill < kills; kill++) {
      const code = await runFor(durationMs * (0.1 + 0.9 * Math.random()));
      const done = await shardsDone();
      if (!(await isPublished()) && done < before) lost.push(kill);
      before = done;
      // Whatever was faster begins anew.
      if (code === 0) await rig.shell('rm -r data');
      if (code === 0) before = 0;
    }
    // What is done stays done until all of it is published.
    expect(lost).toEqual([]);
    const { code, stderr } = await rig.pipe(command);
    expect(code, stderr).toBe(0);
    expect(await rows()).toEqual(undisturbed);
    expect(await readdir(rig.path('data/.pipe/staging'))).toEqual([]);
    expect(await shardsDone()).toBe(0);
    expect((await rig.pipe(command)).stderr).toContain('up to date');
  },
  120_000 + kills * 20_000,
);

/** Runs the command, kills it after a while, and returns its exit code if it was faster. */
function runFor(ms: number): Promise<number | null> {
  const child = spawn(process.execPath, [pipeBin, ...command], {
    cwd: rig.folder,
    stdio: 'ignore',
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

async function shardsDone(): Promise<number> {
  const names = await readdir(rig.path('data/joins/joined/shards'), { recursive: true }).catch(
    (): string[] => [],
  );
  return names.filter((name) => name.endsWith('_manifest.json')).length;
}

async function isPublished(): Promise<boolean> {
  const names = await readdir(rig.path('data/joined')).catch((): string[] => []);
  return names.includes('_manifest.json');
}

/** How many rows there are, and a sum that tells other ones. */
async function rows(): Promise<readonly Row[]> {
  const engine = await openDuckDB({ threads: 1 });
  try {
    const files = literal(join(rig.path('data/joined'), '*.parquet'));
    return await engine.rows(sql`
      select count(*) as rows, sum(hash(k, text, name)::hugeint)::varchar as sum
      from read_parquet(${files})`);
  } finally {
    await engine.close();
  }
}
