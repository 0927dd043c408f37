import type { Lookup } from '../dataset/lookup.ts';
import { resolveCall } from '../task/invocation.ts';
import type { Invocation } from '../task/invocation.ts';
import type { Call } from '../task/task.ts';
import { assessAll } from './assess.ts';
import { expand } from './expand.ts';
import type { PreviewOptions } from './preview.ts';

/**
 * The invocations that a plan calls for, in its order. The plan is read a little ahead, and so is
 * what the store holds of their outputs and inputs: one after the other they would each wait for it.
 */
export async function* childrenAhead(
  calls: AsyncIterable<Call>,
  options: Omit<PreviewOptions, 'force'>,
  lookup: Lookup,
): AsyncGenerator<Invocation, void, undefined> {
  const ready: Invocation[] = [];
  try {
    for await (const call of calls) {
      const child = resolveCall(options.registry, call, options);
      if (!child.task.outputs) {
        if (ready.length > 0) yield* ready.splice(0);
        yield child;
        continue;
      }
      // Whoever needs it will meet the same error, and can tell whose it is.
      void readAhead(child, options, lookup).catch(() => undefined);
      ready.push(child);
      const next = ready.length > MOST_AHEAD ? ready.shift() : undefined;
      if (next) yield next;
    }
  } catch (error) {
    // A plan that breaks has called for these before.
    yield* ready.splice(0);
    throw error;
  }
  yield* ready;
}

/** So many requests are on their way to a distant store at once, or a few more. */
const MOST_AHEAD = 64;

async function readAhead(
  child: Invocation,
  options: Omit<PreviewOptions, 'force'>,
  lookup: Lookup,
): Promise<void> {
  const expansion = await expand(child, options);
  if (expansion.kind === 'leaf') await assessAll(child, options, lookup);
  else await expansion.calls.return(undefined);
}
