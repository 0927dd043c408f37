import type { IfRunning, LeaseHolder, LeaseSettings, Waiter } from '../../lib/run/leases.ts';
import { Leases } from '../../lib/run/leases.ts';
import type { Owner } from '../../lib/run/lease-record.ts';
import type { Store } from '../../lib/store/store.ts';

/** A time that passes only where somebody waits. */
export class Time {
  ms = 0;

  pause(ms: number): Promise<void> {
    this.ms += ms;
    return new Promise((resolve) => setImmediate(resolve));
  }
}

export interface TestLeases {
  readonly ifRunning?: IfRunning;
  readonly staleMs?: number;
  readonly waitMs?: number;
  readonly host?: string;
  readonly time?: Time;
  /** How far the clock is off. */
  readonly skewMs?: number;
  readonly liveness?: (owner: Owner) => 'alive' | 'dead' | 'unknown';
  readonly stop?: AbortSignal;
  readonly pause?: LeaseSettings['pause'];
}

/** Leases of a run on a machine of its own, which can ask nobody whether others live. */
export function leasesOf(store: Store, run: string, options: TestLeases = {}): Leases {
  const { time = new Time(), skewMs = 0 } = options;
  const never = new AbortController().signal;
  const holder: LeaseHolder = {
    store,
    run,
    clock: () => Date.parse('2026-11-20T06:00:00Z') + skewMs,
    stop: options.stop ?? never,
    cancel: never,
  };
  return new Leases(holder, settingsOf(options, time, run));
}

export function settingsOf(options: TestLeases, time: Time, host: string): LeaseSettings {
  return {
    ifRunning: options.ifRunning ?? 'wait',
    // Hearts beat in real time; in a test they beat when told to.
    staleMs: options.staleMs ?? 60_000,
    waitMs: options.waitMs ?? Infinity,
    owner: { host: options.host ?? host, pid: 1, start: 'boot.1' },
    liveness: options.liveness ?? (() => 'unknown'),
    elapsed: () => time.ms,
    pause: options.pause ?? ((ms) => time.pause(ms)),
  };
}

export const waiter: Waiter = { log: () => undefined, signal: new AbortController().signal };
