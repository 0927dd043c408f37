import { hostname } from 'node:os';
import { systemEffects, type LocalEffects } from '../../lib/store/owner.ts';

/** The effects of the process that runs the tests. */
export function testEffects(): LocalEffects {
  return systemEffects({
    hostname: hostname(),
    pid: process.pid,
    kill: (pid, signal) => process.kill(pid, signal),
    now: () => Date.now(),
  });
}
