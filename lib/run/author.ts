import { queryOf } from '../operations/records/query.ts';
import { readRows } from '../operations/records/read.ts';
import { Tally } from '../operations/records/tally.ts';
import { writePartition } from '../operations/records/write.ts';
import type { Authoring, ExecOptions } from '../task/author.ts';
import type { RunContext } from '../task/task.ts';
import { request } from './request.ts';
import type { RequestEffects } from './request.ts';

/** Runs a command of another program, see `exec` of a task's context. */
export type Exec = (
  command: string,
  args: readonly string[],
  options: ExecOptions & { readonly cwd: string },
  effects: Pick<RunContext, 'signal' | 'log'>,
) => Promise<string>;

export interface AuthoringEffects extends Omit<RequestEffects, 'signal'> {
  readonly exec: Exec;
}

/** The part of a leaf's context that is made of the rest of it. */
export function authoring(
  context: Omit<RunContext, keyof Authoring>,
  effects: AuthoringEffects,
  progress: (done: number, total?: number) => void,
): Authoring {
  const tally = new Tally(() => context.staging());
  return {
    sql: queryOf,
    rows: (source) => readRows(source, context, tally),
    write: (partition, content, options = {}) =>
      writePartition(partition, content, options, context, tally),
    progress: seldom(progress, () => effects.clock()),
    exec: (command, args = [], options = {}) =>
      effects.exec(command, args, { cwd: context.cwd, ...options }, context),
    request: (url, options = {}) =>
      request(url, options, {
        signal: context.signal,
        clock: () => effects.clock(),
        sleep: (durationMs, signal) => effects.sleep(durationMs, signal),
        random: () => effects.random(),
      }),
  };
}

/** A few times a second is as often as anybody can see; the end is always told. */
const PROGRESS_MS = 200;

function seldom(
  progress: (done: number, total?: number) => void,
  clock: () => number,
): (done: number, total?: number) => void {
  let next = -Infinity;
  return (done, total) => {
    const now = clock();
    if (now < next && done !== total) return;
    next = now + PROGRESS_MS;
    progress(done, total);
  };
}
