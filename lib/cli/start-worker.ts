import { fork } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { FromWorker, ToWorker } from '../run/worker-messages.ts';
import type { StartWorker } from '../run/workers.ts';
import { packageRoot } from './package.ts';
import { s3Options } from './s3.ts';
import { birthText, workerVariable } from './worker-variable.ts';
import type { WorkerSetup } from './worker.ts';

/** More of one line is cut into several. */
const maxLineChars = 16_384;

/**
 * Starts workers: this very `pipe` as a child, in a process group and with a temporary folder of its
 * own, so that with the process everything goes that it started and left there.
 */
export function workerStarter(setup: WorkerSetup, maxMemoryMiB: number | undefined): StartWorker {
  return (listener) => {
    const folder = mkdtempSync(join(tmpdir(), 'pipe-worker-'));
    const spool = s3Options(false).spool;
    const child = fork(join(packageRoot, 'dist/bin/pipe.js'), [], {
      cwd: setup.cwd,
      detached: true,
      serialization: 'advanced',
      execArgv: maxMemoryMiB === undefined ? [] : [`--max-old-space-size=${maxMemoryMiB}`],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...process.env,
        [workerVariable]: birthText({ parent: process.pid, folder }),
        TMPDIR: folder,
        ...(spool !== undefined && { PIPE_SPOOL: spool }),
      },
    });
    const kill = (): void => killGroup(child.pid);
    let markGone: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (markGone = resolve));
    let hasEnded = false;
    const ended = (exitCode: number | null, signal: string | null): void => {
      if (hasEnded) return;
      hasEnded = true;
      // What the process started may live on in its group.
      kill();
      listener.ended({ exitCode, signal });
      void rm(folder, { recursive: true, force: true, maxRetries: 3 }).then(markGone, markGone);
    };
    child.on('exit', ended);
    child.on('error', () => {
      if (child.pid === undefined) ended(null, null);
    });
    // A task may close the channel; nothing more would ever be heard of it.
    child.on('disconnect', kill);
    child.on('message', (message) => {
      if (isFromWorker(message)) listener.message(message);
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) readLines(stream, (line) => listener.output(line));
    }
    // A worker that has died is told of by its end, not by the message that did not reach it.
    const send = (message: ToWorker | WorkerSetup): void =>
      void (child.connected && child.send(message, () => undefined));
    send(setup);
    return { send, kill, gone };
  };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}

const types: ReadonlySet<unknown> = new Set<FromWorker['type']>([
  'log',
  'declare',
  'invoke',
  'done',
  'failed',
]);

/** A task may send messages of its own to its parent process. */
function isFromWorker(message: unknown): message is FromWorker {
  return typeof message === 'object' && message !== null && types.has(Reflect.get(message, 'type'));
}

function readLines(stream: Readable, listen: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) listen(line);
    if (rest.length > maxLineChars) {
      listen(rest);
      rest = '';
    }
  });
  stream.on('end', () => {
    if (rest !== '') listen(rest);
  });
}
