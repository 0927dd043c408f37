import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { joinCases } from './join-data.ts';
import type { JoinCase } from './join-data.ts';

/** Measured beside what `pipe` does: the same join, sorted alike, and as it comes. */
const strategies = ['auto', 'plain', 'shards', 'hot', 'salted'];

/**
 * Joins that are skewed, wide, or hot on the side that is built, by every strategy and by DuckDB
 * alone, each in a process of its own: time, peak resident memory and bytes spilled.
 */
export async function benchJoin(rows: number): Promise<readonly object[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-bench-'));
  try {
    const found: object[] = [];
    for (const each of await joinCases(folder, rows)) {
      for (const order of ['order by l.k, l.event', '']) {
        const name = order === '' ? 'DuckDB, unsorted' : 'DuckDB, sorted';
        found.push(show(each, name, await measure(folder, duckdb(each, folder, order))));
      }
      for (const strategy of strategies) {
        const measured = await measure(folder, pipe(each, folder, strategy));
        found.push(show(each, strategy, measured));
        await rm(join(folder, 'data'), { recursive: true, force: true });
      }
    }
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function show({ name, memory }: JoinCase, strategy: string, measured: Measured): object {
  const { seconds, cpuSeconds, peakBytes, spilledBytes, problem, chosen } = measured;
  const row = {
    case: `${name}, ${memory}`,
    strategy,
    s: problem === undefined ? Math.round(seconds * 10) / 10 : problem,
    'CPU s': Math.round(cpuSeconds * 10) / 10,
    'peak RSS MB': Math.round(peakBytes / 1e6),
    'spilled MB': Math.round(spilledBytes / 1e6),
    ...(chosen !== undefined && { chosen }),
  };
  console.log(JSON.stringify(row));
  return row;
}

interface Command {
  readonly argv: readonly string[];
  readonly spill: string;
}

function pipe({ left, right, memory }: JoinCase, folder: string, strategy: string): Command {
  const bin = resolve('dist/bin/pipe.js');
  const args = [
    `--left=${left}`,
    `--right=${right}`,
    '--on=k',
    '--to=joined',
    `--memory=${memory}`,
  ];
  const shards = strategy === 'auto' || strategy === 'plain' ? [] : ['--shards=8'];
  const argv = [bin, 'join:sharded', '--', ...args, `--strategy=${strategy}`, ...shards];
  return { argv, spill: join(folder, 'data/.pipe') };
}

/** The join alone, with as much memory as `pipe` gives its engine. */
function duckdb({ left, right, memory }: JoinCase, folder: string, order: string): Command {
  const module = createRequire(import.meta.url).resolve('@duckdb/node-api');
  const spill = join(folder, 'spill');
  const copy = `copy (select l.*, r.* exclude (k) from read_parquet('${left}') l join read_parquet('${right}') r
    on l.k = r.k ${order}) to '${join(folder, 'plain.parquet')}' (format parquet, compression zstd, compression_level 1)`;
  const code = `const { DuckDBInstance } = await import(${JSON.stringify(module)});
    const db = await DuckDBInstance.create(':memory:', { memory_limit: '${memory}', temp_directory: '${spill}' });
    await (await db.connect()).run(${JSON.stringify(copy)});`;
  return { argv: ['--input-type=module', '-e', code], spill };
}

interface Measured {
  readonly seconds: number;
  /** Says more than `seconds` where others use the machine. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly spilledBytes: number;
  readonly problem?: string;
  /** What `pipe` said of its plan. */
  readonly chosen?: string;
}

async function measure(folder: string, { argv, spill }: Command): Promise<Measured> {
  const start = performance.now();
  const child = spawn(process.execPath, argv, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const stderr: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  let peakBytes = 0;
  let cpuSeconds = 0;
  let spilledBytes = 0;
  const timer = setInterval(() => {
    void cpuOf(child.pid).then((cpu) => (cpuSeconds = Math.max(cpuSeconds, cpu)));
    void peakOf(child.pid).then((bytes) => (peakBytes = Math.max(peakBytes, bytes)));
    void spillIn(spill).then((bytes) => (spilledBytes = Math.max(spilledBytes, bytes)));
  }, 100);
  const code = await new Promise((settle) => child.on('close', settle));
  clearInterval(timer);
  const seconds = (performance.now() - start) / 1000;
  const text = Buffer.concat(stderr).toString();
  const chosen = /join:sharded: [^:\n]*: ([^\n]*)/.exec(text)?.[1];
  const problem = text.includes('Out of Memory') ? 'out of memory' : text.slice(0, 300);
  return {
    seconds,
    cpuSeconds,
    peakBytes,
    spilledBytes,
    ...(code !== 0 && { problem }),
    ...(chosen !== undefined && { chosen }),
  };
}

/** Ticks of user and system time, of which Linux has 100 in a second (proc(5), fields 14 and 15). */
async function cpuOf(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

/** The most resident memory that the process ever had. */
async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

async function spillIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = names
    .filter((name) => name.includes('duckdb_temp'))
    .map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
