import { exitCodes, UserError } from '../lib/errors.ts';
import { listRuns } from '../lib/ledger/read.ts';
import type { RunSummary } from '../lib/ledger/record.ts';
import { readUnfinished, undoneLeaves } from '../lib/run/undone.ts';
import type { Unfinished } from '../lib/run/undone.ts';
import { defineTask } from '../lib/task/define.ts';
import type { PlanContext } from '../lib/task/task.ts';
import { findRun } from './runs.ts';

export { runsAccept } from './accept.ts';

export const runsResume = defineTask({
  name: 'runs:resume',
  summary: 'Do what a run left undone, for the same days; the last one that failed or was cut off',
  usage: `Usage:
  runs:resume -- [<run>]

<run> is what runs:list shows, or the beginning of it. What is done already is skipped.

For example:
  pipe runs:resume
  pipe --dry-run runs:resume -- 20261120T060000Z`,

  async pin({ run: text }, context) {
    const unfinished = await findUnfinished(text, context);
    const { run, started } = unfinished;
    const { timezone, force, renewBefore } = started;
    const settings = {
      timezone,
      now: Date.parse(started.now),
      ...(force && { force }),
      ...(renewBefore !== undefined && { renewBefore }),
    };
    for await (const _ of undoneLeaves(unfinished, { ...context, ...settings })) {
      return { args: [run], ...settings };
    }
    throw new UserError(`run '${run}' has left nothing undone`, { exitCode: exitCodes.done });
  },

  async *plan({ run: text }, context) {
    const unfinished = await findUnfinished(text, context);
    const { timezone } = unfinished.started;
    if (timezone !== context.timezone) {
      throw new UserError(
        `run '${unfinished.run}' was made in the time zone ${timezone}; use --timezone=${timezone}`,
      );
    }
    yield* undoneLeaves(unfinished, context);
  },
});

async function findUnfinished(text: string | undefined, context: PlanContext): Promise<Unfinished> {
  const run = text === undefined ? await lastUndone(context) : await findRun(text, context);
  return await readUnfinished(context.store, run);
}

/** The last run that failed or never ended, unless what it was for has been done since. */
async function lastUndone(context: PlanContext): Promise<string> {
  const done = new Set<string>();
  let running: string | undefined;
  for await (const summary of listRuns(context.store)) {
    const { run, command, exitCode } = summary;
    if (isRunning(summary, context)) running ??= run;
    else if (isUndone(summary) && !done.has(workOf(command)) && !done.has(run)) return run;
    if (exitCode !== exitCodes.done) continue;
    done.add(workOf(command));
    const [, resumed] = /\bruns:resume -- (\S+)$/.exec(command) ?? [];
    if (resumed !== undefined) done.add(resumed);
  }
  const others = running === undefined ? 'every run' : `run ${running} goes on still, every other`;
  throw new UserError(`there is nothing to resume: ${others} has ended well`, {
    exitCode: exitCodes.done,
  });
}

/** A command without what only says how it is attempted. */
function workOf(command: string): string {
  return command.replaceAll(
    / --(?:retries|retry-delay|timeout|isolate|max-memory|if-running|wait)=\S+/g,
    '',
  );
}

/** Of a run on another machine nobody knows; to resume it does no harm, for it holds its leases. */
function isRunning({ run, exitCode, pid, owner }: RunSummary, { leases }: PlanContext): boolean {
  if (exitCode !== 'unfinished' || !owner) return false;
  return leases?.liveness({ run, pid, ...owner }) === 'alive';
}

/** A run without data has ended, and one that was used wrongly will not do better. */
function isUndone({ exitCode, command }: RunSummary): boolean {
  const over: readonly (number | 'unfinished')[] = [
    exitCodes.done,
    exitCodes.usage,
    exitCodes.noData,
  ];
  return command !== '' && !over.includes(exitCode);
}
