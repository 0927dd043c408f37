import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { messageOf } from '../../lib/errors.ts';
import { defineTask } from '../../lib/task/define.ts';
import { runTasks } from '../rig/run.ts';
import { quickLimits } from '../store/s3-rig.ts';
import { openFaultyS3, type FaultyS3 } from './s3-faults.ts';

let s3: FaultyS3;

beforeEach(async () => {
  s3 = await openFaultyS3();
});

afterEach(() => s3.close());

const tasks = [
  defineTask({
    name: 'test:own',
    summary: 'Reads from its store',
    usage: '',
    run: async (_args, { store }) => void (await store.read('k')),
  }),
  defineTask({
    name: 'test:other',
    summary: 'Reads from a store that it opens',
    usage: '',
    run: async (_args, { openStore }) =>
      void (await (await openStore('s3://bucket/other')).foreign().read('k')),
  }),
];

/** A leaf that does not end when it is told to is abandoned after such a pause. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => undefined);
}

test.each(tasks.map(({ name }) => name))(
  '%s does not go on when the run is cancelled while S3 refuses everything',
  async (task) => {
    s3.server.faults.add({ fault: { status: 503 }, times: Infinity });
    // Without an end this would go on for hours.
    const limits = { ...quickLimits, attempts: 1000, pauseMs: 60_000, maxPauseMs: 60_000 };
    const store = s3.reopen({ limits });
    const cancelling = new AbortController();
    const { signal: cancel } = cancelling;
    const options = { store, openStore: () => Promise.resolve(store), cancel, sleep: pause };
    const running = runTasks(tasks, task, [], options);
    await expect.poll(() => s3.server.requests.length).toBe(1);
    cancelling.abort();
    const { report } = await running;
    expect(report.status).toBe('cancelled');
    // Not abandoned: it has ended.
    expect(messageOf(report.error)).not.toContain('it went on although');
    expect(s3.server.requests).toHaveLength(1);
  },
);
