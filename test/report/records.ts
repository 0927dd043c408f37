import type { PartitionRecord, Status } from '../../lib/ledger/events.ts';
import type { InvocationRecord, RunRecord } from '../../lib/ledger/record.ts';
import type { ReportData } from '../../lib/report/data.ts';

export const startMs = Date.UTC(2026, 10, 20, 6);

export interface Shape {
  readonly sites: number;
  readonly days: number;
  readonly tasks?: readonly string[];
  /** By number of the leaf. Default: done. */
  readonly status?: (leaf: number) => Status;
}

/** A run of one leaf for each aggregate, site and day, two at a time. */
export function runOf({
  sites,
  days,
  tasks = aggregates,
  status = () => 'done',
}: Shape): RunRecord {
  const invocations: InvocationRecord[] = [meta(1, undefined, 'stats:multi')];
  const free = [20, 20];
  let leaf = 0;
  for (const task of tasks) {
    const parent = invocations.length + 1;
    invocations.push(meta(parent, 1, task));
    for (let site = 0; site < sites; site++) {
      for (let day = 0; day < days; day++) {
        const slot = free.indexOf(Math.min(...free));
        const start = free[slot] ?? 0;
        const durationMs = 20 + ((leaf * 7919) % 61);
        free[slot] = start + durationMs;
        const at = { id: invocations.length + 1, parent, startMs: startMs + start, durationMs };
        invocations.push(leafOf(task, `site-${site}`, dayOf(day), status(leaf++), at));
      }
    }
  }
  const durationMs = Math.max(...free) + 10;
  return {
    run: '20261120T060000Z-0a1b2c3d',
    version: '0.1.0',
    host: 'worker-1',
    user: 'etl',
    pid: 4711,
    command: 'pipe --store=data stats:multi -- --sites=all --start-date=2026-11-13',
    store: 'file:///srv/data',
    timezone: 'Europe/Berlin',
    now: new Date(startMs).toISOString(),
    startedAt: new Date(startMs).toISOString(),
    endedAt: new Date(startMs + durationMs).toISOString(),
    durationMs,
    exitCode: invocations.some((each) => each.status === 'failed') ? 1 : 0,
    counts: countsOf(invocations),
    leaves: leaf,
    invocations: invocations.map((each) => (each.kind === 'meta' ? { ...each, durationMs } : each)),
  };
}

export function dataOf(run: RunRecord): ReportData {
  return {
    run,
    command: ({ task, argv }) => `pipe --store=data ${task} -- ${argv.join(' ')}`,
    madeAt: '2026-11-20T07:00:00.000Z',
  };
}

const aggregates = ['stats:pageloads', 'stats:clicks', 'stats:conversions'];

function meta(id: number, parent: number | undefined, task: string): InvocationRecord {
  return {
    id,
    ...(parent !== undefined && { parent }),
    kind: 'meta',
    task,
    argv: ['--sites=all'],
    startedAt: new Date(startMs + 5 * id).toISOString(),
    status: 'done',
  };
}

function leafOf(
  task: string,
  site: string,
  day: string,
  status: Status,
  at: { readonly id: number; readonly parent: number; startMs: number; durationMs: number },
): InvocationRecord {
  const dataset = task.replace(':', '/');
  const isDone = status === 'done';
  const partition: PartitionRecord = {
    name: `${dataset}/site=${site}/date=${day}/`,
    found: isDone || at.id % 2 === 0 ? 'missing' : 'stale',
    inputs: [`events/site=${site}/date=${day}/`],
    ...(isDone && {
      published: { files: 1, bytes: 2000 + at.id, rows: 25, rejected: 0, columns },
    }),
  };
  const argv = [`--sites=${site}`, `--start-date=${day}`, `--end-date=${day}`];
  return {
    id: at.id,
    parent: at.parent,
    kind: 'leaf',
    task,
    argv,
    startedAt: new Date(at.startMs).toISOString(),
    status,
    durationMs: at.durationMs,
    partitions: [partition],
    ...(isDone && {
      rows: { in: 10_000, out: 25, rejected: 3, filtered: 1200, aggregated: 8797 },
      outputs: [partition.name],
    }),
    ...(status === 'failed' && {
      error: {
        message: `site=${site} date=${day}: column "ts" has the type VARCHAR, expected TIMESTAMP;\nread the events again with --ts=<field>`,
        chain: ['stats:multi', task, task],
        command: `pipe --store=data ${task} -- ${argv.join(' ')}`,
        exitCode: 1,
      },
    }),
  };
}

const columns = [
  { name: 'hour', type: 'TINYINT' },
  { name: 'pageloads', type: 'BIGINT' },
];

function dayOf(day: number): string {
  return new Date(Date.UTC(2026, 10, 13 + day)).toISOString().slice(0, 10);
}

function countsOf(invocations: readonly InvocationRecord[]): Record<Status, number> {
  const counts = { done: 0, skipped: 0, 'no-data': 0, failed: 0, cancelled: 0 };
  for (const { kind, status } of invocations) {
    if (kind === 'leaf' && status !== 'unfinished') counts[status]++;
  }
  return counts;
}
