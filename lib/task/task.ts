import type { Draft } from '../dataset/publish.ts';
import type { Input, Manifest } from '../dataset/manifest.ts';
import type { Partition } from '../dataset/layout.ts';
import type { ArgValue } from '../docopt/args.ts';
import type { Args } from '../docopt/types.ts';
import type { Engine, EngineOptions } from '../engine/engine.ts';
import type { RowCounts, Status } from '../ledger/events.ts';
import type { Plot } from '../plot/plot.ts';
import type { Staging, Store } from '../store/store.ts';
import type { Authoring } from './author.ts';
import type { UserModule } from './bundle.ts';
import type { Registry } from './registry.ts';

/** What an author hands to {@link defineTask}: a name, a usage, and `plan` and/or `run`. */
export interface TaskDefinition<Usage extends string> {
  /** `namespace:name`. */
  readonly name: string;
  /** One line for `pipe --list`. */
  readonly summary: string;
  /** What stands after `<name> -- `, or a whole docopt text. */
  readonly usage: Usage;
  /** Arguments by name, such as `token`, whose values are never written: not to the ledger, not to a terminal. */
  readonly secret?: readonly (keyof Args<Usage> & string)[];
  /** What completion in a shell offers as the value of arguments, where their names do not tell. */
  readonly complete?: { readonly [Name in keyof Args<Usage> & string]?: Completion };

  /**
   * The invocations these arguments stand for; none when they are one partition, which `run` does.
   * Pure: no I/O but listing, no clock but `context.now`. Asked more than once.
   */
  plan?(args: Args<Usage>, context: PlanContext): Iterable<Call> | AsyncIterable<Call>;

  /**
   * The partitions `run` publishes for these arguments and what they are made of. With it an
   * invocation whose outputs are up to date is skipped. Reads, never writes.
   */
  outputs?(args: Args<Usage>, context: PlanContext): readonly Output[] | Promise<readonly Output[]>;

  /**
   * What these arguments stand for at this moment, asked once, when a person starts the task: the
   * arguments without what they leave open, and the settings they are to run with. Reads, never writes.
   */
  pin?(args: Args<Usage>, context: PlanContext): Promise<Pinned>;

  /** How often a failed attempt is made again, if its error says that it may pass. Default: 0. */
  readonly retries?: number;
  /** What is waited before the first retry, at most, such as `500ms`; doubles with each. Default: `1s`. */
  readonly retryDelay?: string;
  /** How long an attempt may take, such as `5m`. Default: without end. */
  readonly timeout?: string;
  /** `process`: do each leaf in a process of its own, where a crash or a busy loop costs it alone. */
  readonly isolate?: Isolate;

  /** Does the work of one leaf. Not called when every output is up to date. */
  run?(args: Args<Usage>, context: RunContext): Promise<RunResult | void> | RunResult | void;

  /** A table for a dry run that says what a run would take. Reads, never writes. */
  estimate?(args: Args<Usage>, context: PlanContext): Promise<Summary>;

  /** A table for the person who started this invocation, made when the run has ended. */
  summarize?(args: Args<Usage>, context: SummaryContext): Promise<Summary>;

  /**
   * What there is to see, piece by piece, for a task that only looks; it stands in place of `plan`
   * and `run`. No run is made: nothing is written to the store, its ledger included. Such a task
   * cannot be part of a plan. Reads, never writes.
   */
  show?(args: Args<Usage>, context: SummaryContext): AsyncIterable<Shown>;
}

/**
 * Words to choose from, or where to look: the datasets, runs, tasks or time zones there are, files,
 * what data can be read from (`source`: a dataset or a file), or the values that a key of partitions has in the store, such as `{ key: 'site' }`.
 */
export type Completion =
  | readonly string[]
  | 'dataset'
  | 'run'
  | 'task'
  | 'timezone'
  | 'file'
  | 'source'
  | { readonly key: string };

/** See `pin`. */
export interface Pinned {
  readonly args: CallArgs;
  readonly timezone: string;
  /** In milliseconds since the epoch. */
  readonly now: number;
  /** Whether what is up to date is made anew. */
  readonly force?: boolean;
  /** Leaves before this day (ISO text) are made again when they are stale, and never for the first time. */
  readonly renewBefore?: string;
}

/** Text, which goes to stdout as it is, a table, or a chart. */
export type Shown = string | Summary | Plot;

/** Where a leaf is done: in a process of its own, or in that of the run. */
export type Isolate = 'process' | 'none';

/** How a leaf is attempted, as far as somebody said so. Delays are in milliseconds. */
export interface AttemptSettings {
  readonly retries?: number;
  readonly retryDelayMs?: number;
  readonly timeoutMs?: number;
}

/** What holds for tasks that say nothing themselves. */
export interface TaskDefaults extends AttemptSettings {
  readonly isolate?: Isolate;
}

