import { describe, expect, test } from 'vitest';
import { LockedError } from '../../lib/run/locked.ts';
import { receivedError, sendableError } from '../../lib/run/worker-messages.ts';
import type { FromWorker, ToWorker } from '../../lib/run/worker-messages.ts';
import type { StartWorker } from '../../lib/run/workers.ts';
import { NoDataError, UsageError, UserError } from '../../lib/errors.ts';
import { defineTask } from '../../lib/task/define.ts';
import type { Call } from '../../lib/task/task.ts';
import { runTasks } from '../rig/run.ts';
import { createSleeper } from '../rig/sleeper.ts';

const leaf = defineTask({
  name: 'test:leaf',
  summary: 'Is done elsewhere',
  usage: '<what>',
  isolate: 'process',
  run: () => {
    throw new Error('this is not the place');
  },
});

const all = defineTask({
  name: 'test:all',
  summary: 'Call several',
  usage: '<what>...',
  plan: ({ what }) => what.map((each) => ({ task: 'test:leaf', args: [each] })),
});

const done: FromWorker = { type: 'done', result: { status: 'done', outputs: [] } };

/** Workers that answer as told; every message to them and every kill is kept. */
function workers(answer: (what: string) => readonly FromWorker[] | 'SIGKILL' | 'nothing') {
  const heard: string[] = [];
  let started = 0;
  const start: StartWorker = (listener) => {
    const name = String(++started);
    let end: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (end = resolve));
    const kill = (): void => {
      heard.push(`${name} kill`);
      setImmediate(() => {
        listener.ended({ exitCode: null, signal: 'SIGKILL' });
        end();
      });
    };
    const send = (message: ToWorker): void => {
      heard.push(`${name} ${message.type} ${'argv' in message ? message.argv.join(' ') : ''}`);
      if (message.type !== 'run') return;
      const messages = answer(message.argv[0] ?? '');
      if (messages === 'SIGKILL') kill();
      else if (messages !== 'nothing') for (const each of messages) listener.message(each);
    };
    return { send, kill, gone };
  };
  return { start, heard };
}

describe('workers', () => {
  test('are started as they are needed, used again, and ended with the run', async () => {
    const { start, heard } = workers(() => [{ type: 'log', message: 'hello' }, done]);
    const { report, events } = await runTasks([leaf, all], 'test:all', ['a', 'b', 'c'], {
      startWorker: start,
      jobs: 1,
    });
    expect(report.status).toBe('done');
    expect(heard).toEqual(['1 run a', '1 run b', '1 run c', '1 kill']);
    expect(events.filter(({ type }) => type === 'log')).toMatchObject([
      { id: 2, message: 'hello' },
      { id: 3 },
      { id: 4 },
    ]);
  });

  test('are replaced when they end early', async () => {
    const { start, heard } = workers((what) => (what === 'a' ? 'SIGKILL' : [done]));
    const { events } = await runTasks([leaf, all], 'test:all', ['a', 'b'], {
      startWorker: start,
      jobs: 1,
    });
    expect(heard).toEqual(['1 run a', '1 kill', '2 run b', '2 kill']);
    expect(events.at(-1)).toMatchObject({ counts: { done: 1, failed: 1 } });
  });

  test.each([
    ['SIGABRT', /\(SIGABRT\).*--max-memory=<size>$/],
    ['SIGSEGV', /\(SIGSEGV\).*native package/],
    ['SIGTERM', /\(SIGTERM\).*Run the same command again$/],
  ])('that end by %s say what may have caused it', async (signal, message) => {
    const start: StartWorker = (listener) => ({
      send: () => listener.ended({ exitCode: null, signal }),
      kill: () => undefined,
      gone: Promise.resolve(),
    });
    const { events } = await runTasks([leaf], 'test:leaf', ['a'], { startWorker: start });
    const ended = events.find(({ type }) => type === 'invocation-finished');
    expect(ended).toMatchObject({ error: { message: expect.stringMatching(message) } });
  });

  test('that died while they had nothing to do are given nothing any more', async () => {
    let die: () => void = () => undefined;
    const pause = defineTask({
      name: 'test:pause',
      summary: 'See a worker die',
      usage: '',
      run: () => die(),
    });
    const between = defineTask({
      name: 'test:between',
      summary: 'Call two, with a pause between them',
      usage: '',
      *plan(): Generator<Call> {
        yield { task: 'test:leaf', args: ['a'] };
        yield { task: 'test:pause', args: [] };
        yield { task: 'test:leaf', args: ['b'] };
      },
    });
    let started = 0;
    const start: StartWorker = (listener) => {
      const isFirst = ++started === 1;
      const send = (): void => {
        listener.message(done);
        die = () => listener.ended({ exitCode: null, signal: 'SIGKILL' });
      };
      // What the first one left behind takes its time to go.
      const gone = isFirst ? new Promise<void>((end) => setTimeout(end, 50)) : Promise.resolve();
      return { send, kill: () => undefined, gone };
    };
    const tasks = [leaf, pause, between];
    const { report } = await runTasks(tasks, 'test:between', [], { startWorker: start, jobs: 1 });
    expect(report.status).toBe('done');
    expect(started).toBe(2);
  });

  test('that do not end in time are told to, then killed, and the leaf tried again', async () => {
    let attempts = 0;
    const { start, heard } = workers(() => (++attempts === 1 ? 'nothing' : [done]));
    const { report } = await runTasks([leaf, all], 'test:all', ['a'], {
      startWorker: start,
      attempts: { timeoutMs: 1000, retries: 1 },
      sleep: createSleeper().sleep,
    });
    expect(report).toMatchObject({ status: 'done', abandoned: 0 });
    expect(heard.slice(0, 3)).toEqual(['1 run a', '1 abort ', '1 kill']);
    expect(heard.slice(-2)).toEqual(['2 run a', '2 kill']);
  });
});

test.each([
  new UserError('x', { retryable: true }),
  new UsageError('x'),
  new NoDataError('x'),
  new LockedError('x'),
  new Error('x'),
])('%s comes out of a message as the error it was', (error) => {
  const received = receivedError(structuredClone(sendableError(error)));
  expect(received).toEqual(error);
  expect(received.constructor).toBe(error.constructor);
  expect(received.stack).toBe(error.stack);
});
