import { parseDuration } from '../dates/duration.ts';
import type { IfRunning, LeaseSettings } from '../run/leases.ts';
import type { LocalEffects } from '../store/owner.ts';
import { oneOf } from '../task/values.ts';

/** What the command line and the environment say about runs that meet. */
export interface OverlapSettings {
  readonly ifRunning: IfRunning;
  readonly staleMs: number;
  /** How long a leaf waits for another run. */
  readonly waitMs: number;
}

/** Long enough for a store that is out of reach for a while, short enough for the next hour's run. */
const DEFAULT_STALE_MS = 60_000;

/** Longer than most steps take, and an end where the other run hangs: from cron more would come and wait each hour. */
const DEFAULT_WAIT_MS = 3_600_000;

/** Throws UsageError. `PIPE_LEASE_STALE` alone sets how long a silent run is believed to live. */
export function overlapSettings(given: (name: string) => string | undefined): OverlapSettings {
  const [stale, wait] = ['lease-stale', 'wait'].map(given);
  return {
    ifRunning: oneOf(
      given('if-running') ?? 'wait',
      ['wait', 'skip', 'fail', 'take-over'] as const,
      '--if-running',
    ),
    waitMs: wait === undefined ? DEFAULT_WAIT_MS : parseDuration(wait, '--wait'),
    staleMs: stale === undefined ? DEFAULT_STALE_MS : parseDuration(stale, 'PIPE_LEASE_STALE'),
  };
}

/** Leases as this process takes them. */
export function leaseSettings(
  settings: OverlapSettings,
  system: LocalEffects,
  pause: LeaseSettings['pause'],
): LeaseSettings {
  const { host, pid, start } = system;
  return {
    ...settings,
    owner: { host, pid, start },
    liveness(owner) {
      if (owner.host !== host || bootOf(owner.start) !== bootOf(start)) return 'unknown';
      if (bootOf(start) === undefined) return 'unknown';
      if (owner.pid === pid) return owner.start === start ? 'alive' : 'dead';
      return system.isAlive(owner.pid, owner.start) ? 'alive' : 'dead';
    },
    elapsed: () => performance.now(),
    pause,
  };
}

/** Machines may share a name; which boot of which machine it was is known on Linux alone. */
function bootOf(start: string): string | undefined {
  return /^(.+)\./.exec(start)?.[1];
}
