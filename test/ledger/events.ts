import type { RunEvent, Status } from '../../lib/ledger/events.ts';
import { ledgerKey } from '../../lib/ledger/ledger.ts';
import type { Store } from '../../lib/store/store.ts';

/** A time `ms` milliseconds after the run has started. */
export function at(ms: number): string {
  return new Date(Date.UTC(2026, 10, 20, 6) + ms).toISOString();
}

const none: Readonly<Record<Status, number>> = {
  done: 0,
  skipped: 0,
  'no-data': 0,
  failed: 0,
  cancelled: 0,
};

/** The events of a run of two leaves, the second of which fails. */
export function eventsOf(run: string): readonly RunEvent[] {
  const argv = (site: string): string[] => [`--sites=${site}`];
  return [
    {
      type: 'run-started',
      at: at(0),
      run,
      version: '0.1.0',
      host: 'h',
      user: 'u',
      pid: 1,
      command: 'pipe stats:multi -- --sites=a,b',
      store: 'file:///data',
      timezone: 'UTC',
      now: at(0),
    },
    { type: 'run-planned', at: at(1), leaves: 2 },
    {
      type: 'invocation-started',
      at: at(2),
      id: 1,
      kind: 'meta',
      task: 'stats:multi',
      argv: ['--sites=a,b'],
    },
    {
      type: 'invocation-started',
      at: at(3),
      id: 2,
      parent: 1,
      kind: 'leaf',
      task: 'stats:clicks',
      argv: argv('a'),
    },
    { type: 'log', at: at(4), id: 2, message: 'hello\nthere' },
    {
      type: 'invocation-finished',
      at: at(5),
      id: 2,
      kind: 'leaf',
      status: 'done',
      durationMs: 2,
      rows: { in: 10, out: 2, rejected: 1, filtered: 0, aggregated: 9 },
      outputs: ['stats/clicks/site=a/date=2026-11-20/'],
    },
    {
      type: 'invocation-started',
      at: at(6),
      id: 3,
      parent: 1,
      kind: 'leaf',
      task: 'stats:clicks',
      argv: argv('b'),
    },
    {
      type: 'invocation-finished',
      at: at(7),
      id: 3,
      kind: 'leaf',
      status: 'failed',
      durationMs: 1,
      error: {
        message: 'it is bad',
        chain: ['stats:multi', 'stats:clicks'],
        command: 'pipe stats:clicks -- --sites=b',
        exitCode: 1,
      },
    },
    {
      type: 'invocation-finished',
      at: at(8),
      id: 1,
      kind: 'meta',
      status: 'failed',
      durationMs: 6,
    },
    {
      type: 'run-finished',
      at: at(9),
      durationMs: 9,
      exitCode: 1,
      counts: { ...none, done: 1, failed: 1 },
    },
  ];
}

/** A ledger with these lines, each with its break. */
export async function writeLines(
  store: Pick<Store, 'write'>,
  run: string,
  lines: readonly (RunEvent | string)[],
): Promise<void> {
  const texts = lines.map((line) =>
    typeof line === 'string' ? line : `${JSON.stringify(line)}\n`,
  );
  await store.write(ledgerKey(run), Buffer.from(texts.join('')));
}

/** Everything that an iteration gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
