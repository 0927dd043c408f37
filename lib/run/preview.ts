import { resolveCall } from '../task/invocation.ts';
import type { Invocation } from '../task/invocation.ts';
import type { PlanContext, State } from '../task/task.ts';
import { assess, fingerprintOf } from './assess.ts';
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

/** The tree of a plan, depth first, read as fast as it is asked for. */
export async function* preview(
  invocation: Invocation,
  options: PreviewOptions,
  depth = 0,
): AsyncGenerator<PreviewNode> {
  const expansion = await expand(invocation, options);
  if (expansion.kind === 'leaf') {
    const node = await stateOf(invocation, options);
    if (node) yield { depth, kind: 'leaf', invocation, ...node };
    return;
  }
  yield { depth, kind: 'meta', invocation, outputs: [] };
  for await (const call of expansion.calls) {
    yield* preview(resolveCall(options.registry, call, options), options, depth + 1);
  }
}

async function stateOf(
  invocation: Invocation,
  options: PreviewOptions,
): Promise<Pick<PreviewNode, 'state' | 'outputs'> | undefined> {
  const declared = (await invocation.task.outputs?.(invocation.args, options)) ?? [];
  const renews = isRenewal(invocation, options.renewBefore);
  if (declared.length === 0) return renews ? undefined : { state: 'runs', outputs: [] };
  const fingerprint = await fingerprintOf(invocation, options);
  const outputs = await Promise.all(
    declared.map((output) => assess(options.store, output, fingerprint)),
  );
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
