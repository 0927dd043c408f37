import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { leaseSettings, overlapSettings } from '../../lib/cli/lease-settings.ts';
import { openLedger } from '../../lib/ledger/ledger.ts';
import { openLocalStore } from '../../lib/store/local.ts';
import { systemEffects } from '../../lib/store/owner.ts';
import type { Store } from '../../lib/store/store.ts';
import { defineTask } from '../../lib/task/define.ts';
import { runTasks } from '../rig/run.ts';

const usage = '--sites=<sites> --n=<n>';

const noop = defineTask({
  name: 'bench:noop',
  summary: 'Do nothing',
  usage,
  run: () => undefined,
});

const partitionOf = (n: string) => ({ dataset: 'made', keys: { n } });

const made = defineTask({
  name: 'bench:made',
  summary: 'Publish a partition of one byte',
  usage,
  outputs: ({ n }) => [{ partition: partitionOf(n), inputs: [] }],
  async run({ n }, context) {
    const path = (await context.staging()).path('data.parquet');
    await writeFile(path, '.');
    await context.publish({
      partition: partitionOf(n),
      files: [{ name: 'data.parquet', path, rows: 1 }],
      rows: { in: 1, out: 1, rejected: 0, filtered: 0 },
      schema: [],
    });
  },
});

const many = defineTask({
  name: 'bench:many',
  summary: 'Plan many invocations of a task',
  usage: '--leaves=<n> --task=<name>',
  *plan({ leaves, task }) {
    for (let n = 0; n < Number(leaves); n++) yield { task, args: { sites: 'a', n: String(n) } };
  },
});

/** Publishing takes milliseconds, so that fewer of them tell as much. */
const published = 2000;

/**
 * Invocations in process with leases, ledger and retries on, as the command has them: how many a
 * second, and how memory grows. Those that publish take a lease each; a second run finds them made.
 */
export async function benchLeaves(sizes: readonly number[]): Promise<readonly object[]> {
  const rows: object[] = [];
  for (const leaves of sizes) {
    await inStore(async (store, folder) => {
      rows.push(await measure('do nothing', 'bench:noop', leaves, { store, folder }));
    });
  }
  const outputs = Math.min(published, ...sizes);
  await inStore(async (store, folder) => {
    rows.push(await measure('publish', 'bench:made', outputs, { store, folder }));
    rows.push(await measure('are up to date', 'bench:made', outputs, { store, folder }));
  });
  return rows;
}

async function inStore(use: (store: Store, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-bench-'));
  try {
    await use(openLocalStore(folder, system()), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function system() {
  const kill = (pid: number, signal: 0): unknown => process.kill(pid, signal);
  return systemEffects({ hostname: hostname(), pid: process.pid, kill, now: Date.now });
}

async function measure(
  what: string,
  task: string,
  leaves: number,
  { store, folder }: { readonly store: Store; readonly folder: string },
): Promise<object> {
  const ledger = await openLedger(store, what.replaceAll(' ', '-'));
  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    setTimeout(ms, undefined, { signal }).catch(() => undefined);
  let peak = 0;
  let seen = 0;
  const [start, used] = [performance.now(), process.cpuUsage()];
  const { report } = await runTasks(
    [noop, made, many],
    'bench:many',
    { leaves: String(leaves), task },
    {
      emit: (event) => {
        ledger.write(event);
        if (seen++ % 10_000 === 0) peak = Math.max(peak, process.memoryUsage.rss());
      },
      breathe: async () => {
        await setImmediate();
        await ledger.ready();
      },
      store,
      leases: leaseSettings(
        overlapSettings(() => undefined),
        system(),
        sleep,
      ),
      attempts: { retries: 3 },
      clock: Date.now,
    },
  );
  await ledger.close();
  const seconds = (performance.now() - start) / 1000;
  const { user, system: inKernel } = process.cpuUsage(used);
  const expected = what === 'are up to date' ? 'skipped' : 'done';
  if (report.status !== expected) throw new Error(`the run ended ${report.status}`);
  const bytes = (await stat(join(folder, ledger.key))).size;
  return {
    'leaves that': what,
    leaves,
    'leaves/s': Math.round(leaves / seconds),
    // Says the same on a machine that has other things to do.
    'leaves/CPU s': Math.round((leaves / (user + inKernel)) * 1e6),
    'peak RSS MiB': Math.round(peak / 2 ** 20),
    'ledger MB': Math.round(bytes / 1e5) / 10,
  };
}
