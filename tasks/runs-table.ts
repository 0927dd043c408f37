import { localTimeOf } from '../lib/dates/local-time.ts';
import type { ErrorRecord, Status } from '../lib/ledger/events.ts';
import type { InvocationRecord, RunRecord } from '../lib/ledger/record.ts';
import { treeOf } from '../lib/ledger/tree.ts';
import type { Summary, SummaryCell, SummaryColumn } from '../lib/task/task.ts';
import { commandOf } from './runs-commands.ts';

export interface RunTableOptions {
  /** The zone of the times that are shown. */
  readonly timezone: string;
  /** Whether to show every invocation, however many went well. */
  readonly all: boolean;
}

/** A run as a tree of invocations with their commands; what failed is told below it. */
export function runTable(run: RunRecord, options: RunTableOptions): Summary {
  const counted = counts.filter(([, count]) =>
    run.invocations.some((each) => (count(each) ?? 0) > 0),
  );
  return {
    title: `${run.run}: ${run.command}`,
    columns: [
      { name: 'id', kind: 'number' },
      { name: 'status', kind: 'text' },
      { name: 'time', kind: 'duration' },
      ...counted.map(([name]): SummaryColumn => ({ name, kind: 'number' })),
      { name: 'command', kind: 'command' },
    ],
    rows: [...rowsOf(run, counted, options)],
    notes: [
      ...run.invocations.flatMap(({ status, error }) => (error ? [errorText(status, error)] : [])),
      aboutText(run, options),
    ],
  };
}

/** `48 done, 2 failed`; nothing where nothing was run. */
export function countsText(counts: Readonly<Record<Status, number>>): string {
  const given = Object.entries(counts).filter(([, count]) => count > 0);
  return given.map(([status, count]) => `${count} ${status}`).join(', ');
}

type Count = readonly [name: string, count: (invocation: InvocationRecord) => number | undefined];

/** Columns that stand only where there is something to count. */
const counts: readonly Count[] = [
  ['attempts', ({ attempts }) => attempts],
  ['rows in', ({ rows }) => rows?.in],
  ['rows out', ({ rows }) => rows?.out],
  ['rejected', ({ rows }) => rows?.rejected],
];

/** Invocations below one that went well and are shown; the others are counted. */
const mostAlike = 20;

function* rowsOf(
  run: RunRecord,
  counted: readonly Count[],
  { all }: RunTableOptions,
): Generator<readonly SummaryCell[]> {
  const command = commandOf(run);
  const alike = new Map<number | undefined, number>();
  for (const { parent } of run.invocations.filter(isAlike)) {
    alike.set(parent, (alike.get(parent) ?? 0) + 1);
  }
  const shown = new Map<number | undefined, number>();
  for (const { depth, invocation } of treeOf(run)) {
    const { id, parent, status, durationMs = null, reason } = invocation;
    const indent = '  '.repeat(depth);
    if (isAlike(invocation) && !all) {
      const place = (shown.get(parent) ?? 0) + 1;
      shown.set(parent, place);
      const rest = (alike.get(parent) ?? 0) - mostAlike;
      if (place === mostAlike + 1) {
        yield [
          null,
          null,
          null,
          ...counted.map(() => null),
          `${indent}# ${rest} more done or skipped; --all shows them`,
        ];
      }
      if (place > mostAlike) continue;
    }
    const numbers = counted.map(([, count]) => count(invocation) ?? null);
    const comment = reason === undefined ? '' : `  # ${reason}`;
    yield [id, status, durationMs, ...numbers, `${indent}${command(invocation)}${comment}`];
  }
}

/** A leaf of which there may be very many, with nothing to say about each. */
function isAlike({ kind, status }: InvocationRecord): boolean {
  return kind === 'leaf' && (status === 'done' || status === 'skipped');
}

function errorText(status: string, { message, chain, command }: ErrorRecord): string {
  return [
    `${status}: ${message.trimEnd().replaceAll('\n', '\n  ')}`,
    ...(chain.length > 1 ? [`  in ${chain.join(' => ')}`] : []),
    `  rerun: ${command}`,
  ].join('\n');
}

function aboutText(run: RunRecord, { timezone }: RunTableOptions): string {
  const { user, host, version, exitCode, counts, leaves } = run;
  const start = localTimeOf(Date.parse(run.startedAt), timezone);
  const outcome =
    exitCode === 'unfinished'
      ? 'unfinished: it was killed or goes on still'
      : `exit code ${exitCode}`;
  const of = leaves === undefined ? '' : ` of ${leaves} planned`;
  const told = countsText(counts);
  return `${start} ${timezone}, ${user}@${host}, pipe ${version}; ${told === '' ? 'nothing ran' : `${told}${of}`}; ${outcome}`;
}
