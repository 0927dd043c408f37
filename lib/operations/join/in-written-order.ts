import type { Engine } from '../../engine/engine.ts';
import { raw, sql } from '../../engine/sql.ts';

/**
 * Runs a query with the joins in the order in which it is written, if asked for: the engine builds
 * the hash table of what stands behind `join`.
 */
export async function inWrittenOrder<Result>(
  engine: Engine,
  isKept: boolean,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!isKept) return work();
  await disable(engine, 'join_order,build_side_probe_side');
  try {
    return await work();
  } finally {
    await disable(engine, '');
  }
}

async function disable(engine: Engine, optimizers: string): Promise<void> {
  await engine.execute(sql`set disabled_optimizers = ${raw(`'${optimizers}'`)}`);
}
