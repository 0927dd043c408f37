import { durationText } from '../dates/duration.ts';
import { exitCodes, UserError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';

/** What a person's Ctrl-C or a scheduler's SIGTERM has asked for so far. */
export interface Signals {
  /** First signal: take no new leaves. */
  readonly stop: AbortSignal;
  /** Second signal, or the end of the grace after the first: stop what is running. */
  readonly cancel: AbortSignal;
  /** The exit code of the first signal, if one came. */
  exitCode(): ExitCode | undefined;
  /** Gives the signals their usual meaning back. */
  release(): void;
}

/**
 * The first signal lets running leaves finish for a while, the second cancels them, the third ends
 * the process.
 */
export function listenToSignals(graceMs: number, say: (line: string) => void): Signals {
  const stop = new AbortController();
  const cancel = new AbortController();
  let code: ExitCode | undefined;
  let timer: NodeJS.Timeout | undefined;
  const cancelFor = (reason: string): void => {
    clearTimeout(timer);
    say(`${reason}cancelling what is running`);
    cancel.abort();
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    const exit = signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated;
    if (cancel.signal.aborted) process.exit(exit);
    if (stop.signal.aborted) return cancelFor('');
    code = exit;
    const grace = durationText(graceMs);
    say(`stopping; what is running may finish within ${grace} (again to cancel it)`);
    timer = setTimeout(() => cancelFor(`${grace} are over; `), graceMs);
    stop.abort(new UserError(`stopped by ${signal}`, { exitCode: exit }));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    stop: stop.signal,
    cancel: cancel.signal,
    exitCode: () => code,
    release() {
      clearTimeout(timer);
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    },
  };
}
