import type { Engine } from '../engine/engine.ts';
import type { Staging } from '../store/store.ts';
import type { SummaryContext } from '../task/task.ts';
import type { Effects } from './compose.ts';

/** Hands out an engine and a staging folder that are opened when asked for and closed in the end. */
export async function withSummaryContext<Result>(
  effects: Effects,
  use: (context: SummaryContext) => Promise<Result>,
): Promise<Result> {
  let engine: Promise<Engine> | undefined;
  let staging: Promise<Staging> | undefined;
  try {
    return await use({
      ...effects,
      engine: () => (engine ??= effects.openEngine(1)),
      staging: () => (staging ??= effects.store.openStaging(effects.run)),
    });
  } finally {
    await (await engine)?.close();
    await (await staging)?.close();
  }
}
