import { spawn } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A program of Node's to run in the bench's folder, and where it spills to. */
export interface Command {
  readonly argv: readonly string[];
  readonly spill: string;
}

export interface Measured {
  readonly seconds: number;
  /** Says more than `seconds` where others use the machine. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly spilledBytes: number;
  readonly problem?: string;
  /** What `pipe` said of its plan. */
  readonly chosen?: string;
}

/** Runs it in a process of its own. */
export async function measure(folder: string, { argv, spill }: Command): Promise<Measured> {
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
