import { exitCodes, messageOf, NoDataError, UsageError, UserError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { PartitionRecord } from '../ledger/events.ts';
import type { CallArgs, Outcome } from '../task/task.ts';
import type { LeafResult } from './leaf-work.ts';
import { LockedError } from './locked.ts';

/** What a run tells a worker, which does one leaf at a time. */
export type ToWorker =
  | {
      readonly type: 'run';
      readonly task: string;
      readonly argv: readonly string[];
      /** Of the whole run: with few of them the engine of each gets more threads. */
      readonly leaves: number;
    }
  /** The run takes no new leaves; who waits for another run need not wait longer. */
  | { readonly type: 'stop' }
  /** The leaf's time is over. */
  | { readonly type: 'abort'; readonly message: string }
  /** The answer to `invoke`. */
  | { readonly type: 'invoked'; readonly call: number; readonly outcome: SentOutcome }
  | { readonly type: 'not-invoked'; readonly call: number; readonly error: SentError };

/** What a worker tells of the leaf it was given; `done` or `failed` is the last of it. */
export type FromWorker =
  | { readonly type: 'log'; readonly message: string }
  | { readonly type: 'progress'; readonly done: number; readonly total?: number }
  | { readonly type: 'declare'; readonly partitions: readonly PartitionRecord[] }
  | {
      readonly type: 'invoke';
      readonly call: number;
      readonly task: string;
      readonly args: CallArgs;
    }
  | { readonly type: 'done'; readonly result: LeafResult }
  | { readonly type: 'failed'; readonly error: SentError };

export interface SentOutcome extends Omit<Outcome, 'error'> {
  readonly error?: SentError;
}

/** An error without its class and its cause, which no message can carry. */
export interface SentError {
  readonly kind: 'usage' | 'no-data' | 'locked' | 'user' | 'bug';
  readonly message: string;
  readonly exitCode: ExitCode;
  readonly retryable: boolean;
  readonly stack?: string;
}

export function sendableError(error: unknown): SentError {
  const stack = error instanceof Error ? error.stack : undefined;
  return {
    kind: kindOf(error),
    message: messageOf(error),
    exitCode: error instanceof UserError ? error.exitCode : exitCodes.failed,
    retryable: error instanceof UserError && error.retryable,
    ...(stack !== undefined && { stack }),
  };
}

export function receivedError({ kind, message, exitCode, retryable, stack }: SentError): Error {
  const error = create();
  if (stack !== undefined) error.stack = stack;
  return error;

  function create(): Error {
    if (kind === 'usage') return new UsageError(message);
    if (kind === 'no-data') return new NoDataError(message);
    if (kind === 'locked') return new LockedError(message);
    return kind === 'user' ? new UserError(message, { exitCode, retryable }) : new Error(message);
  }
}

export function sendableOutcome({ error, ...outcome }: Outcome): SentOutcome {
  return error === undefined ? outcome : { ...outcome, error: sendableError(error) };
}

export function receivedOutcome({ error, ...outcome }: SentOutcome): Outcome {
  return error === undefined ? outcome : { ...outcome, error: receivedError(error) };
}

function kindOf(error: unknown): SentError['kind'] {
  if (error instanceof UsageError) return 'usage';
  if (error instanceof NoDataError) return 'no-data';
  if (error instanceof LockedError) return 'locked';
  return error instanceof UserError ? 'user' : 'bug';
}
