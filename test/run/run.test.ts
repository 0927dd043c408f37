import { describe, expect, test } from 'vitest';
import { NoDataError, UserError } from '../../lib/errors.ts';
import { defineTask } from '../../lib/task/define.ts';
import type { Call, Outcome } from '../../lib/task/task.ts';
import { outcomes, runTasks } from '../rig/run.ts';

const leaf = defineTask({
  name: 'test:leaf',
  summary: 'Do one thing, or fail',
  usage: '<what>',
  run: ({ what }) => {
    if (what === 'bad') throw new UserError('it is bad');
    if (what === 'gone') throw new NoDataError('nothing there');
    if (what === 'bug') throw new TypeError('undefined is not a function');
  },
});

function metaOf(calls: readonly Call[]) {
  return defineTask({
    name: 'test:meta',
    summary: 'Call others',
    usage: '',
    plan: () => calls,
  });
}

function leaves(...whats: readonly string[]): readonly Call[] {
  return whats.map((what) => ({ task: 'test:leaf', args: [what] }));
}

describe('a run', () => {
  test('runs the leaves of a plan, and the same invocation once', async () => {
    const { report, events } = await runTasks([leaf, metaOf(leaves('a', 'b', 'a'))], 'test:meta');
    expect(outcomes(events)).toEqual(['test:leaf a: done', 'test:leaf b: done', 'test:meta: done']);
    expect(report).toEqual({ status: 'done', exitCode: 0, planned: 3, left: 1, abandoned: 0 });
  });

  test('goes on with the siblings of a failing leaf and says how to rerun it', async () => {
    const { report, events } = await runTasks([leaf, metaOf(leaves('bad', 'a'))], 'test:meta');
    expect(outcomes(events)).toEqual([
      'test:leaf bad: failed',
      'test:leaf a: done',
      'test:meta: failed',
    ]);
    expect(events.find((event) => event.type === 'invocation-finished')).toMatchObject({
      error: {
        message: 'it is bad',
        chain: ['test:meta', 'test:leaf'],
        command: 'pipe test:leaf -- bad',
        exitCode: 1,
      },
    });
    expect(report).toMatchObject({ status: 'failed', exitCode: 1 });
  });

  test('stops at the first failure when told to, and counts what is left', async () => {
    const tasks = [leaf, metaOf(leaves('bad', 'a', 'b', 'c'))];
    const { report, events } = await runTasks(tasks, 'test:meta', [], { failFast: true, jobs: 1 });
    expect(outcomes(events)).toEqual(['test:leaf bad: failed', 'test:meta: failed']);
    expect(events.at(-1)).toMatchObject({ counts: { failed: 1, cancelled: 3, done: 0 } });
    expect(report.exitCode).toBe(1);
  });

  test('tells missing data apart from failure', async () => {
    const { report } = await runTasks([leaf, metaOf(leaves('gone', 'a'))], 'test:meta');
    expect(report).toMatchObject({ status: 'no-data', exitCode: 3, planned: 2, left: 1 });
  });

  test('marks a bug as unexpected, with its stack', async () => {
    const { events } = await runTasks([leaf], 'test:leaf', ['bug']);
    const error = events.flatMap((event) =>
      event.type === 'invocation-finished' ? [event.error] : [],
    )[0];
    expect(error).toMatchObject({ unexpected: true, exitCode: 1 });
    expect(error?.stack).toContain('TypeError');
  });

  test('stops taking new leaves on a signal', async () => {
    const stop = new AbortController();
    const stopper = defineTask({
      name: 'test:stopper',
      summary: 'Ask the run to stop',
      usage: '',
      run: () => stop.abort(),
    });
    const calls = [{ task: 'test:stopper', args: [] }, ...leaves('a', 'b')];
    const { report, events } = await runTasks([leaf, stopper, metaOf(calls)], 'test:meta', [], {
      stop: stop.signal,
      jobs: 1,
    });
    expect(outcomes(events)).toEqual(['test:stopper: done', 'test:meta: cancelled']);
    expect(events.at(-1)).toMatchObject({ counts: { done: 1, cancelled: 2 } });
    expect(report.status).toBe('cancelled');
  });
});

