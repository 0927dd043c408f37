import { hostname } from 'node:os';
import { systemEffects } from '../store/owner.ts';
import type { LocalEffects } from '../store/owner.ts';

/** This process and machine, as a store in a folder knows its owners. */
export function localEffects(): LocalEffects {
  const kill = (pid: number, signal: 0): unknown => process.kill(pid, signal);
  return systemEffects({ hostname: hostname(), pid: process.pid, kill, now: Date.now });
}
