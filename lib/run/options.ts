import type { Engine, EngineOptions } from '../engine/engine.ts';
import type { RunEvent } from '../ledger/events.ts';
import type { Store } from '../store/store.ts';
import type { Registry } from '../task/registry.ts';
import type { Exec } from './author.ts';
import type { LeaseSettings } from './leases.ts';
import type { UserModule } from '../task/bundle.ts';
import type { AttemptSettings, Isolate, TaskDefaults } from '../task/task.ts';
import type { StartWorker } from './workers.ts';

/** All that a run needs and touches. */
export interface RunOptions {
  readonly registry: Registry;
  readonly store: Store;
  readonly openStore: (uri: string) => Promise<Store>;
  readonly openModule?: (path: string) => Promise<UserModule>;
  readonly run: string;
  /** The one pinned now, in milliseconds since the epoch. */
  readonly now: number;
  readonly timezone: string;
  readonly cwd: string;
  /** How many leaves run at once. */
  readonly jobs: number;
  readonly force: boolean;
  readonly failFast: boolean;
  /** Leaves before this day (ISO text) are made again when they are stale, and never for the first time. */
  readonly renewBefore?: string;
  /** Without them nothing keeps two runs from making the same partition. */
  readonly leases?: LeaseSettings;
  /** Stand above those of a task. */
  readonly attempts: AttemptSettings;
  /** Stand below those of a task. */
  readonly defaults?: TaskDefaults;
  /** Stands above what tasks say. */
  readonly isolate?: Isolate;
  /** For leaves that are to be isolated. */
  readonly startWorker?: StartWorker;
  /** Makes the command line of an invocation, with the options of `pipe` that matter to it. */
  command(text: string): string;
  /** Name and version of the engine, known without loading it. */
  readonly engineId: string;
  openEngine(leaves: number, options?: EngineOptions): Promise<Engine>;
  /** The leaves of a meta-task, by its text, where they were counted when the plan was checked. */
  leavesOf?(text: string): number | undefined;
  emit(event: RunEvent): void;
  /** Lets listeners catch up with the events; called every few milliseconds. */
  breathe(): Promise<void>;
  /** Milliseconds since the epoch, for times in events. */
  clock(): number;
  /** Resolves after so many milliseconds, or as soon as the signal is aborted; never rejects. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
  /** At least 0 and less than 1. */
  random(): number;
  /** Runs a command of another program. */
  readonly exec: Exec;
  /** Aborted: take no new leaves, let the running ones finish. */
  readonly stop: AbortSignal;
  /** Aborted: stop what is running. */
  readonly cancel: AbortSignal;
}
