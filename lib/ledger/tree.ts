import type { InvocationRecord, RunRecord } from './record.ts';

/** An invocation and how many stand above it. */
export interface Placed {
  readonly depth: number;
  readonly invocation: InvocationRecord;
}

/** The invocations of a run as a tree, depth first; one whose parent was lost stands at the top. */
export function* treeOf({ invocations }: Pick<RunRecord, 'invocations'>): Generator<Placed> {
  const children = new Map<number | undefined, InvocationRecord[]>([[undefined, []]]);
  for (const invocation of invocations) {
    const siblings = children.get(invocation.parent) ?? children.get(undefined);
    siblings?.push(invocation);
    children.set(invocation.id, []);
  }
  yield* below(undefined, 0);

  function* below(parent: number | undefined, depth: number): Generator<Placed> {
    for (const invocation of children.get(parent) ?? []) {
      yield { depth, invocation };
      yield* below(invocation.id, depth + 1);
    }
  }
}
