import type { ArgValues } from '../docopt/args.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { Manifest } from '../dataset/manifest.ts';
import { prefixOf } from '../dataset/layout.ts';
import { checkPlan } from '../run/check.ts';
import { preview } from '../run/preview.ts';
import type { PreviewNode } from '../run/preview.ts';
import { typedForm } from '../run/renew.ts';
import type { Invocation } from '../task/invocation.ts';
import { secretsIn } from '../task/secrets.ts';
import { checkTable } from '../task/returned.ts';
import { renderTree } from '../terminal/tree.ts';
import type { TreeNode } from '../terminal/tree.ts';
import { useColor } from './color.ts';
import { printTable } from './summary.ts';
import type { Effects } from './compose.ts';
import { partitionLines, reasonsOf, shortReasonsOf } from './why.ts';
import { writeOut } from './write.ts';

/**
 * Prints the plan as a tree of commands with their state and why; for `--why` each partition of a
 * leaf by itself, and when and by which run a stale one was made. Changes nothing, not even a timestamp.
 */
export async function printDryRun(
  invocation: Invocation,
  effects: Effects,
  options: ArgValues,
): Promise<ExitCode> {
  await checkPlan(invocation, effects.registry, effects);
  const nodes = preview(invocation, effects);
  const why = options['why'] === true;
  const lines =
    options['json'] === true
      ? jsonLines(nodes, effects)
      : renderTree(treeNodes(nodes, effects, why), { color: useColor(process.stdout) });
  for await (const line of lines) await writeOut(`${line}\n`);
  const estimate = await invocation.task.estimate?.(invocation.args, effects);
  if (estimate) {
    checkTable(estimate, invocation.task.name, 'estimate');
    printTable(estimate, 'estimate', options);
  }
  return exitCodes.done;
}

async function* treeNodes(
  nodes: AsyncIterable<PreviewNode>,
  effects: Effects,
  why: boolean,
): AsyncGenerator<TreeNode> {
  for await (const node of nodes) {
    const { depth, state } = node;
    const because = why ? reasonsOf(node) : shortReasonsOf(node);
    yield { depth, command: commandOf(node, effects), ...(state && { state }), because };
    if (!why) continue;
    for (const line of partitionLines(node)) {
      yield { depth: depth + 1, command: effects.mask.text(line) };
    }
  }
}

async function* jsonLines(
  nodes: AsyncIterable<PreviewNode>,
  effects: Effects,
): AsyncGenerator<string> {
  for await (const node of nodes) {
    const { depth, kind, state, outputs } = node;
    yield JSON.stringify({
      depth,
      kind,
      command: commandOf(node, effects),
      state,
      outputs: outputs.map(({ partition, state: each, because, manifest }) => ({
        partition: prefixOf(partition),
        state: each,
        because,
        ...(manifest && madeBy(manifest)),
      })),
    });
  }
}

function madeBy({ publishedAt, run, accepted }: Manifest): object {
  return { publishedAt, run, ...(accepted && { accepted }) };
}

/** What does the same when it is typed; behind a `#` where nothing does. */
function commandOf(
  { kind, invocation: { task, argv, text } }: PreviewNode,
  { mask, command, renewBefore }: Effects,
): string {
  mask.learn(secretsIn(task, argv));
  if (kind === 'leaf') return command(text);
  const typed = typedForm(task.name, argv, renewBefore);
  return `${typed.isComment ? '# ' : ''}${command(typed.text)}`;
}
