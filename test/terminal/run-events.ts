import type {
  ErrorRecord,
  InvocationFinished,
  InvocationStarted,
  RunEvent,
  Status,
} from '../../lib/ledger/events.ts';

/** A time `ms` milliseconds after the run has started. */
export function at(ms: number): string {
  return new Date(Date.UTC(2026, 10, 20) + ms).toISOString();
}

export function started(): RunEvent {
  return {
    type: 'run-started',
    at: at(0),
    run: '20261120T000000-1',
    version: '0.1.0',
    host: 'h',
    user: 'u',
    pid: 1,
    command: 'pipe stats:multi -- --sites=a,b',
    store: './store',
    timezone: 'UTC',
    now: at(0),
  };
}

export function planned(leaves: number): RunEvent {
  return { type: 'run-planned', at: at(0), leaves };
}

/** `parent` 0: the root. */
export function leafStarted(id: number, ms = 0, parent = 1): RunEvent {
  const argv = ['--sites=a', `--start-date=d${id}`, `--end-date=d${id}`];
  const task = 'stats:pageloads';
  const above = parent === 0 ? {} : { parent };
  return { type: 'invocation-started', at: at(ms), id, ...above, kind: 'leaf', task, argv };
}

export function metaStarted(id: number, more: Partial<InvocationStarted> = {}): RunEvent {
  const [task, argv] = ['stats:multi', [`--sites=s${id}`]];
  return { type: 'invocation-started', at: at(0), id, kind: 'meta', task, argv, ...more };
}

export function metaFinished(
  id: number,
  status: Status,
  more: Partial<InvocationFinished> = {},
): RunEvent {
  return leafFinished(id, status, { kind: 'meta', ...more });
}

export function leafFinished(
  id: number,
  status: Status,
  more: Partial<InvocationFinished> = {},
): RunEvent {
  return {
    type: 'invocation-finished',
    at: at(0),
    id,
    kind: 'leaf',
    status,
    durationMs: 1234,
    ...more,
  };
}

export function failure(id: number, message = `cannot read 'part-${id}'`): ErrorRecord {
  return {
    message,
    chain: ['stats:multi', 'stats:pageloads'],
    command: `pipe --store=./store stats:pageloads -- --sites=a --start-date=d${id} --end-date=d${id}`,
    exitCode: 1,
  };
}

export function finished(counts: Partial<Record<Status, number>>): RunEvent {
  const none = { done: 0, skipped: 0, 'no-data': 0, failed: 0, cancelled: 0 };
  const failed = (counts.failed ?? 0) > 0;
  return {
    type: 'run-finished',
    at: at(1234),
    durationMs: 1234,
    exitCode: failed ? 1 : 0,
    counts: { ...none, ...counts },
  };
}
