import type { ArgValues } from '../docopt/args.ts';
import type { Invocation } from '../task/invocation.ts';
import { checkTable } from '../task/returned.ts';
import type { Outcome, Summary } from '../task/task.ts';
import { renderTable } from '../terminal/table.ts';
import { useColor } from './color.ts';
import type { Effects } from './compose.ts';
import { withSummaryContext } from './summary-context.ts';

/** Prints the table of the invocation that was asked for, where its task makes one. */
export async function printSummary(
  { task, args }: Invocation,
  effects: Effects,
  options: ArgValues,
): Promise<void> {
  if (options['quiet'] === true) return;
  await withSummaryContext(effects, async (context) => {
    const summary = await task.summarize?.(args, context);
    if (!summary) return;
    checkTable(summary, task.name, 'summarize');
    printTable(summary, 'summary', options);
  });
}

/** Prints a table, or a line of JSON. */
export function printTable(
  table: Summary,
  type: 'summary' | 'estimate' | 'table',
  options: ArgValues,
): void {
  const { stdout } = process;
  if (options['json'] === true) {
    stdout.write(`${JSON.stringify({ type, ...table })}\n`);
  } else {
    const width = stdout.columns ?? Infinity;
    stdout.write(`${renderTable(table, { width, color: useColor(stdout) })}\n`);
  }
}

/** Prints what a task hands over. */
export function printOutput({ output }: Outcome, options: ArgValues): void {
  if (output === undefined) return;
  const { stdout } = process;
  if (options['json'] !== true) stdout.write(output);
  else {
    const text = typeof output === 'string' ? output : Buffer.from(output).toString();
    stdout.write(`${JSON.stringify({ type: 'output', output: text })}\n`);
  }
}
