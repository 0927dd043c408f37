import { exec } from '../../lib/cli/exec.ts';
import type { RunEvent } from '../../lib/ledger/events.ts';
import { checkPlan } from '../../lib/run/check.ts';
import { runInvocation } from '../../lib/run/run.ts';
import type { RunReport } from '../../lib/run/run.ts';
import type { RunOptions } from '../../lib/run/options.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import type { Task } from '../../lib/task/define.ts';
import { resolveCall } from '../../lib/task/invocation.ts';
import { registered } from '../../lib/task/load.ts';
import { createRegistry } from '../../lib/task/registry.ts';
import type { CallArgs } from '../../lib/task/task.ts';

/** What a test sees of a run in process: its report, and every event. */
export interface TestRun {
  readonly report: RunReport;
  readonly events: readonly RunEvent[];
}

/** Runs tasks in process, on a memory store unless told otherwise. The clock ticks 1 ms a look. */
export async function runTasks(
  tasks: readonly Task[],
  task: string,
  args: CallArgs = [],
  options: Partial<RunOptions> = {},
): Promise<TestRun> {
  const events: RunEvent[] = [];
  const effects = await runOptions(tasks, { emit: (event) => events.push(event), ...options });
  const root = resolveCall(effects.registry, { task, args }, effects);
  const leaves = await checkPlan(root, effects.registry, effects);
  return { report: await runInvocation(root, leaves, effects), events };
}

export async function runOptions(
  tasks: readonly Task[],
  options: Partial<RunOptions> = {},
): Promise<RunOptions> {
  let ticks = Date.parse('2026-11-20T06:00:00Z');
  return {
    registry: createRegistry(tasks.map((task) => registered(task, 'a test', async () => 'code'))),
    store: options.store ?? openMemoryStore(),
    openStore: (uri) => Promise.reject(new Error(`this test has no store ${uri}`)),
    run: 'test-run',
    now: Date.parse('2026-11-20T06:00:00Z'),
    timezone: 'UTC',
    cwd: '/',
    jobs: 2,
    force: false,
    failFast: false,
    attempts: {},
    command: (text) => `pipe ${text}`,
    engineId: 'none 1',
    openEngine: () => Promise.reject(new Error('this test has no engine')),
    emit: () => undefined,
    breathe: () => Promise.resolve(),
    clock: () => ticks++,
    sleep: () => Promise.resolve(),
    exec,
    random: () => 0.5,
    stop: new AbortController().signal,
    cancel: new AbortController().signal,
    ...options,
  };
}

/** Commands of the invocations that began, with what became of them. */
export function outcomes(events: readonly RunEvent[]): readonly string[] {
  const commands = new Map<number, string>();
  return events.flatMap((event) => {
    if (event.type === 'invocation-started') {
      commands.set(event.id, [event.task, ...event.argv].join(' '));
    }
    return event.type === 'invocation-finished'
      ? [`${commands.get(event.id)}: ${event.status}`]
      : [];
  });
}
