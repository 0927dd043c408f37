import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../lib/ledger/events.ts';
import { createReporter } from '../../lib/terminal/reporter.ts';
import type { ReporterOptions } from '../../lib/terminal/reporter.ts';
import {
  at,
  failure,
  finished,
  leafFinished,
  leafStarted,
  planned,
  started,
} from './run-events.ts';

function report(events: readonly RunEvent[], options: Partial<ReporterOptions> = {}): string {
  let text = '';
  const reporter = createReporter({
    stream: { write: (part) => (text += part) },
    color: false,
    verbosity: 'normal',
    command: (task, argv) => `pipe ${task} -- ${argv.join(' ')}`,
    ...options,
  });
  for (const event of events) reporter(event);
  return text;
}

const mixed: readonly RunEvent[] = [
  started(),
  planned(4),
  {
    type: 'invocation-started',
    at: at(0),
    id: 1,
    kind: 'meta',
    task: 'stats:multi',
    argv: ['--sites=a,b'],
  },
  leafStarted(2),
  leafStarted(3),
  leafStarted(4),
  leafStarted(5),
  { type: 'log', at: at(10), id: 2, message: 'reading 3 files\x1b[2J' },
  leafFinished(2, 'done', { rows: { in: 1000, out: 24, rejected: 3, filtered: 0 } }),
  leafFinished(3, 'failed', { error: failure(3, "cannot read 'x.parquet'\n\nrun events:ingest") }),
  leafFinished(4, 'no-data'),
  leafFinished(5, 'failed', {
    error: {
      ...failure(5, 'x is not a function'),
      unexpected: true,
      stack: 'TypeError: x is not a function\n    at plan (tasks/stats.ts:1:2)',
    },
  }),
  leafFinished(1, 'failed', { kind: 'meta' }),
  finished({ done: 1, 'no-data': 1, failed: 2 }),
];

