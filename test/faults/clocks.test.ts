import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';
import { asHost, canName, canSkew, clock, makingTasks } from './hosts.ts';
import { start } from './processes.ts';

/** `PIPE_TEST_ROUNDS=20` takes three minutes. */
const rounds = Number(process.env['PIPE_TEST_ROUNDS'] ?? 1);
const keys = 6;

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
  await rig.write({ 'package.json': '{}', 'tasks/test.ts': makingTasks, 'published.log': '' });
});
afterEach(() => rig.remove());

describe.skipIf(!canName || !canSkew)(
  'processes of several hosts whose clocks differ by minutes',
  () => {
    /** By host: behind, ahead, right. */
    const offsets = ['-7m', '+0', '+7m', '-90s', '+2m', '-3m', '+90s', '+30m'];

    test.each([2, 8])(
      '%d on one window publish each generation once',
      async (processes) => {
        for (let round = 0; round < rounds; round++) {
          await race(processes, (host) => clock({ by: offsets[host] ?? '+0' }));
        }
        expect(await generations()).toEqual(each(rounds * processes));
      },
      60_000 * (rounds + 1),
    );

    test(
      'nor does a jump of a clock midway make any twice',
      async () => {
        for (let round = 0; round < rounds; round++) {
          await Promise.all([0, 1, 2, 3].map((host) => writeFile(rig.path(`clock-${host}`), '+0')));
          const racing = race(4, (host) => clock({ file: rig.path(`clock-${host}`) }));
          for (const jump of ['+7m', '-7m', '+1d', '+0']) {
            await sleep(150);
            for (const host of [0, 2]) await writeFile(rig.path(`clock-${host}`), jump);
          }
          await racing;
        }
        expect(await generations()).toEqual(each(rounds * 4));
      },
      60_000 * (rounds + 1),
    );

    /** Everybody makes everything anew. */
    async function race(
      processes: number,
      clockOf: (host: number) => Record<string, string>,
    ): Promise<void> {
      const command = ['--force', '--jobs=3', 'test:all', '--', `--keys=${keys}`];
      const started = Array.from({ length: processes }, (_, host) =>
        start(rig, command, { under: asHost(`host-${host}`), env: clockOf(host) }),
      );
      for (const { ended } of started) {
        const { code, stderr } = await ended;
        expect(code, stderr).toBe(0);
      }
    }
  },
);

/** Of every partition the generations that were published, in ascending order, and the one that is there now. */
async function generations(): Promise<Record<string, readonly number[]>> {
  const lines = (await readFile(rig.path('published.log'), 'utf8')).trimEnd().split('\n');
  const found: Record<string, number[]> = {};
  for (const line of lines) {
    const [key = '', generation] = line.split(' ');
    (found[key] ??= []).push(Number(generation));
  }
  for (const [key, all] of Object.entries(found)) {
    const path = rig.path(`data/made/key=${key}/_manifest.json`);
    const { generation }: { generation: number } = JSON.parse(await readFile(path, 'utf8'));
    all.sort((a, b) => a - b).push(generation);
  }
  return found;
}

/** What {@link generations} gives where each of so many publishes has one of its own. */
function each(publishes: number): Record<string, readonly number[]> {
  const all = Array.from({ length: publishes }, (_, index) => index + 1);
  return Object.fromEntries(Array.from({ length: keys }, (_, n) => [`k${n}`, [...all, publishes]]));
}
