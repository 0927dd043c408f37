import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../lib/ledger/events.ts';
import { Pace } from '../../lib/terminal/pace.ts';
import { Progress } from '../../lib/terminal/progress.ts';
import {
  at,
  failure,
  leafFinished,
  leafStarted,
  metaFinished,
  metaStarted,
  planned,
} from './run-events.ts';

function progressOf(events: readonly RunEvent[]): Progress {
  const progress = new Progress();
  for (const event of events) progress.add(event);
  return progress;
}

test('leaves count for every meta-task above them', () => {
  const progress = progressOf([
    planned(4),
    metaStarted(1),
    metaStarted(2, { parent: 1, leaves: 3 }),
    leafStarted(3, 0, 2),
    leafStarted(4, 0, 2),
    leafFinished(3, 'done'),
    leafFinished(4, 'failed', { error: failure(4) }),
    leafStarted(5, 0, 1),
    leafFinished(5, 'skipped'),
  ]);
  expect(progress.total).toMatchObject({ leaves: 4, ended: 3, failed: 1, skipped: 1 });
  expect(progress.metas()).toMatchObject([{ leaves: 3, ended: 2, failed: 1, depth: 1 }]);
});

test('what a leaf calls for is no part of the plan', () => {
  const progress = progressOf([
    planned(1),
    leafStarted(1, 0, 0),
    metaStarted(2, { parent: 1, leaves: 2 }),
    leafStarted(3, 0, 2),
    leafFinished(3, 'done'),
    leafStarted(4, 0, 1),
    leafFinished(4, 'done'),
  ]);
  expect(progress.total).toMatchObject({ leaves: 1, ended: 0 });
  expect(progress.called).toBe(2);
  expect(progress.metas()).toEqual([]);
  expect(progress.runningCount).toBe(1);
});

test('what another meta-task has made is not waited for', () => {
  const progress = progressOf([
    planned(4),
    metaStarted(1),
    metaStarted(2, { parent: 1, leaves: 2 }),
    leafFinished(3, 'done'),
    metaFinished(2, 'done'),
  ]);
  expect(progress.total.ended).toBe(3);
  expect(progress.metas()).toMatchObject([{ leaves: 2, ended: 2, durationMs: 1234 }]);
});

test.each(['cancelled', 'failed'] as const)(
  'what a meta-task that %s left is still to do',
  (status) => {
    const progress = progressOf([
      planned(4),
      metaStarted(1),
      metaStarted(2, { parent: 1, leaves: 4 }),
      leafStarted(3, 0, 2),
      leafFinished(3, 'done'),
      metaFinished(2, status, status === 'failed' ? { error: failure(2) } : {}),
    ]);
    expect(progress.total).toMatchObject({ leaves: 4, ended: 1 });
  },
);

test('remembers the last meta-tasks that have ended, and counts the others', () => {
  const ids = Array.from({ length: 1000 }, (_, index) => index + 2);
  const progress = progressOf([
    planned(0),
    metaStarted(1),
    ...ids.flatMap((id) => [metaStarted(id, { parent: 1 }), metaFinished(id, 'done')]),
  ]);
  expect(progress.metas()).toHaveLength(4);
  expect(progress.metasEnded).toBe(996);
});

test('tells the leaves that run longest, with the attempt they are at', () => {
  const progress = progressOf([
    ...[1, 2, 3, 4].map((id) => leafStarted(id, id)),
    leafFinished(1, 'done'),
    { type: 'invocation-retried', at: at(9), id: 2, attempt: 1, delayMs: 1, error: failure(2) },
  ]);
  expect(progress.running(2)).toMatchObject([
    { at: at(2), attempt: 2 },
    { at: at(3), attempt: 1 },
  ]);
  expect(progress.running(-1)).toEqual([]);
  expect(progress.runningCount).toBe(3);
});

describe('pace', () => {
  test('is not told of too short a time', () => {
    expect(new Pace(0).rate(999, 100)).toBeUndefined();
    expect(new Pace(0).rate(1000, 100)).toBe(100);
    expect(new Pace(0).rate(5000, 0)).toBeUndefined();
  });

  test('forgets what was quick in the beginning', () => {
    const pace = new Pace(0);
    pace.rate(10_000, 10_000);
    for (let s = 11; s <= 60; s++) pace.rate(s * 1000, 10_000 + s - 10);
    expect(pace.rate(60_000, 10_050)).toBeCloseTo(1, 0);
  });

  test('falls when nothing ends any more', () => {
    const pace = new Pace(0);
    const [soon = 0, late = 0] = [10_000, 100_000].map((ms) => pace.rate(ms, 5) ?? 0);
    expect(late).toBeLessThan(soon);
  });
});
