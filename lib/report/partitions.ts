import type { PartitionRecord } from '../ledger/events.ts';
import type { InvocationRecord } from '../ledger/record.ts';

/** `kept`: was up to date before the run. */
export type PartitionState = 'failed' | 'stale' | 'missing' | 'no-data' | 'done' | 'kept';

/** What became of one partition in a run. */
export interface PartitionCell extends PartitionName {
  readonly state: PartitionState;
  readonly record: PartitionRecord;
  readonly invocation?: InvocationRecord;
}

/** A partition's prefix, taken apart: `stats/clicks/site=a/date=2026-11-19/`. */
export interface PartitionName {
  readonly dataset: string;
  /** Its keys without the day: `site=a`, or nothing. */
  readonly keys: string;
  /** Absent where the partition has no day. */
  readonly day?: string;
}

/** From the one that most needs to be seen to the one that least does. */
const order: readonly PartitionState[] = ['failed', 'stale', 'missing', 'no-data', 'done', 'kept'];

/**
 * Every partition that the leaves of a run stand for and those that were planned beyond them; one
 * that several leaves make counts by the worst of them.
 */
export function partitionsOf(
  invocations: readonly InvocationRecord[],
  planned: readonly PartitionRecord[] = [],
): readonly PartitionCell[] {
  const cells = new Map<string, PartitionCell>();
  const add = (record: PartitionRecord, invocation?: InvocationRecord): void => {
    const name = parsePartition(record.name);
    if (!name) return;
    const state = stateOf(record, invocation);
    const before = cells.get(record.name);
    if (before && order.indexOf(before.state) <= order.indexOf(state)) return;
    cells.set(record.name, { ...name, state, record, ...(invocation && { invocation }) });
  };
  for (const invocation of invocations) {
    for (const record of invocation.partitions ?? []) add(record, invocation);
  }
  for (const record of planned) {
    if (!cells.has(record.name)) add(record);
  }
  return [...cells.values()];
}

/** Undefined for what is no partition's prefix, such as the URI of a file. */
export function parsePartition(prefix: string): PartitionName | undefined {
  if (!prefix.endsWith('/') || prefix.includes(':')) return undefined;
  const segments = prefix.slice(0, -1).split('/');
  const first = segments.findIndex((segment) => segment.includes('='));
  const names = first < 0 ? segments : segments.slice(0, first);
  if (names.length === 0) return undefined;
  const keys = first < 0 ? [] : segments.slice(first);
  const day = keys.find((key) => /^date=\d{4}-\d{2}-\d{2}$/.test(key))?.slice('date='.length);
  return {
    dataset: names.join('/'),
    keys: keys.filter((key) => key !== `date=${day}`).join(' '),
    ...(day !== undefined && { day }),
  };
}

function stateOf(record: PartitionRecord, invocation?: InvocationRecord): PartitionState {
  const left = record.found === 'done' ? 'kept' : (record.found ?? 'missing');
  const status = invocation?.status;
  switch (status) {
    case 'done':
      return record.published ? 'done' : left;
    case 'failed':
      return record.published ? 'done' : 'failed';
    case 'no-data':
      return 'no-data';
    case 'skipped':
      return invocation?.reason === undefined ? 'kept' : left;
    case 'cancelled':
    case 'unfinished':
    case undefined:
      return left;
    default:
      return status satisfies never;
  }
}
