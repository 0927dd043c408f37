import { randomBytes } from 'node:crypto';
import { availableParallelism, hostname, userInfo } from 'node:os';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { engineId, openDuckDB } from '../engine/duckdb.ts';
import type { RunEvent } from '../ledger/events.ts';
import { openLedger, runId } from '../ledger/ledger.ts';
import type { Mask } from '../ledger/mask.ts';
import { Breath } from '../run/breath.ts';
import { checkPlan } from '../run/check.ts';
import { runInvocation } from '../run/run.ts';
import type { RunReport } from '../run/run.ts';
import type { RunOptions } from '../run/options.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import type { Invocation } from '../task/invocation.ts';
import type { Registry } from '../task/registry.ts';
import { secretsIn } from '../task/secrets.ts';
import { exec } from './exec.ts';
import { leaseSettings } from './lease-settings.ts';
import { localEffects } from './local-effects.ts';
import { version } from './package.ts';
import { openModule } from './registry.ts';
import { s3Options } from './s3.ts';
import type { Settings } from './settings.ts';
import { workerStarter } from './start-worker.ts';

/** What one command line, or one call from code, asks for. */
export interface Request {
  readonly registry: Registry;
  readonly settings: Settings;
  readonly cwd: string;
  readonly force: boolean;
  readonly failFast: boolean;
  /** See `RunOptions`. */
  readonly renewBefore?: string | undefined;
  readonly stop: AbortSignal;
  readonly cancel: AbortSignal;
  readonly mask: Mask;
}

export interface Effects extends Omit<RunOptions, 'emit' | 'breathe'> {
  /** Knows the secrets of the environment and of every invocation that has begun. */
  readonly mask: Mask;
}

/** Opens the store and puts together all that a run touches; writes nothing yet. */
export async function compose(request: Request): Promise<Effects> {
  const { settings, cwd, mask, force, renewBefore } = request;
  const renewal = renewBefore === undefined ? {} : { renewBefore };
  const { jobs, now, timezone, prefix } = settings;
  const open = (uri: string): Promise<Store> => openFrom(uri, cwd, settings.unsafePublish);
  const run = runId(Date.now(), randomBytes(4).toString('hex'));
  return {
    registry: request.registry,
    store: await open(settings.store),
    openStore: open,
    openModule: (path) => openModule(path, cwd),
    run,
    now,
    timezone,
    cwd,
    jobs,
    force,
    ...renewal,
    failFast: request.failFast,
    attempts: settings.attempts,
    defaults: settings.defaults,
    ...(settings.isolate && { isolate: settings.isolate }),
    startWorker: workerStarter(
      { type: 'setup', settings, cwd, run, force, ...renewal },
      settings.maxMemoryMiB,
    ),
    command: (text) => mask.text(`pipe ${prefix}${text}`),
    mask,
    engineId: engineId(),
    openEngine: (leaves, options) => openDuckDB({ threads: threadsFor(leaves, jobs), ...options }),
    clock: Date.now,
    random: Math.random,
    sleep,
    exec,
    leases: leaseSettings(settings.overlap, localEffects(), sleep),
    stop: request.stop,
    cancel: request.cancel,
  };
}

/** Who follows a run. */
export interface Follower {
  readonly listen: (event: RunEvent) => void;
  /** Told now and then, while the plan is read, how many leaves it has so far. */
  readonly planning?: (leaves: number) => void;
  /** What a person would type to have the same; the invocation unless given. */
  readonly command?: string;
}

/**
 * Runs an invocation with its ledger: every event goes there and to the listener. The plan is
 * checked as a whole first; an error in it is thrown before anything is written, and so is the
 * reason of `stop` when that is aborted meanwhile.
 */
export async function runWithLedger(
  invocation: Invocation,
  effects: Effects,
  { listen, planning, command = effects.command(invocation.text) }: Follower,
): Promise<RunReport> {
  const { mask, registry, stop, clock } = effects;
  mask.learn(secretsIn(invocation.task, invocation.argv));
  const leavesOf = new Map<string, number>();
  const breath = new Breath({ clock, breathe: () => setImmediate() });
  const leaves = await checkPlan(invocation, registry, effects, {
    counted(text, count) {
      if (leavesOf.size < maxCounted) leavesOf.set(text, count);
    },
    async breathe(count) {
      planning?.(count);
      await breath.take();
      stop.throwIfAborted();
    },
  });
  await effects.store.cleanStaging();
  const ledger = await openLedger(effects.store, effects.run);
  const emit = (event: RunEvent): void => {
    if (event.type === 'invocation-started') {
      mask.learn(secretsIn(registry.get(event.task), event.argv));
    }
    const masked = mask.event(event);
    if (masked.type !== 'leaf-progressed') ledger.write(masked);
    listen(masked);
  };
  const breathe = async (): Promise<void> => {
    await setImmediate();
    await ledger.ready();
  };
  try {
    emit(started(command, effects));
    return await runInvocation(invocation, leaves, {
      ...effects,
      leavesOf: (text) => leavesOf.get(text),
      emit,
      breathe,
    });
  } finally {
    await ledger.close();
  }
}

/** Meta-tasks whose leaves are remembered; of a plan with more of them nobody looks at each. */
const maxCounted = 10_000;

/** A store by a path or URI, with the system's own effects. */
export function storeIn(uri: string, cwd: string): Promise<Store> {
  return openFrom(uri, cwd, false);
}

function openFrom(uri: string, cwd: string, unsafePublish: boolean): Promise<Store> {
  return openStore(uri, { cwd, effects: localEffects(), s3: s3Options(unsafePublish) });
}

function sleep(durationMs: number, signal: AbortSignal): Promise<void> {
  return setTimeout(durationMs, undefined, { signal }).catch(() => undefined);
}

/**
 * With a leaf for every core one thread each is fastest (measured: 4 engines of one thread 3.8 s,
 * one engine for all 5.2 s); with fewer leaves than cores the threads go inside the query.
 */
function threadsFor(leaves: number, jobs: number): number {
  const cores = availableParallelism();
  return Math.max(1, Math.floor(cores / Math.max(1, Math.min(leaves, jobs))));
}

function started(command: string, effects: Effects): RunEvent {
  const { run, store, timezone, now, force, renewBefore } = effects;
  const { host, start } = localEffects();
  return {
    type: 'run-started',
    at: new Date().toISOString(),
    run,
    version,
    host: hostname(),
    user: userName(),
    pid: process.pid,
    owner: { host, start },
    command,
    store: store.uri,
    timezone,
    now: new Date(now).toISOString(),
    ...(force && { force }),
    ...(renewBefore !== undefined && { renewBefore }),
  };
}

/** A container may run as a user that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
