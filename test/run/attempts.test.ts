import { describe, expect, test } from 'vitest';
import { NoDataError, UsageError, UserError } from '../../lib/errors.ts';
import type { RunEvent } from '../../lib/ledger/events.ts';
import { parseEvent } from '../../lib/ledger/parse-event.ts';
import { GIVE_UP_MS } from '../../lib/run/bounds.ts';
import { defineTask } from '../../lib/task/define.ts';
import type { RunContext, TaskDefinition } from '../../lib/task/task.ts';
import { outcomes, runTasks } from '../rig/run.ts';
import { createSleeper } from '../rig/sleeper.ts';

/** A task that fails so often with such an error before it succeeds. */
function failing(
  times: number,
  error: unknown,
  more: Pick<TaskDefinition<''>, 'retries' | 'retryDelay'> = {},
) {
  let attempts = 0;
  return defineTask({
    name: 'test:failing',
    summary: 'Fail at first',
    usage: '',
    ...more,
    run: () => {
      if (attempts++ < times) throw error;
    },
  });
}

const lost = new UserError('connection lost', { retryable: true });

function retriesOf(events: readonly RunEvent[]) {
  return events.flatMap((event) => (event.type === 'invocation-retried' ? [event] : []));
}

describe('retries', () => {
  test('try again what may pass, with delays that double, and say so', async () => {
    const slept: number[] = [];
    const { report, events } = await runTasks([failing(3, lost)], 'test:failing', [], {
      attempts: { retries: 5, retryDelayMs: 100 },
      sleep: async (durationMs) => void slept.push(durationMs),
    });
    expect(report).toMatchObject({ status: 'done', exitCode: 0 });
    expect(slept).toEqual([50, 100, 200]);
    expect(retriesOf(events)).toMatchObject([
      { id: 1, attempt: 1, delayMs: 50, error: { message: 'connection lost' } },
      { id: 1, attempt: 2, delayMs: 100 },
      { id: 1, attempt: 3, delayMs: 200 },
    ]);
    expect(events.at(-2)).toMatchObject({ type: 'invocation-finished', attempts: 4 });
    // A reader of the ledger takes them as they are.
    const read = events.map((event) => parseEvent(JSON.stringify(event)));
    expect(read).toEqual(events);
  });

  test('end with the last error when there are no more', async () => {
    const { report, events } = await runTasks([failing(9, lost)], 'test:failing', [], {
      attempts: { retries: 2 },
    });
    expect(report).toMatchObject({ status: 'failed', exitCode: 1, error: lost });
    expect(events.at(-2)).toMatchObject({ attempts: 3, error: { message: 'connection lost' } });
  });

  test.each([
    ['what will not pass', new UserError('it is bad')],
    ['wrong usage', new UsageError('no such option')],
    ['missing data', new NoDataError('nothing there')],
    ['a bug', new TypeError('undefined is not a function')],
    ['a bug that claims more', Object.assign(new Error('odd'), { retryable: true })],
  ])('are not made for %s', async (_, error) => {
    const { events } = await runTasks([failing(1, error)], 'test:failing', [], {
      attempts: { retries: 5 },
    });
    expect(retriesOf(events)).toEqual([]);
    expect(events.at(-2)).not.toHaveProperty('attempts');
  });

  test('come from the task, and the command line stands above it', async () => {
    const task = () => failing(1, lost, { retries: 1, retryDelay: '2s' });
    const own = await runTasks([task()], 'test:failing');
    expect(retriesOf(own.events)).toMatchObject([{ delayMs: 1000 }]);
    const given = await runTasks([task()], 'test:failing', [], { attempts: { retries: 0 } });
    expect(given.report.status).toBe('failed');
  });

  test('end when the run is stopped', async () => {
    const stop = new AbortController();
    const { report, events } = await runTasks([failing(9, lost)], 'test:failing', [], {
      attempts: { retries: 9 },
      stop: stop.signal,
      sleep: async () => stop.abort(),
    });
    expect(retriesOf(events)).toHaveLength(1);
    expect(report).toMatchObject({ status: 'failed', error: lost });
  });

  test.each([
    [
      { retries: -1 },
      "task 'test:failing': retries is '-1', expected a whole number from 0 to 100",
    ],
    [{ retries: 0.5 }, "retries is '0.5'"],
    [{ retryDelay: '5' }, "task 'test:failing': retryDelay: '5' has no unit"],
  ])('%j is refused when the task is defined', (fields, message) => {
    expect(() => failing(0, lost, fields)).toThrow(message);
  });
});

