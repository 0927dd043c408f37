import type { ArgValues } from '../docopt/args.ts';
import type { Engine } from '../engine/engine.ts';
import type { Staging } from '../store/store.ts';
import type { Invocation } from '../task/invocation.ts';
import type { Summary } from '../task/task.ts';
import { renderTable } from '../terminal/table.ts';
import { useColor } from './color.ts';
import type { Effects } from './compose.ts';

/** Prints the table of the invocation that was asked for, where its task makes one. */
export async function printSummary(
  { task, args }: Invocation,
  effects: Effects,
  options: ArgValues,
): Promise<void> {
  if (!task.summarize || options['quiet'] === true) return;
  let engine: Promise<Engine> | undefined;
  let staging: Promise<Staging> | undefined;
  try {
    const summary = await task.summarize(args, {
      ...effects,
      engine: () => (engine ??= effects.openEngine(1)),
      staging: () => (staging ??= effects.store.openStaging(effects.run)),
    });
    printTable(summary, 'summary', options);
  } finally {
    await (await engine)?.close();
    await (await staging)?.close();
  }
}

/** Prints a table, a line of JSON or, where it has one, its output as it is. */
export function printTable(
  { output, ...table }: Summary,
  type: 'summary' | 'estimate',
  options: ArgValues,
): void {
  const { stdout } = process;
  if (output !== undefined) {
    stdout.write(output);
  } else if (options['json'] === true) {
    stdout.write(`${JSON.stringify({ type, ...table })}\n`);
  } else {
    const width = stdout.columns ?? Infinity;
    stdout.write(`${renderTable(table, { width, color: useColor(stdout) })}\n`);
  }
}
