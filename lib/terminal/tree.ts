import picocolors from 'picocolors';
import { formatNumber } from './format.ts';
import { oneLine } from './text.ts';

/** An invocation of a plan, depth first. */
export interface TreeNode {
  /** 0 for the root. */
  readonly depth: number;
  /** The command that runs just this, quoted for a shell. */
  readonly command: string;
  /** What a run would find; absent for a meta-task. `runs`: has no outputs to compare. */
  readonly state?: TreeState;
  readonly because?: readonly string[];
}

export type TreeState = 'done' | 'missing' | 'stale' | 'no-data' | 'runs';

/**
 * The lines of a dry run, one at a time: state, command, and the reason as a shell comment, so
 * that a line from its command on can be pasted into a shell. The last line counts the states.
 * Holds no node, so a plan of any length takes the same memory.
 *
 *     missing    pipe stats:pageloads -- --sites=a --start-date=2026-11-13  # never made
 */
export async function* renderTree(
  nodes: AsyncIterable<TreeNode>,
  { color }: { readonly color: boolean },
): AsyncGenerator<string> {
  const colors = picocolors.createColors(color);
  const counts = new Map<TreeState, number>();
  for await (const { depth, command, state, because = [] } of nodes) {
    if (state) counts.set(state, (counts.get(state) ?? 0) + 1);
    const label = (state ?? '').padEnd(labelWidth);
    const reason = because.length === 0 ? '' : `  # ${oneLine(because.join(', '))}`;
    const indent = '  '.repeat(depth + 1);
    yield `${paint(label, state, colors)}${indent}${oneLine(command)}${reason && colors.dim(reason)}`;
  }
  if (counts.size > 0) yield `\n${countText(counts)}`;
}

const states: readonly TreeState[] = ['missing', 'stale', 'runs', 'done', 'no-data'];
const labelWidth = Math.max(...states.map((state) => state.length));

function paint(
  label: string,
  state: TreeState | undefined,
  colors: ReturnType<typeof picocolors.createColors>,
): string {
  switch (state) {
    case undefined:
      return label;
    case 'done':
      return colors.green(label);
    case 'missing':
    case 'stale':
    case 'runs':
      return colors.yellow(label);
    case 'no-data':
      return colors.magenta(label);
    default:
      return state satisfies never;
  }
}

function countText(counts: ReadonlyMap<TreeState, number>): string {
  return states
    .filter((state) => counts.has(state))
    .map((state) => `${formatNumber(counts.get(state) ?? 0)} ${state}`)
    .join(', ');
}
