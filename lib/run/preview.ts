import { BulkLookup } from '../dataset/lookup.ts';
import type { Lookup } from '../dataset/lookup.ts';
import type { Invocation } from '../task/invocation.ts';
import type { PlanContext, State } from '../task/task.ts';
import { childrenAhead } from './ahead.ts';
import { assessAll } from './assess.ts';
import type { Assessed } from './assess.ts';
import { expand } from './expand.ts';
import type { RunOptions } from './options.ts';
import { isRenewal } from './renew.ts';

/** One line of a dry run: an invocation, and what a run would do with it. */
export interface PreviewNode {
  readonly depth: number;
  readonly kind: 'meta' | 'leaf';
  readonly invocation: Invocation;
  /** Absent for a meta-task; a leaf that declares no outputs always runs. */
  readonly state?: State | 'runs';
  readonly outputs: readonly Assessed[];
}

/** Everything a preview looks at; it changes nothing. */
export type PreviewOptions = PlanContext & Pick<RunOptions, 'engineId' | 'force' | 'renewBefore'>;

/** The tree of a plan, depth first, read as fast as it is asked for, and the store a little ahead of that. */
export function preview(
  invocation: Invocation,
  options: PreviewOptions,
): AsyncGenerator<PreviewNode> {
  const lookup = new BulkLookup(options.store);
  return below(invocation, 0);

  async function* below(node: Invocation, depth: number): AsyncGenerator<PreviewNode> {
    const expansion = await expand(node, options);
    if (expansion.kind === 'leaf') {
      const state = await stateOf(node, options, lookup);
      if (state) yield { depth, kind: 'leaf', invocation: node, ...state };
      return;
    }
    yield { depth, kind: 'meta', invocation: node, outputs: [] };
    for await (const child of childrenAhead(expansion.calls, options, lookup)) {
      yield* below(child, depth + 1);
    }
  }
}

async function stateOf(
  invocation: Invocation,
  options: PreviewOptions,
  lookup: Lookup,
): Promise<Pick<PreviewNode, 'state' | 'outputs'> | undefined> {
  const outputs = await assessAll(invocation, options, lookup);
  const renews = isRenewal(invocation, options.renewBefore);
  if (outputs.length === 0) return renews ? undefined : { state: 'runs', outputs: [] };
  const isStale = outputs.some(({ state }) => state === 'stale');
  if (renews && !isStale) return undefined;
  const forced = outputs.map((output) => (options.force ? force(output) : output));
  return { state: worst(forced), outputs: forced };
}

function force(output: Assessed): Assessed {
  return output.state === 'done' ? { ...output, state: 'stale', because: ['--force'] } : output;
}

/** The state of a leaf by those of its outputs: it runs when any of them is missing or stale. */
function worst(outputs: readonly Assessed[]): State {
  const order: readonly State[] = ['missing', 'stale', 'done', 'no-data'];
  return order.find((state) => outputs.some((output) => output.state === state)) ?? 'done';
}
