import type { ArgValues } from '../docopt/args.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { Invocation } from '../task/invocation.ts';
import { checkIterable, checkShown } from '../task/returned.ts';
import type { Shown } from '../task/task.ts';
import { renderPlot } from '../terminal/plot.ts';
import { printable } from '../terminal/text.ts';
import { useColor } from './color.ts';
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
    const pieces = task.show?.(args, context) ?? [];
    checkIterable(pieces, task.name, 'show');
    for await (const piece of pieces) {
      checkShown(piece, task.name);
      if (typeof piece === 'object') printPiece(piece, options);
      // A terminal obeys control characters; a file or a program gets what there is.
      else if (!(await writeOut(stdout.isTTY ? printable(piece) : piece))) return;
    }
  });
  return exitCodes.done;
}

function printPiece(piece: Exclude<Shown, string>, options: ArgValues): void {
  if ('columns' in piece) return printTable(piece, 'table', options);
  const { stdout } = process;
  if (options['json'] === true) stdout.write(`${JSON.stringify({ type: 'plot', ...piece })}\n`);
  else stdout.write(renderPlot(piece, { width: stdout.columns ?? 80, color: useColor(stdout) }));
}
