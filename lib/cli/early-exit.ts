import { exitCodes } from '../errors.ts';

/**
 * Waits for a run. Should a task end the process meanwhile, with whatever exit code, people are told
 * how to go on and the exit code is that of a failure: `process.exit(0)` in a task does not make a
 * run done. `isExpected`: a signal has ended it.
 */
export async function untilDone<Result>(
  run: () => Promise<Result>,
  { command, say, isExpected }: EarlyExit,
): Promise<Result> {
  const onExit = (): void => {
    if (isExpected()) return;
    say("a task has ended this process; a task must not exit, or needs isolate: 'process'");
    say(`to go on: ${command}`);
    process.exitCode = exitCodes.failed;
  };
  process.on('exit', onExit);
  try {
    return await run();
  } finally {
    process.off('exit', onExit);
  }
}

interface EarlyExit {
  /** What does the rest. */
  readonly command: string;
  readonly say: (line: string) => void;
  readonly isExpected: () => boolean;
}
