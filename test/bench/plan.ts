import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { parseDay } from '../../lib/dates/day.ts';
import { daysOf } from '../../lib/dates/window.ts';
import { preview } from '../../lib/run/preview.ts';
import { openLocalStore } from '../../lib/store/local.ts';
import { systemEffects } from '../../lib/store/owner.ts';
import { openS3Store } from '../../lib/store/s3/s3.ts';
import type { Store } from '../../lib/store/store.ts';
import { resolveCall } from '../../lib/task/invocation.ts';
import { madeDays, makeAll, makeDay } from '../rig/partitions.ts';
import { runOptions, runTasks } from '../rig/run.ts';

const tasks = [makeAll, makeDay];
const [start, end] = ['2026-08-11', '2026-11-18'].map((day) => parseDay(day, 'day'));
const kill = (pid: number, signal: 0): unknown => process.kill(pid, signal);
const system = systemEffects({ hostname: hostname(), pid: process.pid, kill, now: Date.now });

/** So many partitions that are up to date, planned and run, in a folder and on an S3 server on loopback. */
export async function benchPlan(partitions = 10_000): Promise<readonly object[]> {
  const dates = start && end ? [...daysOf({ start, end, timezone: 'UTC' })] : [];
  const count = Math.ceil(partitions / dates.length);
  const sites = Array.from({ length: count }, (_, at) => `site${String(at).padStart(5, '0')}`);
  const folder = await mkdtemp(join(tmpdir(), 'pipe-bench-'));
  try {
    for (const [key, bytes] of madeDays(sites, dates)) {
      const path = join(folder, 'store', key);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
    }
    const local = await measure('folder', openLocalStore(join(folder, 'store'), system), sites);
    const server = await serve(folder, sites, dates);
    const remote = await measure('S3', openRemote(server.endpoint, folder), sites, server.requests);
    server.child.kill();
    return [...local, ...remote];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function openRemote(endpoint: string, spool: string): Store {
  const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };
  const place = { endpoint, region: 'us-east-1', credentials };
  return openS3Store({ bucket: 'bucket', prefix: '' }, { effects: system, spool, ...place });
}

async function measure(
  name: string,
  store: Store,
  sites: readonly string[],
  requests: () => Promise<object> = () => Promise.resolve({}),
): Promise<readonly object[]> {
  const args = { sites: sites.join(','), from: String(start), to: String(end) };
  const effects = await runOptions(tasks, { store });
  const root = resolveCall(effects.registry, { task: 'day:all', args }, effects);
  const dry = async (): Promise<void> => {
    for await (const { kind, state } of preview(root, effects)) {
      if (kind === 'leaf' && state !== 'done') throw new Error(`a partition is ${state}`);
    }
  };
  const run = async (): Promise<void> => {
    const { report } = await runTasks(tasks, 'day:all', args, { store });
    if (report.status !== 'skipped') throw new Error(`the run ended ${report.status}`);
  };
  const rows: object[] = [];
  for (const [what, work] of [
    ['--dry-run', dry],
    ['run', run],
  ] as const) {
    // prettier-ignore
    const [began, spent] = [performance.now(), process.cpuUsage()];
    await work();
    const seconds = Math.round(performance.now() - began) / 1000;
    const { user, system: kernel } = process.cpuUsage(spent);
    const cpu = Math.round((user + kernel) / 1000) / 1000;
    rows.push({ store: name, what, seconds, 'CPU s': cpu, ...(await requests()) });
  }
  return rows;
}

interface Server {
  readonly child: ChildProcess;
  readonly endpoint: string;
  readonly requests: () => Promise<object>;
}

/** The server must not share a process with what is measured. */
async function serve(
  folder: string,
  sites: readonly string[],
  dates: readonly string[],
): Promise<Server> {
  const outfile = join(folder, 'server.mjs');
  await build({
    entryPoints: ['test/bench/plan-server.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['@aws-sdk/client-s3', '@duckdb/node-api', 'esbuild', 'neodoc'],
  });
  const child = spawn(process.execPath, [outfile, sites.join(), dates.join()], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const line = async (): Promise<string> => String((await once(child.stdout, 'data'))[0]).trim();
  const endpoint = await line();
  const requests = async (): Promise<object> => {
    child.stdin.write('\n');
    const [lists = '', others = ''] = (await line()).split(' ');
    return { LISTs: Number(lists), others: Number(others) };
  };
  return { child, endpoint, requests };
}
