import { exitCodes, messageOf, NoDataError, UserError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { ErrorRecord, Status } from '../ledger/events.ts';
import { mapStack, sourceOf } from '../task/source-map.ts';
import type { Outcome } from '../task/task.ts';
import type { Counts } from './tally.ts';

/** The status of an invocation that threw. */
export function statusOf(error: unknown, cancelled: boolean): Status {
  if (error instanceof NoDataError) return 'no-data';
  return cancelled ? 'cancelled' : 'failed';
}

/** An error as the ledger keeps it; `chain` from the root to the invocation that threw. */
export function errorRecord(
  error: unknown,
  chain: readonly string[],
  command: string,
): ErrorRecord {
  const expected = error instanceof UserError;
  const stack = !expected && error instanceof Error ? error.stack : undefined;
  const source = stack === undefined ? undefined : sourceOf(stack);
  return {
    message: messageOf(error),
    chain,
    command,
    exitCode: expected ? error.exitCode : exitCodes.failed,
    ...(!expected && { unexpected: true }),
    ...(stack !== undefined && { stack: mapStack(stack) }),
    ...(source !== undefined && { source }),
  };
}

/**
 * The exit code of a whole run: that of the root's own error, else by what became of the leaves.
 * `isLocked`: those that failed did so because another run makes the same. `stop`: its reason says
 * with which code a run ends that was stopped.
 */
export function exitCodeOf(
  root: Outcome,
  counts: Counts,
  { isLocked, stop }: { readonly isLocked: boolean; readonly stop: AbortSignal },
): ExitCode {
  if (isLocked) return exitCodes.locked;
  if (root.status === 'failed' && root.error instanceof UserError) return root.error.exitCode;
  if (root.status === 'failed' || counts.failed > 0) return exitCodes.failed;
  if (root.status === 'cancelled') {
    return stop.reason instanceof UserError ? stop.reason.exitCode : exitCodes.failed;
  }
  if (counts['no-data'] > 0) return exitCodes.noData;
  return exitCodes.done;
}