test('what another run makes is not called up to date', () => {
  const skipped = leafFinished(2, 'skipped', { reason: 'another run makes it' });
  const events = [leafStarted(2), skipped, leafStarted(3), leafFinished(3, 'skipped')];
  const text = report([planned(2), ...events, finished({ skipped: 2 })]);
  expect(text).toBe('1 up to date, 1 skipped in 1.2 s\n');
  const alone = report([planned(1), leafStarted(2), skipped, finished({ skipped: 1 })]);
  expect(alone).toBe('1 skipped in 1.2 s\n');
  const verbose = report([leafStarted(2), skipped], { verbosity: 'verbose' });
  expect(verbose).toMatch(/^skipped .* # another run makes it$/m);
});

test('normal: a line per failure as it comes, then the closing text', () => {
  expect(report(mixed)).toMatchInlineSnapshot(`
    "stats:pageloads: reading 3 files␛[2J
    failed       1.2 s  pipe --store=./store stats:pageloads -- --sites=a --start-date=d3 --end-date=d3  # cannot read 'x.parquet'
    failed       1.2 s  pipe --store=./store stats:pageloads -- --sites=a --start-date=d5 --end-date=d5  # x is not a function
    1 done, 1 without data, 2 failed in 1.2 s

    failed: cannot read 'x.parquet'

      run events:ingest
      in stats:multi => stats:pageloads
      rerun: pipe --store=./store stats:pageloads -- --sites=a --start-date=d3 --end-date=d3

    unexpected error: x is not a function
      in stats:multi => stats:pageloads
      rerun: pipe --store=./store stats:pageloads -- --sites=a --start-date=d5 --end-date=d5

    no-data      1.2 s  pipe stats:pageloads -- --sites=a --start-date=d4 --end-date=d4
    "
  `);
});

test('verbose: a line per invocation, and the stack of what is unexpected', () => {
  expect(report(mixed, { verbosity: 'verbose' })).toMatchInlineSnapshot(`
    "run 20261120T000000-1: pipe stats:multi -- --sites=a,b
    stats:pageloads: reading 3 files␛[2J
    done         1.2 s  pipe stats:pageloads -- --sites=a --start-date=d2 --end-date=d2  # 1,000 rows in, 24 out, 3 rejected
    failed       1.2 s  pipe --store=./store stats:pageloads -- --sites=a --start-date=d3 --end-date=d3  # cannot read 'x.parquet'
    no-data      1.2 s  pipe stats:pageloads -- --sites=a --start-date=d4 --end-date=d4
    failed       1.2 s  pipe --store=./store stats:pageloads -- --sites=a --start-date=d5 --end-date=d5  # x is not a function
    failed       1.2 s  pipe stats:multi -- --sites=a,b
    1 done, 1 without data, 2 failed in 1.2 s

    failed: cannot read 'x.parquet'

      run events:ingest
      in stats:multi => stats:pageloads
      rerun: pipe --store=./store stats:pageloads -- --sites=a --start-date=d3 --end-date=d3

    unexpected error: x is not a function
        at plan (tasks/stats.ts:1:2)
      in stats:multi => stats:pageloads
      rerun: pipe --store=./store stats:pageloads -- --sites=a --start-date=d5 --end-date=d5

    no-data      1.2 s  pipe stats:pageloads -- --sites=a --start-date=d4 --end-date=d4
    "
  `);
});

test('quiet: failures alone, as they come', () => {
  expect(report(mixed, { verbosity: 'quiet' })).toMatchInlineSnapshot(`
    "failed: cannot read 'x.parquet'

      run events:ingest
      in stats:multi => stats:pageloads
      rerun: pipe --store=./store stats:pageloads -- --sites=a --start-date=d3 --end-date=d3
    unexpected error: x is not a function
      in stats:multi => stats:pageloads
      rerun: pipe --store=./store stats:pageloads -- --sites=a --start-date=d5 --end-date=d5
    "
  `);
});

test('quiet: nothing to say', () => {
  const events = [started(), planned(1), leafStarted(1), leafFinished(1, 'done')];
  expect(report([...events, finished({ done: 1 })], { verbosity: 'quiet' })).toBe('');
});

describe('closing line', () => {
  test.each([
    [{ done: 48, skipped: 3, failed: 2 }, '48 done, 3 up to date, 2 failed in 1.2 s'],
    [{ skipped: 48 }, 'everything is up to date (48 partitions)'],
    [{ skipped: 1 }, 'everything is up to date (1 partition)'],
    [{ done: 1200, cancelled: 5 }, '1,200 done, 5 not run in 1.2 s'],
    [{}, 'nothing to do'],
  ])('%o', (counts, line) => {
    expect(report([started(), planned(0), finished(counts)])).toBe(`${line}\n`);
  });
});

test('a failing run of one leaf is told once', () => {
  const events = [
    started(),
    planned(1),
    leafStarted(1),
    leafFinished(1, 'failed', { error: { ...failure(1), chain: ['stats:pageloads'] } }),
    finished({ failed: 1 }),
  ];
  expect(report(events)).toMatchInlineSnapshot(`
    "1 failed in 1.2 s

    failed: cannot read 'part-1'
      rerun: pipe --store=./store stats:pageloads -- --sites=a --start-date=d1 --end-date=d1
    "
  `);
});

test('a thousand failures and a thousand leaves without data are told up to a limit', () => {
  const ids = Array.from({ length: 1000 }, (_, index) => index);
  const events = ids.flatMap((id) => [
    leafStarted(id),
    leafFinished(id, 'failed', { error: failure(id) }),
    leafStarted(id + 1000),
    leafFinished(id + 1000, 'no-data'),
  ]);
  const text = report([planned(2000), ...events, finished({ failed: 1000, 'no-data': 1000 })]);
  expect(text.match(/rerun: /g)).toHaveLength(20);
  expect(text.match(/^no-data/gm)).toHaveLength(10);
  expect(text).toContain('\nand 980 more\n');
  expect(text).toContain('\nand 990 more\n');
});

test('a retry is one line that says what is waited for and why', () => {
  const events: readonly RunEvent[] = [
    started(),
    planned(1),
    leafStarted(2),
    {
      type: 'invocation-retried',
      at: at(10),
      id: 2,
      attempt: 1,
      delayMs: 830,
      error: failure(2, 'the server is overloaded\n\nwait'),
    },
  ];
  expect(report(events)).toBe(
    'retry 1 in   830 ms  pipe --store=./store stats:pageloads -- --sites=a --start-date=d2 --end-date=d2  # the server is overloaded\n',
  );
  expect(report(events, { verbosity: 'quiet' })).toBe('');
});
