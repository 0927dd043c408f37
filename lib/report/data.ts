import type { PartitionRecord } from '../ledger/events.ts';
import type { InvocationRecord, RunRecord } from '../ledger/record.ts';

/** All that a report shows; it looks at nothing else. */
export interface ReportData {
  readonly run: RunRecord;
  /** The command line that runs one invocation again. */
  readonly command: (invocation: InvocationRecord) => string;
  /** Partitions that the run was to make and never came to, with what is there instead. */
  readonly planned?: readonly PartitionRecord[];
  /** The command line that goes on with what the run left undone; absent where nothing is left. */
  readonly resume?: string;
  /** When the report was made, ISO text. */
  readonly madeAt: string;
}

/** What an invocation is about, in a few words: its partition's keys, else its arguments. */
export function labelOf({ task, argv, partitions }: InvocationRecord): string {
  const [partition, ...more] = partitions ?? [];
  if (!partition || more.length > 0) return [task, ...argv].join(' ');
  const keys = partition.name.split('/').filter((segment) => segment.includes('='));
  return keys.length > 0 ? `${task} ${keys.join(' ')}` : [task, ...argv].join(' ');
}

/** Where an invocation stands in a page, for links. */
export function anchorOf({ id }: Pick<InvocationRecord, 'id'>): string {
  return `invocation-${id}`;
}
