import { durationText } from '../dates/duration.ts';
import type { Store } from '../store/store.ts';
import { readLease } from './lease-record.ts';
import type { LeaseRecord, Owner, StoredLease } from './lease-record.ts';
import { Lease, share, takeFree, takeFrom } from './lease.ts';
import type { Claim } from './lease.ts';
import { LockedError, ownerText } from './locked.ts';
import { Watch } from './watch.ts';

/** What becomes of a leaf whose partition another run is making. */
export type IfRunning = 'wait' | 'skip' | 'fail' | 'take-over';

export interface LeaseSettings {
  readonly ifRunning: IfRunning;
  /** A lease that has been watched for so long without a heartbeat is taken over. */
  readonly staleMs: number;
  /** Who waits for another run for longer than that gives up. Default: nobody does. */
  readonly waitMs?: number;
  readonly owner: Omit<Owner, 'run'>;
  /** What is certain of a process: one of this machine can be asked for. */
  liveness(owner: Owner): 'alive' | 'dead' | 'unknown';
  /** Milliseconds since any moment, never set back or forward. */
  elapsed(): number;
  /** Resolves after a while, or once the signal is aborted. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** The run that takes leases. */
export interface LeaseHolder {
  readonly store: Store;
  readonly run: string;
  readonly clock: () => number;
  readonly stop: AbortSignal;
  readonly cancel: AbortSignal;
}

/** Leases in hand; or why there are none: another run has one, or this run is to stop. */
export type Taken =
  | { readonly kind: 'held'; readonly holding: Holding }
  | { readonly kind: 'left'; readonly reason: string }
  | { readonly kind: 'stopped' };

/** Who takes leases, and waits for them. */
export interface Waiter {
  log(message: string): void;
  readonly signal: AbortSignal;
}

export interface Holding {
  /** A generation for a publish in the scope; throws LockedError when the lease is lost. */
  confirm(scope: string, published: number): Promise<number>;
  giveBack(): Promise<void>;
}

/** Two heartbeats may fail, and a third be late, before anybody takes a lease over. */
const BEATS_PER_STALE = 4;
const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 1000;
/** A store answers within that, or not at all. */
const MAX_CLOSE_MS = 2000;
/** Who waits for longer says so. */
const SAY_AFTER_MS = 2000;

type Result = Lease | { readonly heldBy: LeaseRecord | undefined } | 'stopped';

interface Entry {
  readonly result: Promise<Result>;
  users: number;
  /** Set once the last user has gone; resolves when the lease is given back. */
  leaving?: Promise<void>;
}

/** The leases of a run. Leaves of one run share a lease, so that one may invoke another on its partition. */
export class Leases {
  readonly #holder: LeaseHolder;
  readonly #settings: LeaseSettings;
  readonly #stopped: AbortSignal;
  readonly #entries = new Map<string, Entry>();
  #heart: NodeJS.Timeout | undefined;

  constructor(holder: LeaseHolder, settings: LeaseSettings) {
    this.#holder = holder;
    this.#settings = settings;
    this.#stopped = AbortSignal.any([holder.stop, holder.cancel]);
  }

