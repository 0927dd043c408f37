import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig, pipeBin } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

/** Runs of the same days in pairs; every one but the last is killed. `PIPE_TEST_KILLS=200` takes two minutes. */
const rounds = Number(process.env['PIPE_TEST_KILLS'] ?? 20) / 2;
const days = 12;
/** Leaves work for some milliseconds, so that most kills hit one that holds a lease. */
const tasks = `
import { appendFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from 'pipe';

const partition = (key) => ({ dataset: 'made', keys: { key } });

export const one = defineTask({
  name: 'test:one',
  summary: 'Make one',
  usage: '--key=<key>',
  outputs: ({ key }) => [{ partition: partition(key), inputs: [] }],
  async run({ key }, context) {
    await sleep(25);
    const path = (await context.staging()).path('data.parquet');
    await writeFile(path, context.clock() + ' ' + process.pid);
    const { generation } = await context.publish({
      partition: partition(key),
      files: [{ name: 'data.parquet', path, rows: 1 }],
      rows: { in: 1, out: 1, rejected: 0, filtered: 0 },
      schema: [],
    });
    await appendFile('published.log', key + ' ' + generation + '\\n');
  },
});

export const all = defineTask({
  name: 'test:all',
  summary: 'Make all',
  usage: '',
  *plan() {
    for (let n = 0; n < ${days}; n++) yield { task: 'test:one', args: { key: 'k' + n } };
  },
});
`;

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({ 'package.json': '{}', 'tasks/test.ts': tasks, 'published.log': '' });
});
afterAll(() => rig.remove());

test(
  `${2 * rounds} runs killed in pairs block nobody, and no generation publishes twice`,
  async () => {
    const start = performance.now();
    const first = await rig.pipe(['test:all']);
    expect(first.code, first.stderr).toBe(0);
    const durationMs = performance.now() - start;
    let held = 0;
    for (let round = 0; round < rounds; round++) {
      // Two share the machine, so that both take longer.
      const atMs = durationMs * (0.5 + (1.2 * round) / rounds);
      await Promise.all([runFor(atMs), runFor(atMs * 1.1)]);
      held += (await leases()).length;
    }
    // A whole day: who died on this machine is known to be dead.
    const end = await rig.pipe(['--force', 'test:all'], { env: { PIPE_LEASE_STALE: '1d' } });
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toContain(`${days} done`);
    expect(await leases()).toEqual([]);
    const published = (await readFile(rig.path('published.log'), 'utf8')).trimEnd().split('\n');
    expect(published.length).toBeGreaterThan(2 * days);
    expect(new Set(published).size).toBe(published.length);
    expect(await readdir(rig.path('data/made'))).toHaveLength(days);
    console.log(
      `${2 * rounds} kills left ${held} leases behind; ${published.length} publishes, each of a generation of its own`,
    );
  },
  120_000 + rounds * 10_000,
);

/** Makes everything anew, and is killed after a while. */
function runFor(ms: number): Promise<void> {
  const child = spawn(process.execPath, [pipeBin, '--force', 'test:all'], {
    cwd: rig.folder,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], HOME: rig.folder },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  return new Promise((resolve) => {
    child.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function leases(): Promise<string[]> {
  return await readdir(rig.path('data/.pipe/leases')).catch(() => []);
}
