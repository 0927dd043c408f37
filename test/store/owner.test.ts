import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
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