  /**
   * Takes the leases on scopes, given with the generation that was published last; all or none.
   * Throws {@link LockedError} where another run's work is to be a failure.
   */
  async take(wanted: ReadonlyMap<string, number>, waiter: Waiter): Promise<Taken> {
    const leases = new Map<string, Lease>();
    const giveBack = async (): Promise<void> => {
      await Promise.all([...leases.keys()].map((scope) => this.#leave(scope)));
    };
    // Everybody takes several in the same order, so that nobody waits in a circle.
    for (const [scope, published] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const result = await this.#join(scope, published, waiter).catch(async (error: unknown) => {
        await giveBack();
        throw error;
      });
      if (result instanceof Lease) {
        leases.set(scope, result);
        continue;
      }
      await giveBack();
      if (result === 'stopped') return { kind: 'stopped' };
      return { kind: 'left', reason: this.#refuse(scope, result.heldBy) };
    }
    const confirm = async (scope: string, published: number): Promise<number> => {
      const lease = leases.get(scope);
      if (!lease) throw new Error(`no lease on '${scope}' was taken`);
      return lease.confirm(published);
    };
    return { kind: 'held', holding: { confirm, giveBack } };
  }

  /**
   * Stops the heart and gives back what leaves hold that were given up on: they publish nothing any
   * more, and another machine would wait for them. A store that is out of reach keeps nobody here.
   */
  async close(): Promise<void> {
    clearInterval(this.#heart);
    if (this.#entries.size === 0) return;
    const left = [...this.#entries.values()].map(async ({ result }) => {
      const lease = await result;
      if (lease instanceof Lease) await lease.giveBack();
    });
    const enough = new AbortController();
    await Promise.race([
      Promise.allSettled(left),
      this.#settings.pause(MAX_CLOSE_MS, enough.signal),
    ]);
    enough.abort();
  }

  async #join(scope: string, published: number, waiter: Waiter): Promise<Result> {
    for (let entry = this.#entries.get(scope); entry; entry = this.#entries.get(scope)) {
      if (entry.leaving) await entry.leaving;
      else return this.#use(scope, entry);
    }
    const entry: Entry = { result: this.#acquire(scope, published, waiter), users: 0 };
    this.#entries.set(scope, entry);
    return this.#use(scope, entry);
  }

  async #use(scope: string, entry: Entry): Promise<Result> {
    entry.users++;
    try {
      const result = await entry.result;
      if (!(result instanceof Lease)) this.#entries.delete(scope);
      return result;
    } catch (error) {
      this.#entries.delete(scope);
      throw error;
    }
  }

  async #leave(scope: string): Promise<void> {
    const entry = this.#entries.get(scope);
    if (!entry || --entry.users > 0) return;
    entry.leaving = entry.result
      .then((lease) => (lease instanceof Lease ? lease.giveBack() : undefined))
      .finally(() => this.#entries.delete(scope));
    await entry.leaving;
  }

  async #acquire(scope: string, published: number, waiter: Waiter): Promise<Result> {
    const { store, run, clock } = this.#holder;
    const since = new Date(clock()).toISOString();
    const claim: Claim = { ...this.#settings.owner, run, scope, published, since };
    const lease = (await takeFree(store, claim)) ?? (await this.#contend(claim, waiter));
    if (lease instanceof Lease) this.#keepBeating();
    return lease;
  }

  /** Another one holds the lease, or did a moment ago. */
  async #contend(claim: Claim, waiter: Waiter): Promise<Result> {
    const { store } = this.#holder;
    const { waitMs = Infinity } = this.#settings;
    const stopped = AbortSignal.any([this.#stopped, waiter.signal]);
    const watch = new Watch(() => this.#settings.elapsed());
    let hasSaid = false;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, MAX_PAUSE_MS)) {
      if (stopped.aborted) return 'stopped';
      const stored = await readLease(store, claim.scope);
      const step = stored ? this.#judge(stored, watch) : 'free';
      if (step === 'free' || step === 'take') {
        const lease = await (stored ? takeFrom(store, claim, stored) : takeFree(store, claim));
        if (lease) return lease;
      } else if (step !== 'wait') return step;
      if (step === 'wait' && watch.totalMs > waitMs) {
        throw this.#waitedInVain(claim.scope, stored?.record);
      }
      if (step === 'wait' && watch.totalMs > SAY_AFTER_MS && !hasSaid) {
        hasSaid = true;
        waiter.log(`waits for ${ownerText(stored?.record)}, which makes '${claim.scope}'`);
      }
      // Those who wait together do not come back together.
      await this.#settings.pause(pauseMs * (0.5 + Math.random() / 2), stopped);
    }
  }

  #judge(stored: StoredLease, watch: Watch): 'take' | 'wait' | Exclude<Result, 'stopped'> {
    const { ifRunning, staleMs } = this.#settings;
    const { record } = stored;
    const quietMs = watch.see(stored.etag);
    const life = record ? this.#settings.liveness(record) : 'unknown';
    if (life === 'dead') return 'take';
    if (record?.run === this.#holder.run) return share(this.#holder.store, stored, record);
    if (ifRunning === 'take-over' || quietMs >= staleMs) return 'take';
    // Whether an owner that cannot be asked is dead is for its heartbeat to say.
    const isAlive = life === 'alive' || watch.changes > 0;
    return ifRunning === 'wait' || !isAlive ? 'wait' : { heldBy: record };
  }

  #refuse(scope: string, owner: Owner | undefined): string {
    const reason = `'${scope}' is being made by ${ownerText(owner)}`;
    if (this.#settings.ifRunning === 'skip') return reason;
    throw new LockedError(
      `${reason}. Run the same command again when that has ended, or let it wait with --if-running=wait.`,
    );
  }

  #waitedInVain(scope: string, owner: Owner | undefined): LockedError {
    const waited = durationText(this.#settings.waitMs ?? 0);
    return new LockedError(
      `'${scope}' is still being made by ${ownerText(owner)} after ${waited}. Run the same command again when that has ended, or wait longer with --wait=<time>.`,
    );
  }

  #keepBeating(): void {
    if (this.#heart) return;
    const beat = (): void => {
      for (const { result } of this.#entries.values()) {
        void result.then(
          (lease) => (lease instanceof Lease ? lease.beat() : undefined),
          () => undefined,
        );
      }
    };
    this.#heart = setInterval(beat, this.#settings.staleMs / BEATS_PER_STALE).unref();
  }
}
