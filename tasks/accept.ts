import { accept } from '../lib/dataset/accept.ts';
import { engineId } from '../lib/engine/duckdb.ts';
import { staleOf } from '../lib/run/acceptable.ts';
import type { Stale } from '../lib/run/acceptable.ts';
import { defineTask } from '../lib/task/define.ts';
import { resolveCall } from '../lib/task/invocation.ts';
import type { PlanContext } from '../lib/task/task.ts';

export const runsAccept = defineTask({
  name: 'runs:accept',
  summary: 'Count stale partitions of a task as good after an edit that changes no result',
  usage: `[--inputs] <task> [--] [<argument>...]

Options:
  --inputs  Also where the inputs have changed.

<task> and its arguments are what you would run otherwise. With --dry-run it shows what it would accept, and why it is stale.

For example:
  pipe --dry-run runs:accept -- stats:multi -- --sites=a,b --days-ago=7
  pipe runs:accept -- stats:multi -- --sites=a,b --days-ago=7`,

  async estimate(args, context) {
    const rows: string[][] = [];
    for await (const stale of staleBy(args, context)) {
      rows.push([stale.prefix, stale.acceptance ? 'accept' : 'leave', reasonOf(stale)]);
    }
    return {
      title: rows.length === 0 ? 'Nothing is stale' : 'Stale partitions',
      columns: ['partition', 'would', 'because'].map((name) => ({ name, kind: 'text' })),
      rows,
      notes: [],
    };
  },

  async run(args, context) {
    const lines: string[] = [];
    let count = 0;
    for await (const stale of staleBy(args, context)) {
      const { prefix, manifest, acceptance } = stale;
      if (acceptance) {
        const accepted = { at: new Date(context.clock()).toISOString(), run: context.run };
        await accept(context.store, prefix, manifest, { ...acceptance, accepted });
        count++;
      }
      lines.push(`${acceptance ? 'accepted' : 'left    '}  ${prefix}  # ${reasonOf(stale)}`);
    }
    lines.push(`${count} accepted, ${lines.length - count} left as they are`);
    return { output: `${lines.join('\n')}\n` };
  },
});

interface AcceptArgs {
  readonly task: string;
  readonly argument: readonly string[];
  readonly inputs: boolean;
}

function staleBy(
  { task, argument, inputs }: AcceptArgs,
  context: PlanContext,
): AsyncGenerator<Stale, void, undefined> {
  const invocation = resolveCall(context.registry, { task, args: argument }, context);
  const options = { ...context, engineId: engineId(), force: false };
  return staleOf(invocation, options, { inputs });
}

function reasonOf({ because }: Stale): string {
  return because.join(', ');
}
