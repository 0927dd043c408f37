import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ownedName, ownerLives, systemEffects } from '../../lib/store/owner.ts';
import { testEffects } from './system.ts';

const effects = testEffects();

test('another process lives until it ends', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const other = systemEffects(systemOf(child.pid ?? 0));
  const name = ownedName('run', other);
  expect(ownerLives(name, 0, effects)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(ownerLives(name, 0, effects)).toBe(false);
});

test.skipIf(!existsSync('/proc/self/stat'))(
  'a process with a reused pid is not its predecessor',
  () => {
    expect(effects.isAlive(process.ppid, 'earlier')).toBe(false);
    expect(ownerLives(ownedName('run', { ...effects, start: 'earlier' }), 0, effects)).toBe(false);
  },
);

test.skipIf(!existsSync('/proc/self/stat'))(
  'a process that has ended is dead before anybody has taken note of it',
  async () => {
    // The shell becomes a program that knows nothing of the child it gets with it.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60']);
    const [line]: Buffer[] = await parent.stdout.take(1).toArray();
    const pid = Number(line);
    const name = ownedName('run', systemEffects(systemOf(pid)));
    expect(ownerLives(name, 0, effects)).toBe(true);
    while (!/\) Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8'))) await sleep(10);
    expect(ownerLives(name, 0, effects)).toBe(false);
    parent.kill();
  },
);

test('a name is one segment, whatever the label and the host', () => {
  const name = ownedName(`a/b~c ${'x'.repeat(300)}`, { ...effects, host: 'h/~'.repeat(100) });
  expect(name).toMatch(/^[\w.~-]{1,255}$/);
  expect(name.split('~')).toHaveLength(6);
  expect(ownerLives(name, 60_000, effects)).toBe(true);
});

function systemOf(pid: number): Parameters<typeof systemEffects>[0] {
  return {
    hostname: effects.host,
    pid,
    kill: (other, signal) => process.kill(other, signal),
    now: () => Date.now(),
  };
}
