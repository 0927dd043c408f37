import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { quoteWord } from '../docopt/quote.ts';
import { NoDataError, reasonOf, UserError } from '../errors.ts';
import type { ExecOptions } from '../task/author.ts';

export interface ExecEffects {
  readonly signal: AbortSignal;
  log(message: string): void;
}

/**
 * Runs a command of another program, without a shell, and waits for it. Its output is logged line
 * by line as it comes. When the run is cancelled, it and what it started get SIGTERM, and SIGKILL
 * after five seconds.
 *
 * Returns what it wrote to stdout if that is captured. Throws UserError for an exit code that is not
 * 0, NoDataError for one of `noDataOn`.
 */
export async function exec(
  command: string,
  args: readonly string[],
  options: ExecOptions & { readonly cwd: string },
  effects: ExecEffects,
): Promise<string> {
  effects.signal.throwIfAborted();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    // A group of its own, so that what it starts can be stopped with it.
    detached: true,
  });
  const line = [command, ...args].map(quoteWord).join(' ');
  const cancel = (): void => stop(child);
  effects.signal.addEventListener('abort', cancel, { once: true });
  try {
    return await finished(child, line, options, effects);
  } finally {
    effects.signal.removeEventListener('abort', cancel);
  }
}

async function finished(
  child: ChildProcess,
  line: string,
  options: ExecOptions,
  effects: ExecEffects,
): Promise<string> {
  const last: string[] = [];
  const captured: string[] = [];
  const note = (text: string): void => {
    effects.log(text);
    last.push(text);
    if (last.length > SHOWN_LINES) last.shift();
  };
  const keep = (text: string): void => void captured.push(`${text}\n`);
  child.stdin?.on('error', () => undefined).end(options.input);
  const reading = [
    eachLine(child.stdout, options.capture === true ? keep : note),
    eachLine(child.stderr, note),
  ];
  const end = await endOf(child, line);
  await Promise.all(reading);
  effects.signal.throwIfAborted();
  if (end !== 0) throw failureOf(line, end, last, options);
  return captured.join('');
}

function failureOf(
  line: string,
  end: number | string,
  last: readonly string[],
  { retryOn = [], noDataOn = [] }: ExecOptions,
): UserError {
  const how = typeof end === 'number' ? `exit code ${end}` : end;
  const wrote = last.length > 0 ? `:\n${last.join('\n')}` : '; it wrote nothing';
  const message = `'${line}' ended with ${how}${wrote}`;
  if (typeof end === 'string') return new UserError(message);
  if (noDataOn.includes(end)) return new NoDataError(message);
  return new UserError(message, { retryable: retryOn.includes(end) });
}

/** Lines of output that an error repeats. */
const SHOWN_LINES = 5;
const KILL_AFTER_MS = 5000;

async function eachLine(stream: Readable | null, take: (line: string) => void): Promise<void> {
  if (!stream) return;
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) take(line);
}

/** The exit code, or the name of the signal that ended it. */
function endOf(child: ChildProcess, line: string): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) =>
      reject(
        new UserError(
          `'${line}' cannot be started: ${reasonOf(error)}; is it installed and on the PATH?`,
          {
            cause: error,
          },
        ),
      ),
    );
    child.on('exit', (code, signal) => resolve(code ?? signal ?? 'no exit code'));
  });
}

function stop(child: ChildProcess): void {
  kill(child, 'SIGTERM');
  setTimeout(() => kill(child, 'SIGKILL'), KILL_AFTER_MS).unref();
}

function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already, and all that it started.
  }
}
