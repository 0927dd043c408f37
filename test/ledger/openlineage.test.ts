import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../lib/ledger/events.ts';
import { OpenLineage } from '../../lib/ledger/openlineage.ts';
import type { LineageEvent } from '../../lib/ledger/openlineage.ts';
import { at } from './events.ts';
import { problemsOf } from './openlineage-schema.ts';

const run = '20261120T060000Z-00000001';
const argv = ['--sites=a', '--start-date=2026-03-29', '--end-date=2026-03-29'];
const columns = [{ name: 'hour', type: 'TINYINT' }];

function started(id: number, task: string, parent?: number): RunEvent {
  const kind = parent === undefined ? 'meta' : 'leaf';
  const above = parent === undefined ? {} : { parent };
  return { type: 'invocation-started', at: at(id), id, ...above, kind, task, argv };
}

function events(store = 'file:///srv/my%20data'): readonly RunEvent[] {
  const texts = { version: '0.1.0', host: 'h', user: 'u', command: 'pipe a:all', store };
  return [
    {
      type: 'run-started',
      at: at(0),
      run,
      ...texts,
      pid: 1,
      timezone: 'Europe/Berlin',
      now: at(0),
    },
    { type: 'run-planned', at: at(0), leaves: 3 },
    started(1, 'a:all'),
    started(2, 'a:one', 1),
    {
      type: 'invocation-finished',
      at: at(5),
      id: 2,
      kind: 'leaf',
      status: 'done',
      durationMs: 3,
      rows: { in: 10, out: 2, rejected: 1, filtered: 0, aggregated: 9 },
      partitions: [
        {
          name: 'stats/one/site=a/date=2026-03-29/',
          found: 'missing',
          inputs: ['events/site=a/date=2026-03-28/', 'events/site=a/date=2026-03-29/'],
          published: { files: 1, bytes: 99, rows: 2, rejected: 1, columns },
        },
      ],
    },
    started(3, 'a:two', 1),
    {
      type: 'invocation-finished',
      at: at(6),
      id: 3,
      kind: 'leaf',
      status: 'failed',
      durationMs: 3,
      partitions: [
        {
          name: 'stats/two/site=a/',
          found: 'stale',
          inputs: ['stats/one/site=a/date=2026-03-29/', 's3://logs/2026/a.log'],
        },
      ],
      error: { message: 'no', chain: [], command: 'pipe a:two', exitCode: 1, stack: 'at' },
    },
    started(4, 'a:three', 1),
    {
      type: 'invocation-finished',
      at: at(7),
      id: 1,
      kind: 'meta',
      status: 'cancelled',
      durationMs: 9,
    },
    {
      type: 'run-finished',
      at: at(8),
      durationMs: 8,
      exitCode: 1,
      counts: { done: 1, skipped: 0, 'no-data': 0, failed: 1, cancelled: 1 },
    },
  ];
}

function mapped(store?: string): readonly LineageEvent[] {
  const lineage = new OpenLineage('test');
  return events(store).flatMap((event) => lineage.map(event));
}

describe('OpenLineage', () => {
  test('gets a start and an end for every invocation, in the shape of its schema', () => {
    const found = mapped();
    expect(found.flatMap(problemsOf)).toEqual([]);
    expect(found.map(({ eventType, job }) => `${eventType} ${job.name}`)).toEqual([
      'START a:all',
      'START a:one',
      'COMPLETE a:one',
      'START a:two',
      'FAIL a:two',
      'START a:three',
      'ABORT a:all',
      'ABORT a:three',
    ]);
    const ids = found.map(({ run: { runId } }) => runId);
    expect(new Set(ids).size).toBe(4);
    expect(ids[1]).toBe(ids[2]);
    expect(mapped().map(({ run: { runId } }) => runId)).toEqual(ids);
  });

  test('gets what was read and made, with columns and rows', () => {
    const done = mapped().find(({ eventType }) => eventType === 'COMPLETE');
    expect(done?.inputs).toMatchObject([
      {
        namespace: 'file',
        name: '/srv/my data/events',
        facets: {
          pipe_partitions: {
            partitions: ['events/site=a/date=2026-03-28/', 'events/site=a/date=2026-03-29/'],
          },
        },
        inputFacets: { inputStatistics: { rowCount: 10 } },
      },
    ]);
    expect(done?.outputs).toMatchObject([
      {
        namespace: 'file',
        name: '/srv/my data/stats/one',
        facets: { schema: { fields: columns } },
        outputFacets: { outputStatistics: { rowCount: 2, size: 99, fileCount: 1 } },
      },
    ]);
  });

  test('gets no output of what failed, and the columns of what was made before', () => {
    const failed = mapped('s3://bucket/a/b').find(({ eventType }) => eventType === 'FAIL');
    expect(failed?.outputs).toEqual([]);
    expect(failed?.run.facets['errorMessage']).toMatchObject({ message: 'no', stackTrace: 'at' });
    expect(failed?.inputs).toMatchObject([
      { namespace: 's3://bucket', name: 'a/b/stats/one', facets: { schema: { fields: columns } } },
      { namespace: 's3://logs', name: '2026/a.log' },
    ]);
  });

  test('gets the argv, who called, and the instants of a day of 23 hours', () => {
    const [root, leaf] = mapped();
    expect(leaf?.run.facets['pipe_invocation']).toMatchObject({ task: 'a:one', argv, run });
    expect(leaf?.run.facets['parent']).toMatchObject({
      run: { runId: root?.run.runId },
      job: { namespace: 'test', name: 'a:all' },
    });
    expect(root?.run.facets['parent']).toBeUndefined();
    expect(leaf?.run.facets['nominalTime']).toMatchObject({
      nominalStartTime: '2026-03-28T23:00:00.000Z',
      nominalEndTime: '2026-03-29T22:00:00.000Z',
    });
  });
});
