import type { InvocationRecord } from '../ledger/record.ts';

/**
 * Ids of the invocations that decided how long a run took. Back from the leaf that ended last: each
 * step is the one that ended last before the next began, because that one waited for its output or
 * for its place. What called for a step on the path is on the path, too.
 */
export function criticalPath(invocations: readonly InvocationRecord[]): ReadonlySet<number> {
  const byId = new Map(invocations.map((each) => [each.id, each]));
  const callers = new Set(invocations.map(({ parent }) => parent));
  const steps = invocations
    .filter(({ id, durationMs }) => durationMs !== undefined && !callers.has(id))
    .map(({ id, startedAt, durationMs = 0 }) => {
      const start = Date.parse(startedAt);
      return { id, start, end: start + durationMs };
    })
    .sort((a, b) => a.end - b.end || a.id - b.id);
  const path = new Set<number>();
  let next = steps.at(-1);
  for (let at = steps.length - 2; next; at--) {
    addWithCallers(next.id, byId, path);
    const { start } = next;
    while (at >= 0 && (steps[at]?.end ?? 0) > start) at--;
    next = steps[at];
  }
  return path;
}

function addWithCallers(
  id: number,
  byId: ReadonlyMap<number, InvocationRecord>,
  path: Set<number>,
): void {
  for (let at: number | undefined = id; at !== undefined && !path.has(at);) {
    path.add(at);
    at = byId.get(at)?.parent;
  }
}
