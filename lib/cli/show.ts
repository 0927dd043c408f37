import type { ArgValues } from '../docopt/args.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { Invocation } from '../task/invocation.ts';
import { printable } from '../terminal/text.ts';
import type { Effects } from './compose.ts';
import { withSummaryContext } from './summary-context.ts';
import { printTable } from './summary.ts';
import { writeOut } from './write.ts';

/** Prints what a task shows, as it comes. There is no run, so that looking leaves no trace. */
export async function printShown(
  { task, args }: Invocation,
  effects: Effects,
  options: ArgValues,
): Promise<ExitCode> {
  const { stdout } = process;
  await withSummaryContext(effects, async (context) => {
    for await (const piece of task.show?.(args, context) ?? []) {
      if (stdout.destroyed) return;
      if (typeof piece !== 'string') printTable(piece, 'table', options);
      // A terminal obeys control characters; a file or a program gets what there is.
      else await writeOut(stdout.isTTY ? printable(piece) : piece);
    }
  });
  return exitCodes.done;
}
