import { UsageError } from '../errors.ts';
import type { Invocation } from '../task/invocation.ts';
import type { Outcome } from '../task/task.ts';

/** An invocation of a run; the nodes form a tree. */
export interface Node {
  readonly id: number;
  readonly invocation: Invocation;
  readonly parent: Node | undefined;
  /** How many running leaves stand above. */
  readonly level: number;
  /** The nodes this one waits for now. */
  readonly waitsFor: Set<Node>;
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
  settle(outcome: Outcome): void;
}

export function createNode(
  id: number,
  invocation: Invocation,
  parent: Node | undefined,
  level: number,
): Node {
  let settle: (outcome: Outcome) => void = () => undefined;
  const outcome = new Promise<Outcome>((resolve) => (settle = resolve));
  return { id, invocation, parent, level, waitsFor: new Set(), outcome, settle };
}

/** The names of the tasks from the root to this node. */
export function chainOf(node: Node): string[] {
  const above = node.parent ? chainOf(node.parent) : [];
  return [...above, node.invocation.task.name];
}

/**
 * The outcome of a node that somebody else started. Throws UsageError where the two would wait for
 * each other for ever; the promise never rejects.
 */
export function joinNode(node: Node, by: Node | undefined): Promise<Outcome> {
  if (!by) return node.outcome;
  if (waits(node, by)) {
    const chain = [...chainOf(by), node.invocation.task.name].join(' => ');
    throw new UsageError(
      `${chain}: '${node.invocation.text}' waits for itself; an invocation cannot call one that is waiting for it`,
    );
  }
  by.waitsFor.add(node);
  return node.outcome.finally(() => by.waitsFor.delete(node));
}

function waits(node: Node, target: Node): boolean {
  return node === target || [...node.waitsFor].some((next) => waits(next, target));
}