describe('a timeout', () => {
  function slow(run: (context: RunContext) => Promise<void>) {
    return defineTask({
      name: 'test:slow',
      summary: 'Take time',
      usage: '',
      timeout: '5s',
      run: (_, context) => run(context),
    });
  }

  const untilAborted = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('interrupted'))),
    );

  test('aborts the signal, fails, and is tried again', async () => {
    let attempts = 0;
    const { sleep, slept } = createSleeper();
    const { report, events } = await runTasks(
      [slow(({ signal }) => (++attempts < 2 ? untilAborted(signal) : Promise.resolve()))],
      'test:slow',
      [],
      { attempts: { retries: 1 }, sleep },
    );
    expect(attempts).toBe(2);
    expect(slept.slice(0, 2)).toEqual([5000, GIVE_UP_MS]);
    expect(retriesOf(events)).toMatchObject([
      { error: { message: expect.stringMatching(/^took longer than 5s; .*--timeout/) } },
    ]);
    expect(report).toMatchObject({ status: 'done', abandoned: 0 });
  });

  test('gives up on a leaf that ignores its signal, once, and lets it publish nothing', async () => {
    let late: Promise<unknown> = Promise.resolve();
    let calls = 0;
    let finish = (): void => undefined;
    const task = slow((context) => {
      calls++;
      return new Promise((resolve) => {
        finish = () => {
          late = context.store.write('k', Buffer.from('late')).catch((error: unknown) => error);
          context.log('late');
          resolve();
        };
      });
    });
    const { report, events } = await runTasks([task], 'test:slow', [], {
      attempts: { retries: 3 },
      sleep: createSleeper().sleep,
    });
    expect(calls).toBe(1);
    expect(report).toMatchObject({
      status: 'failed',
      exitCode: 1,
      abandoned: 1,
      error: { message: expect.stringMatching(/^took longer than 5s.*its signal was aborted$/) },
    });
    finish();
    expect(await late).toMatchObject({ message: expect.stringContaining('took longer') });
    expect(events.filter(({ type }) => type === 'log')).toEqual([]);
  });

  test('counts even if the leaf then comes to its end', async () => {
    const task = slow(
      ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    );
    const { report } = await runTasks([task], 'test:slow', [], createSleeper());
    expect(report).toMatchObject({ status: 'failed', abandoned: 0 });
  });

  test('ends what the leaf has invoked, too', async () => {
    const inner = defineTask({
      name: 'test:inner',
      summary: 'Wait',
      usage: '',
      run: (_, { signal }) => untilAborted(signal),
    });
    const outer = slow(async (context) => void (await context.invoke('test:inner', [])));
    const { events } = await runTasks([inner, outer], 'test:slow', [], createSleeper());
    expect(outcomes(events)).toEqual(['test:inner: failed', 'test:slow: failed']);
  });

  test('of the command line stands above that of the task', async () => {
    const { sleep, slept } = createSleeper();
    await runTasks([slow(({ signal }) => untilAborted(signal))], 'test:slow', [], {
      attempts: { timeoutMs: 70 },
      sleep,
    });
    expect(slept[0]).toBe(70);
  });
});

describe('a run that is cancelled', () => {
  test('aborts every leaf and gives up on those that go on', async () => {
    const cancel = new AbortController();
    const deaf = defineTask({
      name: 'test:deaf',
      summary: 'Cancel the run and go on for ever',
      usage: '',
      run: () => {
        cancel.abort();
        return new Promise<void>(() => undefined);
      },
    });
    const { report, events } = await runTasks([deaf], 'test:deaf', [], {
      cancel: cancel.signal,
      stop: cancel.signal,
      attempts: { retries: 3 },
    });
    expect(report).toMatchObject({ status: 'cancelled', abandoned: 1, planned: 1, left: 1 });
    expect(outcomes(events)).toEqual(['test:deaf: cancelled']);
  });
});
