import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { reasonOf, UserError } from '../lib/errors.ts';
import { readRun } from '../lib/ledger/read.ts';
import type { PartitionRecord } from '../lib/ledger/events.ts';
import type { RunRecord } from '../lib/ledger/record.ts';
import { defineTask } from '../lib/task/define.ts';
import { unreachedPartitions } from '../lib/run/unreached.ts';
import type { PlanContext } from '../lib/task/task.ts';
import { commandOf, prefixOf } from './runs-commands.ts';
import { findRun } from './runs.ts';

export const report = defineTask({
  name: 'runs:report',
  summary: 'Write a run as one HTML page: calendar, timeline, lineage, failures and commands',
  usage: `[--out=<file>] [<run>]

Options:
  --out=<file>  Where to; pipe-report-<run>.html in the current folder unless given.

<run> is what runs:list shows, or the beginning of it; without it, the last run. The page needs no network.

For example:
  pipe runs:report
  pipe runs:report -- --out=report.html 20261120T060000Z`,
  async *show(args, context) {
    const run = await readRun(context.store, await findRun(args.run, context));
    const path = args.out ?? `pipe-report-${run.run}.html`;
    const { renderReport } = await import('../lib/report/report.ts');
    const page = renderReport({
      run,
      planned: await plannedOf(run, context),
      command: commandOf(run),
      ...(isWhole(run) ? {} : { resume: `${prefixOf(run)} runs:resume -- ${run.run}` }),
      madeAt: new Date(context.now).toISOString(),
    });
    await write(resolve(context.cwd, path), page);
    yield `${path}\n`;
  },
});

/** More than these a report does not show. */
const maxPlanned = 20_000;

/** What the run was to make beyond what it came to. */
async function plannedOf(
  run: RunRecord,
  context: PlanContext,
): Promise<readonly PartitionRecord[]> {
  const hasAll = run.exitCode !== 'unfinished' && run.counts.cancelled === 0;
  if (hasAll) return [];
  try {
    return await unreachedPartitions(run.run, maxPlanned, context);
  } catch (error) {
    // The ledger may end too early, and a task may be gone by now; the report says what it knows.
    if (error instanceof UserError) return [];
    throw error;
  }
}

/** Whether every leaf was done, or was up to date, or had nothing to be made of. */
function isWhole({ exitCode, counts }: RunRecord): boolean {
  return exitCode !== 'unfinished' && counts.cancelled === 0 && counts.failed === 0;
}

async function write(path: string, page: string): Promise<void> {
  try {
    await writeFile(path, page);
  } catch (error) {
    throw new UserError(
      `--out: '${path}' cannot be written: ${reasonOf(error)}; name a file in a folder that is there`,
      { cause: error },
    );
  }
}
