import { localTimeOf } from '../lib/dates/local-time.ts';
import { nearest } from '../lib/docopt/suggest.ts';
import { UsageError } from '../lib/errors.ts';
import type { RunEvent } from '../lib/ledger/events.ts';
import { expiredRuns, removeRun } from '../lib/ledger/prune.ts';
import { listRuns, readEvents, readRun, runsIn } from '../lib/ledger/read.ts';
import type { RunSummary } from '../lib/ledger/record.ts';
import { placeOf } from '../lib/store/place.ts';
import { defineTask } from '../lib/task/define.ts';
import type { PlanContext, SummaryCell } from '../lib/task/task.ts';
import { integer } from '../lib/task/values.ts';
import { countsText, runTable } from './runs-table.ts';

export { runsSql } from './runs-sql.ts';

export const runsList = defineTask({
  name: 'runs:list',
  summary: 'List the last runs: when, who, how long, what came of them',
  usage: `[--last=<n>]

Options:
  --last=<n>  How many [default: 20].

For example:
  pipe runs:list
  pipe runs:list -- --last=100`,
  async *show(args, context) {
    const last = integer(args.last, { option: '--last', min: 1 });
    const rows: SummaryCell[][] = [];
    for await (const run of listRuns(context.store)) {
      rows.push(rowOf(run, context));
      if (rows.length === last) break;
    }
    yield {
      title: `Last runs in ${placeOf(context.store.uri, context.cwd)}, times in ${context.timezone}`,
      columns: [
        { name: 'run', kind: 'text' },
        { name: 'when', kind: 'text' },
        { name: 'who', kind: 'text' },
        { name: 'time', kind: 'duration' },
        { name: 'exit', kind: 'text' },
        { name: 'leaves', kind: 'text' },
        { name: 'command', kind: 'command' },
      ],
      rows,
      notes: [],
    };
  },
});

export const runsShow = defineTask({
  name: 'runs:show',
  summary: 'Show a run: its invocations as a tree with their commands, times and failures',
  usage: `[--all] [<run>]

Options:
  --all  Also the invocations that went well, where there are many.

<run> is what runs:list shows, or the beginning of it; without it, the last run.

For example:
  pipe runs:show
  pipe runs:show -- --all 20261120T060000Z`,
  async *show(args, context) {
    const run = await findRun(args.run, context);
    yield runTable(await readRun(context.store, run), { all: args.all, ...context });
  },
});

export const runsLogs = defineTask({
  name: 'runs:logs',
  summary: 'Print what the invocations of a run had to say, their failures included',
  usage: `[--invocation=<id>] [<run>]

Options:
  --invocation=<id>  Only this one and those it called for; runs:show has their numbers.

<run> is what runs:list shows, or the beginning of it; without it, the last run.

For example:
  pipe runs:logs
  pipe runs:logs -- --invocation=3 20261120T060000Z`,
  async *show(args, context) {
    const run = await findRun(args.run, context);
    const text = args.invocation;
    const root = text === undefined ? undefined : integer(text, { option: '--invocation', min: 1 });
    const tasks = new Map<number, string>();
    for await (const event of readEvents(context.store, run)) {
      if (event.type === 'invocation-started' && isBelow(event, root, tasks)) {
        tasks.set(event.id, event.task);
      }
      const message = messageIn(event);
      if (message === undefined || !('id' in event) || !tasks.has(event.id)) continue;
      const time = localTimeOf(Date.parse(event.at), context.timezone);
      yield `${time}  #${event.id} ${tasks.get(event.id)}: ${message.trimEnd().replaceAll('\n', '\n    ')}\n`;
    }
    if (root !== undefined && tasks.size === 0) {
      throw new UsageError(
        `run '${run}' has no invocation '${root}'; pipe runs:show -- ${run} lists them`,
      );
    }
  },
});

export const runsPrune = defineTask({
  name: 'runs:prune',
  summary: 'Remove the ledgers of old runs; never of those that are going on',
  usage: `--keep=<days>

Options:
  --keep=<days>  How many days a run is kept after it was last written to.

For example:
  pipe --dry-run runs:prune -- --keep=90`,
  async *plan(args, { store, now }) {
    const keep = integer(args.keep, { option: '--keep', min: 0 });
    for await (const run of expiredRuns(store, keep, now)) {
      yield { task: 'runs:remove', args: { run } };
    }
  },
});

export const runsRemove = defineTask({
  name: 'runs:remove',
  summary: 'Remove the ledger of one run',
  usage: `Usage:
  runs:remove -- <run>

A step of runs:prune, to be run alone. <run> is what runs:list shows.

For example:
  pipe runs:remove -- 20261120T060000Z-000aaaaa`,
  async run(args, context) {
    // By the clock, since a run may take another time for the present.
    if (await removeRun(context.store, args.run, context.clock())) return;
    const known = (await runsIn(context.store)).map(({ run }) => run);
    throw unknownRun(args.run, known, context);
  },
});

function rowOf(run: RunSummary, { timezone }: PlanContext): SummaryCell[] {
  return [
    run.run,
    localTimeOf(Date.parse(run.startedAt), timezone),
    `${run.user}@${run.host}`,
    run.durationMs,
    String(run.exitCode),
    countsText(run.counts),
    run.command,
  ];
}

/** The run whose id is this or begins so; the last one where none is named. */
export async function findRun(text: string | undefined, context: PlanContext): Promise<string> {
  const runs = (await runsIn(context.store)).map(({ run }) => run);
  const found = runs.filter((run) => text === undefined || run.startsWith(text));
  const exact = found.find((run) => run === text) ?? found[0];
  if (exact === undefined) throw unknownRun(text, runs, context);
  if (text === undefined || exact === text || found.length === 1) return exact;
  throw new UsageError(
    `'${text}' is the beginning of ${found.length} runs: ${found.slice(0, 5).join(', ')}` +
      `${found.length > 5 ? ', …' : ''}; write more of it`,
  );
}

function unknownRun(
  text: string | undefined,
  runs: readonly string[],
  { store, cwd }: PlanContext,
): UsageError {
  const place = placeOf(store.uri, cwd);
  if (runs.length === 0) return new UsageError(`there has been no run in the store ${place} yet`);
  const near = nearest(text ?? '', runs) ?? runs[0];
  return new UsageError(
    `there is no run '${text}' in the store ${place}; did you mean ${near}? pipe runs:list lists them`,
  );
}

/** Whether an invocation is the root or below it; without a root every one is. */
function isBelow(
  { id, parent }: Extract<RunEvent, { readonly type: 'invocation-started' }>,
  root: number | undefined,
  known: ReadonlyMap<number, string>,
): boolean {
  return root === undefined || id === root || (parent !== undefined && known.has(parent));
}

function messageIn(event: RunEvent): string | undefined {
  if (event.type === 'log') return event.message;
  if (event.type === 'invocation-retried') {
    return `attempt ${event.attempt} failed: ${event.error.message}`;
  }
  if (event.type !== 'invocation-finished' || !event.error) return undefined;
  return `${event.status}: ${event.error.message}`;
}
