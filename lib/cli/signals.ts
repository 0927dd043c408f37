import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';

/** What a person's Ctrl-C or a scheduler's SIGTERM has asked for so far. */
export interface Signals {
  /** First signal: take no new leaves. */
  readonly stop: AbortSignal;
  /** Second signal: stop what is running. */
  readonly cancel: AbortSignal;
  /** The exit code of the first signal, if one came. */
  exitCode(): ExitCode | undefined;
  /** Gives the signals their usual meaning back. */
  release(): void;
}

/** The first signal lets running leaves finish, the second cancels them, the third ends the process. */
export function listenToSignals(say: (line: string) => void): Signals {
  const stop = new AbortController();
  const cancel = new AbortController();
  let code: ExitCode | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const exit = signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated;
    if (cancel.signal.aborted) process.exit(exit);
    if (stop.signal.aborted) {
      say('cancelling what is running');
      return cancel.abort();
    }
    code = exit;
    say('stopping; what is running may finish (again to cancel it)');
    stop.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    stop: stop.signal,
    cancel: cancel.signal,
    exitCode: () => code,
    release: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
