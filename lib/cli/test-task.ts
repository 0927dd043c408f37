import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Partition } from '../dataset/layout.ts';
import type { Row } from '../engine/engine.ts';
import { messageOf } from '../errors.ts';
import type { RunEvent, Status } from '../ledger/events.ts';
import type { RunReport } from '../run/run.ts';
import type { Task } from '../task/define.ts';
import type { CallArgs } from '../task/task.ts';
import { invoke } from './invoke.ts';
import type { InvokeOptions } from './invoke.ts';

export interface TestOptions extends Omit<InvokeOptions, 'store' | 'cwd' | 'listen'> {
  /** Partitions that the store has before the task runs, with their rows. */
  readonly given?: readonly (readonly [Partition, readonly Readonly<Record<string, unknown>>[]])[];
  /** Files by their path in the folder where relative paths in arguments start. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** What came of a task. */
export interface TestResult {
  readonly status: Status;
  readonly exitCode: number;
  /** Why it failed. */
  readonly error?: string;
  /** What it logged, its invocations included. */
  readonly log: readonly string[];
  readonly output?: string | Uint8Array;
  /** The rows of each dataset afterwards, given ones included, in the order of their partitions and with their keys. */
  readonly rows: Readonly<Record<string, readonly Row[]>>;
}

/**
 * Runs a task as `pipe <task> -- <args>` would, in a folder and a store of its own that are gone
 * afterwards, at a fixed time (`now`, default `2026-01-15`), and returns what came of it. It finds
 * the built-in tasks, and those in `tasks`, beside itself.
 * @example
 * const { rows } = await testTask(revenue, { site: 'a' }, { given: [[orders({ site: 'a' }), [{ price: 5 }]]] });
 */
export async function testTask(
  task: Task,
  args: CallArgs = [],
  options: TestOptions = {},
): Promise<TestResult> {
  const { given = [], files = {}, tasks = [], ...rest } = options;
  const cwd = await mkdtemp(path.join(tmpdir(), 'pipe-test-'));
  const { openPlace, publishRows, rowsOf } = await import('./test-place.ts');
  const place = await openPlace('.store', cwd);
  try {
    await writeFiles(files, cwd);
    for (const [partition, rows] of given) await publishRows(partition, rows, place);
    const log: string[] = [];
    const listen = (event: RunEvent): void => {
      if (event.type === 'log') log.push(event.message);
    };
    const all = {
      now: '2026-01-15',
      ...rest,
      tasks: [task, ...tasks],
      store: '.store',
      cwd,
      listen,
    };
    const report = await invoke(task.name, args, all);
    return { ...resultOf(report), log, rows: await rowsOf(place) };
  } finally {
    await place.engine.close();
    await rm(cwd, { recursive: true, force: true });
  }
}

async function writeFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  folder: string,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const target = path.join(folder, name);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, content);
  }
}

function resultOf({
  status,
  exitCode,
  error,
  output,
}: RunReport): Omit<TestResult, 'log' | 'rows'> {
  return {
    status,
    exitCode,
    ...(error !== undefined && { error: messageOf(error) }),
    ...(output !== undefined && { output }),
  };
}
