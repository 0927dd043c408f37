import { openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Engine } from '../../lib/engine/engine.ts';
import { tasksOf } from '../../lib/task/load.ts';
import { resolveCall } from '../../lib/task/invocation.ts';
import type { Shown, Summary } from '../../lib/task/task.ts';
import type { Plot } from '../../lib/plot/plot.ts';
import * as data from '../../tasks/data.ts';
import { runOptions } from '../rig/run.ts';
import type { Runner } from './runner.ts';

export const dataTasks = tasksOf(data);

/** What a task that looks has shown, and what it threw in the end. */
export interface Look {
  readonly text: string;
  readonly tables: readonly Summary[];
  readonly plots: readonly Plot[];
  readonly error: unknown;
}

/** Looks at data beside a runner's store, with an engine of its own, as on the command line. */
export async function look(
  { folder, store }: Pick<Runner, 'folder' | 'store'>,
  task: string,
  ...args: readonly string[]
): Promise<Look> {
  const effects = await runOptions(dataTasks, { cwd: folder, store });
  const call = resolveCall(effects.registry, { task, args: ['--', ...args] }, effects);
  const staging = await store.openStaging('look');
  let engine: Engine | undefined;
  const shown: Shown[] = [];
  let error: unknown;
  try {
    const pieces = call.task.show?.(call.args, {
      ...effects,
      engine: async () => (engine ??= await openDuckDB({ threads: 2 })),
      staging: () => Promise.resolve(staging),
    });
    for await (const piece of pieces ?? []) shown.push(piece);
  } catch (thrown) {
    error = thrown;
  } finally {
    await engine?.close();
    await staging.close();
  }
  return {
    text: shown.filter((piece) => typeof piece === 'string').join(''),
    tables: shown.flatMap((piece) =>
      typeof piece === 'object' && 'columns' in piece ? [piece] : [],
    ),
    plots: shown.flatMap((piece) =>
      typeof piece === 'object' && 'series' in piece ? [piece] : [],
    ),
    error,
  };
}
