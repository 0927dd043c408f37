import { UsageError } from '../errors.ts';
import type { Invocation } from '../task/invocation.ts';
import { checkCall, checkIterable } from '../task/returned.ts';
import type { Call, PlanContext } from '../task/task.ts';

/** What an invocation turns out to be once its task's plan has been asked. */
export type Expansion =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'meta'; readonly calls: AsyncGenerator<Call> };

/**
 * Asks the plan. An invocation whose plan yields nothing is a leaf if its task can run, else a
 * meta-task with nothing to do. Calls are read one by one, as the caller asks for them.
 */
export async function expand(invocation: Invocation, context: PlanContext): Promise<Expansion> {
  const { task, args } = invocation;
  if (!task.plan) return { kind: 'leaf' };
  const calls = iterate(task.plan(args, context), task.name);
  const first = await calls.next();
  if (first.done && task.run) return { kind: 'leaf' };
  return { kind: 'meta', calls: startingWith(first, calls) };
}

/** An error in a plan, which already says which tasks planned it. */
class PlanError extends UsageError {}

/** Adds the chain of planning tasks to an error in a plan that a person can act on. */
export function planError(error: unknown, chain: readonly string[]): unknown {
  if (!(error instanceof UsageError) || error instanceof PlanError) return error;
  const named = chain.some((name) => error.message.startsWith(`${name}: `));
  const message = named ? error.message : `${chain.at(-1)}: ${error.message}`;
  const planned = chain.length > 1 ? `\n\n  planned by ${chain.join(' => ')}` : '';
  return new PlanError(`${message}${planned}`, { cause: error });
}

async function* iterate(
  calls: Iterable<Call> | AsyncIterable<Call>,
  task: string,
): AsyncGenerator<Call> {
  checkIterable(calls, task, 'plan');
  for await (const call of calls) {
    checkCall(call, task);
    yield call;
  }
}

async function* startingWith(
  first: IteratorResult<Call>,
  rest: AsyncGenerator<Call>,
): AsyncGenerator<Call> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}
