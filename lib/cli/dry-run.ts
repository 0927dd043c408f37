import { once } from 'node:events';
import type { ArgValues } from '../docopt/args.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { prefixOf } from '../dataset/layout.ts';
import { checkPlan } from '../run/check.ts';
import { preview } from '../run/preview.ts';
import type { PreviewNode } from '../run/preview.ts';
import type { Invocation } from '../task/invocation.ts';
import { renderTree } from '../terminal/tree.ts';
import type { TreeNode } from '../terminal/tree.ts';
import { useColor } from './color.ts';
import { printTable } from './summary.ts';
import type { Effects } from './compose.ts';

/** Prints the plan as a tree of commands with their state. Changes nothing, not even a timestamp. */
export async function printDryRun(
  invocation: Invocation,
  effects: Effects,
  options: ArgValues,
): Promise<ExitCode> {
  await checkPlan(invocation, effects.registry, effects);
  const nodes = preview(invocation, effects);
  const lines =
    options['json'] === true
      ? jsonLines(nodes, effects)
      : renderTree(treeNodes(nodes, effects), { color: useColor(process.stdout) });
  for await (const line of lines) await writeLine(line);
  const estimate = await invocation.task.estimate?.(invocation.args, effects);
  if (estimate) printTable(estimate, 'estimate', options);
  return exitCodes.done;
}

async function* treeNodes(
  nodes: AsyncIterable<PreviewNode>,
  { command }: Effects,
): AsyncGenerator<TreeNode> {
  for await (const { depth, invocation, state, outputs } of nodes) {
    const because = [...new Set(outputs.flatMap((output) => output.because))];
    yield { depth, command: command(invocation.text), ...(state && { state }), because };
  }
}

async function* jsonLines(
  nodes: AsyncIterable<PreviewNode>,
  { command }: Effects,
): AsyncGenerator<string> {
  for await (const { depth, kind, invocation, state, outputs } of nodes) {
    yield JSON.stringify({
      depth,
      kind,
      command: command(invocation.text),
      state,
      outputs: outputs.map(({ partition, state: each, because }) => ({
        partition: prefixOf(partition),
        state: each,
        because,
      })),
    });
  }
}

/** Waits for a reader that is slower than we are, so that a long plan does not pile up in memory. */
async function writeLine(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`) && !process.stdout.destroyed) {
    await once(process.stdout, 'drain');
  }
}
