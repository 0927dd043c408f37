import { UsageError } from '../errors.ts';
import { resolveCall } from '../task/invocation.ts';
import type { Invocation } from '../task/invocation.ts';
import type { Call, PlanContext } from '../task/task.ts';
import type { Registry } from '../task/registry.ts';
import { expand, planError } from './expand.ts';

/** Who follows how a plan is read. */
export interface PlanWatch {
  /** Gets the number of leaves of every meta-task. */
  readonly counted?: (text: string, leaves: number) => void;
  /** Waited for now and then, with the number of leaves so far; what it throws ends the reading. */
  readonly breathe?: (leaves: number) => Promise<void>;
}

/** So many leaves take less than a millisecond. */
const LEAVES_A_BREATH = 64;

/**
 * Reads a whole plan once and checks every child's argv against the child's usage, before anything
 * runs. Keeps nothing but the chain it is in. Returns the number of leaves.
 */
export async function checkPlan(
  root: Invocation,
  registry: Registry,
  context: PlanContext,
  watch: PlanWatch = {},
): Promise<number> {
  let read = 0;
  return count(root, []);

  async function count(invocation: Invocation, above: readonly Invocation[]): Promise<number> {
    const chain = [...above, invocation];
    const names = chain.map(({ task }) => task.name);
    if (above.some(({ text }) => text === invocation.text)) {
      throw new UsageError(
        `${names.join(' => ')}: the plan of '${invocation.text}' calls itself; let it end somewhere`,
      );
    }
    if (invocation.task.show) {
      throw new UsageError(
        `${names.join(' => ')}: '${names.at(-1)}' only shows what there is and makes no run; call it from a command line`,
      );
    }
    try {
      const expansion = await expand(invocation, context);
      if (expansion.kind === 'leaf') {
        if (++read % LEAVES_A_BREATH === 0) await watch.breathe?.(read);
        return 1;
      }
      let leaves = 0;
      for await (const call of expansion.calls) {
        leaves += await count(resolve(call, names), chain);
      }
      watch.counted?.(invocation.text, leaves);
      return leaves;
    } catch (error) {
      throw planError(error, names);
    }
  }

  function resolve(call: Call, names: readonly string[]): Invocation {
    try {
      return resolveCall(registry, call, context);
    } catch (error) {
      throw planError(error, [...names, call.task]);
    }
  }
}
