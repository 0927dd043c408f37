import type { Engine } from '../../engine/engine.ts';
import type { Part } from './state.ts';

/**
 * Does some work on parts of a state, on each engine one at a time: a bucket is too small for an
 * engine to write it with several threads. Throws the first error, when all that was under way has ended.
 */
export async function eachOn<Result>(
  engines: readonly Engine[],
  parts: readonly Part[],
  work: (part: Part, engine: Engine) => Promise<Result>,
): Promise<ReadonlyMap<Part, Result>> {
  const results = new Map<Part, Result>();
  const waiting = [...parts];
  const works = engines.map(async (engine) => {
    for (let part = waiting.shift(); part; part = waiting.shift()) {
      results.set(part, await work(part, engine));
    }
  });
  try {
    await Promise.all(works);
  } finally {
    // When one has failed nothing goes on behind.
    waiting.length = 0;
    await Promise.allSettled(works);
  }
  return results;
}
