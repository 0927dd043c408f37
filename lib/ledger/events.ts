/**
 * What happened in a run, as data. The wording belongs to the readers (terminal, report).
 * Times are ISO texts, durations milliseconds. Ids count up from 1 within a run.
 */
export type RunEvent =
  | RunStarted
  | RunPlanned
  | InvocationStarted
  | InvocationRetried
  | InvocationFinished
  | LogLine
  | LeafProgressed
  | RunFinished;

export interface RunStarted {
  readonly type: 'run-started';
  readonly at: string;
  readonly run: string;
  readonly version: string;
  readonly host: string;
  readonly user: string;
  readonly pid: number;
  /** The machine and the start of the process, as leases have them, by which it can be asked for. */
  readonly owner?: { readonly host: string; readonly start: string };
  /** The command line that starts this run again, with its window pinned. */
  readonly command: string;
  readonly store: string;
  readonly timezone: string;
  /** The one pinned now of the run. */
  readonly now: string;
  /** Whether it made anew what was up to date. */
  readonly force?: boolean;
  /** Days before this one were made again where they were stale, and never for the first time. */
  readonly renewBefore?: string;
}

/** The whole plan has been checked; nothing has run yet. */
export interface RunPlanned {
  readonly type: 'run-planned';
  readonly at: string;
  readonly leaves: number;
}

export interface InvocationStarted {
  readonly type: 'invocation-started';
  readonly at: string;
  readonly id: number;
  /** The invocation whose plan or run called for this one; absent for the root. */
  readonly parent?: number;
  readonly kind: 'meta' | 'leaf';
  readonly task: string;
  readonly argv: readonly string[];
  /** How many the plan of a meta-task has; absent where nobody has counted them. */
  readonly leaves?: number;
}

/** An attempt failed and another one follows. */
export interface InvocationRetried {
  readonly type: 'invocation-retried';
  readonly at: string;
  readonly id: number;
  /** The number of the attempt that failed, from 1. */
  readonly attempt: number;
  /** How long is waited before the next one. */
  readonly delayMs: number;
  readonly error: ErrorRecord;
}

export interface InvocationFinished {
  readonly type: 'invocation-finished';
  readonly at: string;
  readonly id: number;
  readonly kind: 'meta' | 'leaf';
  readonly status: Status;
  /** Of all attempts and the waits between them. */
  readonly durationMs: number;
  /** Absent where there was one alone. */
  readonly attempts?: number;
  readonly rows?: RowCounts;
  /** Prefixes of the partitions published, below the store. */
  readonly outputs?: readonly string[];
  /** The partitions that a leaf stands for, published or not; absent where it declares none. */
  readonly partitions?: readonly PartitionRecord[];
  readonly error?: ErrorRecord;
  /** Why it was skipped although it may not be up to date. */
  readonly reason?: string;
}

/** A partition that an invocation makes, as it was found and, where it was published, what it is now. */
export interface PartitionRecord {
  /** Its prefix below the store. */
  readonly name: string;
  /** Before the invocation ran; absent where only the task knew what it would publish. */
  readonly found?: 'done' | 'missing' | 'stale' | 'no-data';
  /** Prefixes of partitions and URIs of files that it is made from. */
  readonly inputs: readonly string[];
  /** Absent where nothing was published. */
  readonly published?: PublishedRecord;
}

export interface PublishedRecord {
  readonly files: number;
  readonly bytes: number;
  readonly rows: number;
  readonly rejected: number;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** `done`: ran; `skipped`: was up to date; `no-data`: its input is missing altogether; `cancelled`: never got to run. */
export type Status = 'done' | 'skipped' | 'no-data' | 'failed' | 'cancelled';

/**
 * Where input rows went: `in = out + rejected + filtered`, or, where rows are folded into
 * aggregates, `in = aggregated + rejected + filtered`.
 */
export interface RowCounts {
  readonly in: number;
  readonly out: number;
  readonly rejected: number;
  readonly filtered: number;
  readonly aggregated?: number;
}

export interface ErrorRecord {
  readonly message: string;
  /** The invocations from the root to the one that failed. */
  readonly chain: readonly string[];
  /** The command that reruns just this invocation. */
  readonly command: string;
  readonly exitCode: number;
  /** A bug, not something the person at the command line can act on. */
  readonly unexpected?: boolean;
  readonly stack?: string;
  /** Where in a file of the user's it was thrown: path, line and column, then the line with a caret. */
  readonly source?: string;
}

export interface LogLine {
  readonly type: 'log';
  readonly at: string;
  /** The invocation that speaks. */
  readonly id: number;
  readonly message: string;
}

/** How far a leaf says it is; for who watches, and not kept in the ledger. */
export interface LeafProgressed {
  readonly type: 'leaf-progressed';
  readonly at: string;
  readonly id: number;
  readonly done: number;
  readonly total?: number;
}

export interface RunFinished {
  readonly type: 'run-finished';
  readonly at: string;
  readonly durationMs: number;
  readonly exitCode: number;
  /** Leaves by status. */
  readonly counts: Readonly<Record<Status, number>>;
}
