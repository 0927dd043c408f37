import { UserError } from '../errors.ts';
import type { InvocationStarted, RunStarted } from '../ledger/events.ts';
import { readEvents } from '../ledger/read.ts';
import { invocationText, resolveCall } from '../task/invocation.ts';
import type { Invocation } from '../task/invocation.ts';
import type { Call, PlanContext } from '../task/task.ts';
import { expand } from './expand.ts';
import { Seen } from './seen.ts';

/** What a run was to do, and what it has done of it. */
export interface Unfinished {
  readonly run: string;
  readonly started: RunStarted;
  readonly root: Call;
  /** Whether the leaf of this text was made, or was up to date. */
  readonly isDone: (text: string) => boolean;
}

/** Reads what a run has done. Throws UserError where its ledger does not say how to go on. */
export async function readUnfinished(
  store: Pick<PlanContext['store'], 'stream'>,
  run: string,
): Promise<Unfinished> {
  const open = new Map<number, string>();
  const done = new Seen();
  let started: RunStarted | undefined;
  let root: InvocationStarted | undefined;
  for await (const event of readEvents(store, run)) {
    if (event.type === 'run-started') started = event;
    if (event.type === 'invocation-started') {
      root ??= event;
      if (event.kind === 'leaf') open.set(event.id, invocationText(event.task, event.argv));
    }
    if (event.type === 'invocation-finished' && event.kind === 'leaf') {
      const text = open.get(event.id);
      open.delete(event.id);
      const isDone = event.status === 'done' || (event.status === 'skipped' && !event.reason);
      if (text !== undefined && isDone) done.set(text, 1);
    }
  }
  if (!started || !root) throw cutShort(run, started);
  if (root.argv.some((word) => word.includes('***'))) throw keptSecret(run, started);
  return {
    run,
    started,
    root: { task: root.task, args: root.argv },
    isDone: (text) => done.get(text) === 1,
  };
}

/** The leaves of the run's plan that it has not done, read as fast as they are asked for. */
export async function* undoneLeaves(
  { root, isDone }: Unfinished,
  context: PlanContext,
): AsyncGenerator<Call, void, undefined> {
  yield* below(resolveCall(context.registry, root, context));

  async function* below(invocation: Invocation): AsyncGenerator<Call, void, undefined> {
    const expansion = await expand(invocation, context);
    if (expansion.kind === 'leaf') {
      if (isDone(invocation.text)) return;
      return yield { task: invocation.task.name, args: invocation.argv };
    }
    for await (const call of expansion.calls) {
      yield* below(resolveCall(context.registry, call, context));
    }
  }
}

function cutShort(run: string, started: RunStarted | undefined): UserError {
  const next = started ? `; run its command again: ${started.command}` : '';
  return new UserError(`the ledger of run '${run}' ends before its first invocation${next}`);
}

function keptSecret(run: string, { command }: RunStarted): UserError {
  return new UserError(
    `run '${run}' was given secrets, which no ledger keeps; run its command again with them: ${command}`,
  );
}
