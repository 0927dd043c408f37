import { exitCodes, messageOf } from '../errors.ts';
import { mapStack, sourceOf } from '../task/source-map.ts';

/**
 * Waits for a run. Should a task end the process meanwhile, with whatever exit code, people are told
 * how to go on and the exit code is that of a failure: `process.exit(0)` in a task does not make a
 * run done. The same where a task leaves an error behind that nothing waits for. `isExpected`: a
 * signal has ended it.
 */
export async function untilDone<Result>(
  run: () => Promise<Result>,
  { command, say, isExpected, debug }: EarlyExit,
): Promise<Result> {
  let isStray = false;
  const sayStray = (line: string): void => {
    isStray = true;
    say(line);
  };
  const onExit = (): void => {
    if (isExpected()) return;
    if (!isStray)
      say("a task has ended this process; a task must not exit, or needs isolate: 'process'");
    say(`to go on: ${command}`);
    process.exitCode = exitCodes.failed;
  };
  process.on('exit', onExit);
  try {
    return await tellingStrays(run, { say: sayStray, debug });
  } finally {
    process.off('exit', onExit);
  }
}

/** Waits for code of a task; an error that it leaves behind is told, and ends the process as a failure does. */
export async function tellingStrays<Result>(
  run: () => Promise<Result>,
  { say, debug }: Pick<EarlyExit, 'say' | 'debug'>,
): Promise<Result> {
  const onStray = (error: unknown): void => {
    say(strayText(error, debug));
    process.exit(exitCodes.failed);
  };
  process.on('uncaughtException', onStray);
  try {
    return await run();
  } finally {
    process.off('uncaughtException', onStray);
  }
}

interface EarlyExit {
  /** What does the rest. */
  readonly command: string;
  readonly say: (line: string) => void;
  readonly isExpected: () => boolean;
  /** Whether stacks are shown. */
  readonly debug: boolean;
}

/** An error that no caller caught: of a promise that nobody awaits, or of a timer or an event. */
export function strayText(error: unknown, debug: boolean): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const source = sourceOf(stack);
  const lines = [`unexpected error: ${messageOf(error)}`];
  if (source !== undefined) {
    lines[0] +=
      '; nothing waits for it: await every promise, and catch what timers and events throw';
    lines.push(`  ${source.replace(/\n(?=.)/g, '\n  ')}`);
  }
  if (debug) lines.push(mapStack(stack));
  return lines.join('\n');
}
