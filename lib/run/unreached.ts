import { prefixOf } from '../dataset/layout.ts';
import { BulkLookup } from '../dataset/lookup.ts';
import type { Lookup } from '../dataset/lookup.ts';
import type { PartitionRecord } from '../ledger/events.ts';
import { resolveCall } from '../task/invocation.ts';
import type { Invocation } from '../task/invocation.ts';
import type { Output, PlanContext } from '../task/task.ts';
import { assess, fingerprintOf, outputsOf } from './assess.ts';
import { declaredRecord } from './partition-record.ts';
import { readUnfinished, undoneLeaves } from './undone.ts';

/**
 * Partitions that a run was to make and has not, as they are now, at most `max` of them. Which
 * engine would make them is not known here; it counts as unchanged. Reads, never writes. Throws
 * where the ledger or the tasks of today no longer tell what was planned.
 */
export async function unreachedPartitions(
  run: string,
  max: number,
  context: PlanContext,
): Promise<PartitionRecord[]> {
  const unfinished = await readUnfinished(context.store, run);
  const { now, timezone } = unfinished.started;
  const pinned = { ...context, now: Date.parse(now), timezone };
  const lookup = new BulkLookup(context.store);
  const records: PartitionRecord[] = [];
  for await (const call of undoneLeaves(unfinished, pinned)) {
    const invocation = resolveCall(context.registry, call, pinned);
    for (const output of await outputsOf(invocation, pinned)) {
      if (records.length >= max) return records;
      records.push(await recordOf(output, invocation, pinned, lookup));
    }
  }
  return records;
}

async function recordOf(
  output: Output,
  invocation: Invocation,
  { timezone }: PlanContext,
  lookup: Lookup,
): Promise<PartitionRecord> {
  const { published } = await lookup.found(prefixOf(output.partition));
  const engineId = published?.manifest.fingerprint.engine ?? '';
  const fingerprint = await fingerprintOf(invocation, { timezone, engineId });
  return declaredRecord(await assess(lookup, output, fingerprint));
}
