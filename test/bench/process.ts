import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

/** What a process took until it ended. */
export interface Used {
  readonly seconds: number;
  /** Says more than `seconds` where others use the machine. */
  readonly cpuSeconds: number;
  /** The most resident memory that it ever had. */
  readonly peakBytes: number;
  /** By its calls of the system, whether disk or cache answered. */
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly stderr: string;
}

/** Runs `pipe` in a folder, and measures it. Throws what it says if it fails. */
export function usedByPipe(folder: string, args: readonly string[]): Promise<Used> {
  return usedByNode(folder, [resolve('dist/bin/pipe.js'), ...args]);
}

/** Runs statements of DuckDB alone, with the settings of an engine of this much memory. */
export function usedByDuckDB(
  folder: string,
  memoryLimit: string,
  statements: readonly string[],
): Promise<Used> {
  const module = createRequire(import.meta.url).resolve('@duckdb/node-api');
  const settings = { memory_limit: memoryLimit, temp_directory: join(folder, 'spill') };
  const code = `const { DuckDBInstance } = await import(${JSON.stringify(module)});
    const db = await DuckDBInstance.create(':memory:', ${JSON.stringify(settings)});
    const connection = await db.connect();
    for (const statement of ${JSON.stringify(statements)}) await connection.run(statement);`;
  return usedByNode(folder, ['--input-type=module', '-e', code]);
}

/** Writes down what the kernel knows of the process when it ends. */
const probe = `import { readFileSync, writeFileSync } from 'node:fs';
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    const [status, io] = ['status', 'io'].map((name) => readFileSync('/proc/self/' + name, 'utf8'));
    writeFileSync(process.env.BENCH_PROBE, JSON.stringify({ cpu: user + system, status, io }));
  });`;

async function usedByNode(folder: string, argv: readonly string[]): Promise<Used> {
  const found = join(folder, 'probe.json');
  const start = performance.now();
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(probe)}`, ...argv],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, BENCH_PROBE: found },
    },
  );
  const pieces: Buffer[] = [];
  child.stderr.on('data', (piece: Buffer) => pieces.push(piece));
  const code = await new Promise((settle) => child.on('close', settle));
  const seconds = (performance.now() - start) / 1000;
  const stderr = Buffer.concat(pieces).toString();
  if (code !== 0) throw new Error(`${argv.join(' ').slice(0, 500)}\n${stderr}`);
  const known: unknown = JSON.parse(await readFile(found, 'utf8'));
  const text = (name: string): string => String(Reflect.get(Object(known), name));
  const number = (source: string, pattern: RegExp): number => Number(pattern.exec(source)?.[1]);
  return {
    seconds,
    cpuSeconds: Number(text('cpu')) / 1e6,
    peakBytes: number(text('status'), /VmHWM:\s+(\d+) kB/) * 1024,
    readBytes: number(text('io'), /rchar: (\d+)/),
    writtenBytes: number(text('io'), /wchar: (\d+)/),
    stderr,
  };
}
