import { UsageError } from '../errors.ts';
import { resolveCall } from '../task/invocation.ts';
import type { Invocation } from '../task/invocation.ts';
import type { Call, PlanContext } from '../task/task.ts';
import type { Registry } from '../task/registry.ts';
import { expand, planError } from './expand.ts';

/**
 * Reads a whole plan once and checks every child's argv against the child's usage, before anything
 * runs. Keeps nothing but the chain it is in. Returns the number of leaves, and tells that of every
 * meta-task on the way.
 */
export async function checkPlan(
  root: Invocation,
  registry: Registry,
  context: PlanContext,
  tell?: (text: string, leaves: number) => void,
): Promise<number> {
  return count(root, []);

  async function count(invocation: Invocation, above: readonly Invocation[]): Promise<number> {
    const chain = [...above, invocation];
    const names = chain.map(({ task }) => task.name);
    if (above.some(({ text }) => text === invocation.text)) {
      throw new UsageError(`${names.join(' => ')}: the plan of '${invocation.text}' calls itself`);
    }
    if (invocation.task.show) {
      throw new UsageError(
        `${names.join(' => ')}: '${names.at(-1)}' only shows what there is and makes no run; call it from a command line`,
      );
    }
    try {
      const expansion = await expand(invocation, context);
      if (expansion.kind === 'leaf') return 1;
      let leaves = 0;
      for await (const call of expansion.calls) {
        leaves += await count(resolve(call, names), chain);
      }
      tell?.(invocation.text, leaves);
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
