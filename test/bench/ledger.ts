import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import { numberAt } from '../../lib/engine/row.ts';
import { sql } from '../../lib/engine/sql.ts';
import type { RunEvent } from '../../lib/ledger/events.ts';
import { ledgerKey, openLedger, runId } from '../../lib/ledger/ledger.ts';
import { Mask } from '../../lib/ledger/mask.ts';
import { listRuns, readEvents, readRun, runsIn } from '../../lib/ledger/read.ts';
import { makeLedgerTables } from '../../lib/operations/ledger-tables.ts';
import { openLocalStore } from '../../lib/store/local.ts';
import { systemEffects } from '../../lib/store/owner.ts';
import type { Store } from '../../lib/store/store.ts';

const invocations = 1000;

/** Runs of 1,000 invocations each, read back in every way there is. */
export async function benchLedger(runs = 1000): Promise<readonly object[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-bench-'));
  try {
    const kill = (pid: number, signal: 0): unknown => process.kill(pid, signal);
    const system = { hostname: hostname(), pid: process.pid, kill, now: Date.now };
    const store = openLocalStore(folder, systemEffects(system));
    for (let run = 0; run < runs; run++) await writeRun(store, run);
    const bytes = (await runsIn(store)).reduce((sum, each) => sum + each.bytes, 0);
    const measured = [
      await measure('list all runs', runs, () => count(listRuns(store))),
      await measure('list the last 20', 20, () => count(listRuns(store), 20)),
      await measure('fold one run', invocations + 1, () => foldLast(store)),
      await measure('parse every event', runs * eventsPerRun, () => parseAll(store)),
      await measure('fold every run', runs * (invocations + 1), () => foldAll(store)),
      await measure('load into SQL, count by task', runs * (invocations + 1), () => query(store)),
      await measure('mask every event', runs * eventsPerRun, () => maskAll(store)),
    ];
    return measured.map((row) => ({ ...row, runs, 'ledgers MB': Math.round(bytes / 1e6) }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const eventsPerRun = 2 * (invocations + 1) + 3;

async function measure(
  what: string,
  expected: number,
  read: () => Promise<number>,
): Promise<object> {
  const start = performance.now();
  const used = process.cpuUsage();
  const found = await read();
  if (found !== expected) throw new Error(`${what}: found ${found} of ${expected}`);
  const { user, system } = process.cpuUsage(used);
  const seconds = Math.round(performance.now() - start) / 1000;
  return { what, found, seconds, 'CPU seconds': Math.round((user + system) / 1000) / 1000 };
}

async function count(items: AsyncIterable<unknown>, most = Infinity): Promise<number> {
  let seen = 0;
  for await (const _ of items) {
    seen += 1;
    if (seen === most) break;
  }
  return seen;
}

async function foldLast(store: Store): Promise<number> {
  const [last] = await runsIn(store);
  return last ? (await readRun(store, last.run)).invocations.length : 0;
}

async function foldAll(store: Store): Promise<number> {
  let folded = 0;
  for (const { run } of await runsIn(store)) {
    folded += (await readRun(store, run)).invocations.length;
  }
  return folded;
}

async function parseAll(store: Store): Promise<number> {
  let parsed = 0;
  for (const { run } of await runsIn(store)) parsed += await count(readEvents(store, run));
  return parsed;
}

/** With a secret to look for, as in a run whose task has one; the time includes reading. */
async function maskAll(store: Store): Promise<number> {
  const mask = new Mask(['0123456789abcdef']);
  let masked = 0;
  for (const { run } of await runsIn(store)) {
    for await (const event of readEvents(store, run)) if (mask.event(event)) masked += 1;
  }
  return masked;
}

async function query(store: Store): Promise<number> {
  const engine = await openDuckDB();
  const staging = await store.openStaging('bench');
  try {
    const files = (await runsIn(store)).map(async ({ run }) => ({
      run,
      path: await store.download(ledgerKey(run), staging),
    }));
    await makeLedgerTables(engine, await Promise.all(files));
    const rows = await engine.rows(
      sql`select task, count(*)::bigint as n, avg(duration_ms) from invocations group by task`,
    );
    return rows.reduce((sum, row) => sum + numberAt(row, 'n'), 0);
  } finally {
    await staging.close();
    await engine.close();
  }
}

async function writeRun(store: Store, index: number): Promise<void> {
  const start = Date.UTC(2026, 0, 1) + index * 3_600_000;
  const run = runId(start, '00000000');
  const at = new Date(start).toISOString();
  const ledger = await openLedger(store, run);
  for (const event of eventsOf(run, at)) ledger.write(event);
  await ledger.close();
}

function* eventsOf(run: string, at: string): Generator<RunEvent> {
  const window = ['--start-date=2026-11-13', '--end-date=2026-11-13'];
  const command = 'pipe stats:multi -- --sites=a,b --start-date=2026-11-13 --end-date=2026-11-20';
  const place = { version: '0.1.0', host: 'host', user: 'user', pid: 1, store: 'file:///data' };
  yield { type: 'run-started', at, run, ...place, command, timezone: 'UTC', now: at };
  yield { type: 'run-planned', at, leaves: invocations };
  const root = { id: 1, kind: 'meta' } as const;
  yield { type: 'invocation-started', at, ...root, task: 'stats:multi', argv: ['--sites=a,b'] };
  for (let id = 2; id < invocations + 2; id++) {
    const leaf = { id, kind: 'leaf' } as const;
    const argv = ['--sites=a', ...window];
    yield { type: 'invocation-started', at, ...leaf, parent: 1, task: 'stats:pageloads', argv };
    const rows = { in: 1000, out: 24, rejected: 0, filtered: 10, aggregated: 990 };
    const outputs = ['stats/pageloads/site=a/date=2026-11-13/'];
    yield {
      type: 'invocation-finished',
      at,
      ...leaf,
      status: 'done',
      durationMs: 12,
      rows,
      outputs,
    };
  }
  yield { type: 'invocation-finished', at, ...root, status: 'done', durationMs: 12_000 };
  const counts = { done: invocations, skipped: 0, 'no-data': 0, failed: 0, cancelled: 0 };
  yield { type: 'run-finished', at, durationMs: 12_000, exitCode: 0, counts };
}
