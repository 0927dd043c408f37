import { mkdtemp, rm, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { openLedger } from '../../lib/ledger/ledger.ts';
import { openLocalStore } from '../../lib/store/local.ts';
import { systemEffects } from '../../lib/store/owner.ts';
import { defineTask } from '../../lib/task/define.ts';
import { runTasks } from '../rig/run.ts';

const noop = defineTask({
  name: 'bench:noop',
  summary: 'Do nothing',
  usage: '--sites=<sites> --n=<n>',
  run: () => undefined,
});

const many = defineTask({
  name: 'bench:many',
  summary: 'Plan many invocations that do nothing',
  usage: '--leaves=<n>',
  *plan(args) {
    const leaves = Number(args.leaves);
    for (let n = 0; n < leaves; n++) {
      yield { task: 'bench:noop', args: { sites: 'a', n: String(n) } };
    }
  },
});

/** Invocations that do nothing, in process, ledger and retries on: how many a second, and how memory grows. */
export async function benchLeaves(sizes: readonly number[]): Promise<readonly object[]> {
  const rows: object[] = [];
  for (const leaves of sizes) rows.push(await measure(leaves));
  return rows;
}

async function measure(leaves: number): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-bench-'));
  try {
    const kill = (pid: number, signal: 0): unknown => process.kill(pid, signal);
    const system = { hostname: hostname(), pid: process.pid, kill, now: Date.now };
    const store = openLocalStore(folder, systemEffects(system));
    const ledger = await openLedger(store, 'bench');
    let peak = 0;
    let seen = 0;
    const start = performance.now();
    const { report } = await runTasks(
      [noop, many],
      'bench:many',
      { leaves: String(leaves) },
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
        attempts: { retries: 3 },
        clock: Date.now,
      },
    );
    await ledger.close();
    const seconds = (performance.now() - start) / 1000;
    if (report.status !== 'done') throw new Error(`the run ended ${report.status}`);
    const bytes = (await stat(join(folder, ledger.key))).size;
    return {
      leaves,
      'leaves/s': Math.round(leaves / seconds),
      'peak RSS MiB': Math.round(peak / 2 ** 20),
      'ledger MB': Math.round(bytes / 1e5) / 10,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