describe('a plan', () => {
  test('is checked against the usage of every child before anything runs', async () => {
    let ran = 0;
    const counting = defineTask({
      name: 'test:counting',
      summary: 'Count',
      usage: '--n=<n>',
      run: () => void ran++,
    });
    const calls = [
      { task: 'test:counting', args: { n: '1' } },
      { task: 'test:counting', args: ['--m=2'] },
    ];
    await expect(runTasks([counting, metaOf(calls)], 'test:meta')).rejects.toThrow(
      /^test:counting: [^]*--m[^]*planned by test:meta => test:counting$/,
    );
    expect(ran).toBe(0);
  });

  test('that calls itself is refused', async () => {
    const loop = defineTask({
      name: 'test:loop',
      summary: 'Call itself',
      usage: '',
      plan: () => [{ task: 'test:loop', args: [] }],
    });
    await expect(runTasks([loop], 'test:loop')).rejects.toThrow(
      "test:loop => test:loop: the plan of 'test:loop' calls itself",
    );
  });

  test('that yields nothing makes a task with run a leaf, and one without it done', async () => {
    const both = defineTask({
      name: 'test:both',
      summary: 'Plan nothing, run',
      usage: '',
      plan: () => [],
      run: () => ({ rows: { in: 1, out: 1, rejected: 0, filtered: 0 } }),
    });
    const { report } = await runTasks([both], 'test:both');
    expect(report).toMatchObject({ status: 'done', rows: { in: 1 } });
    expect((await runTasks([metaOf([])], 'test:meta')).report.status).toBe('done');
  });

  test('is read no faster than leaves run', async () => {
    let read = 0;
    let finished = 0;
    let ahead = 0;
    const slow = defineTask({
      name: 'test:slow',
      summary: 'Take a turn of the event loop',
      usage: '<n>',
      run: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        finished++;
      },
    });
    let pass = 0;
    const many = defineTask({
      name: 'test:many',
      summary: 'Yield many',
      usage: '',
      *plan() {
        if (pass++ === 0) return yield { task: 'test:slow', args: ['0'] };
        for (let n = 0; n < 1000; n++) {
          ahead = Math.max(ahead, ++read - finished);
          yield { task: 'test:slow', args: [String(n)] };
        }
      },
    });
    await runTasks([slow, many], 'test:many', [], { jobs: 3 });
    expect(finished).toBe(1000);
    expect(ahead).toBeLessThanOrEqual(5);
  });
});

describe('a leaf that invokes others', () => {
  const caller = (calls: readonly string[]) =>
    defineTask({
      name: 'test:caller',
      summary: 'Invoke from run',
      usage: '',
      async run(_args, context) {
        const results = await Promise.all(
          calls.map((what) => context.invoke('test:leaf', { what })),
        );
        context.log(results.map(({ status }: Outcome) => status).join(' '));
      },
    });

  test('waits for them in the same run, whatever the number of jobs', async () => {
    const { events } = await runTasks([leaf, caller(['a', 'bad', 'a'])], 'test:caller', [], {
      jobs: 1,
    });
    expect(events.find((event) => event.type === 'log')).toMatchObject({
      message: 'done failed done',
    });
    expect(outcomes(events)).toEqual([
      'test:leaf a: done',
      'test:leaf bad: failed',
      'test:caller: done',
    ]);
  });

  test('and waits for itself is refused instead of waiting for ever', async () => {
    const self = defineTask({
      name: 'test:self',
      summary: 'Invoke itself',
      usage: '',
      run: (_args, context) => context.invoke('test:self', []).then(() => undefined),
    });
    const { report } = await runTasks([self], 'test:self');
    expect(report.error).toMatchObject({
      message: expect.stringContaining("test:self => test:self: 'test:self' waits for itself"),
    });
  });
});