/** An invocation as a plan yields it; arguments by name, or argv as a person would type it. */
export interface Call {
  readonly task: string;
  readonly args: CallArgs;
}

export type CallArgs = readonly string[] | Readonly<Record<string, ArgValue | undefined>>;

export interface Output {
  readonly partition: Partition;
  /** Partitions of this store or files outside it. A partition's version is looked up by Pipe. */
  readonly inputs: readonly (Partition | Input)[];
  /** The part of the arguments that decides this partition's content. Default: the whole canonical argv. */
  readonly argv?: readonly string[];
  /** What only one run at a time may work on for it, where that is more than the partition. */
  readonly lease?: Partition;
  /**
   * Conditions in SQL that every row has to meet, by name: `{ positive: 'pageloads >= 0' }`. One that is
   * NULL is not met. They are held against the finished files; where one is broken nothing is published.
   */
  readonly checks?: Readonly<Record<string, string>>;
  /** Whether `run` may find, once it has the lease, that there is nothing to publish. */
  readonly optional?: boolean;
}

/** The process that makes a run; `start` tells it from another one that got the same pid. */
export interface RunOwner {
  readonly run: string;
  readonly host: string;
  readonly pid: number;
  readonly start: string;
}

export interface PlanContext {
  /** The one pinned now of the run, in milliseconds since the epoch. */
  readonly now: number;
  /** The IANA zone whose calendar days count. */
  readonly timezone: string;
  /** Where relative paths in arguments start. */
  readonly cwd: string;
  readonly store: Pick<
    Store,
    'uri' | 'list' | 'folders' | 'read' | 'stream' | 'leftovers' | 'foreign'
  >;
  /** Every task of this run. */
  readonly registry: Registry;
  /** What is certain of a process that makes a run; one of this machine can be asked for. */
  readonly leases?: { liveness(owner: RunOwner): 'alive' | 'dead' | 'unknown' };
  /** Opens another store than the run's own, by a path (relative to `cwd`) or a URI. */
  readonly openStore: (uri: string) => Promise<Store>;
  /** A file of JavaScript or TypeScript (a path, relative to `cwd`) as a module, bundled as task files are. */
  readonly openModule?: (path: string) => Promise<UserModule>;
}

export interface SummaryContext extends PlanContext {
  readonly store: Store;
  /** Opened when first called. */
  engine(): Promise<Engine>;
  staging(): Promise<Staging>;
}

export interface RunContext extends SummaryContext, Authoring {
  /** The id of this run, as the ledger has it. */
  readonly run: string;
  /** With options: an engine of this invocation's own, apart from the one without. */
  engine(options?: EngineOptions): Promise<Engine>;
  /** The outputs with what is known of them; an up-to-date one need not be made again. */
  readonly outputs: readonly OutputState[];
  /**
   * Aborted when the run is cancelled or the attempt takes too long; its reason is an error to throw.
   * Whoever ignores it is given up on, and publishes nothing any more.
   */
  readonly signal: AbortSignal;

  /** Makes a partition visible in one atomic step. Fingerprint, run and command are filled in. */
  publish(draft: Draft): Promise<Manifest>;
  /** Runs another invocation within this run and waits for it; never throws for its failure. */
  invoke(task: string, args: CallArgs): Promise<Outcome>;
  readonly log: (message: string) => void;
  /** Milliseconds since the epoch, for speeds that are shown; results go by `now`. */
  clock(): number;
}

export interface OutputState extends Output {
  readonly state: State;
  /** Why it is not done: `never made`, `input events/site=a/date=2026-11-19 changed`, … */
  readonly because: readonly string[];
  readonly manifest?: Manifest;
}

/** `no-data`: every input is missing. */
export type State = 'done' | 'missing' | 'stale' | 'no-data';

export interface RunResult {
  readonly rows?: RowCounts;
  /** For whoever started this invocation; where that is a person, it is written to stdout as it is. */
  readonly output?: string | Uint8Array;
}

export interface Outcome {
  readonly status: Status;
  readonly rows?: RowCounts;
  readonly output?: string | Uint8Array;
  readonly error?: unknown;
}

/** A table with a title; text columns are aligned left, numbers right. */
export interface Summary {
  readonly title: string;
  readonly columns: readonly SummaryColumn[];
  readonly rows: readonly (readonly SummaryCell[])[];
  readonly notes: readonly string[];
}

export interface SummaryColumn {
  readonly name: string;
  /**
   * `bar`: numbers drawn as bars scaled to the column's maximum; `spark`: a list of numbers as a
   * sparkline; `duration`: milliseconds; `command`: a command line in the last column, never cut.
   */
  readonly kind: 'text' | 'number' | 'duration' | 'bar' | 'spark' | 'command';
}

export type SummaryCell = string | number | null | readonly (number | null)[];
