import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DATA_FILE, prefixOf } from '../../lib/dataset/layout.ts';
import { publish } from '../../lib/dataset/publish.ts';
import { addDays, parseDay } from '../../lib/dates/day.ts';
import type { Day } from '../../lib/dates/day.ts';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import { textOf } from '../../lib/engine/sql.ts';
import { aggregates } from '../../lib/operations/aggregates.ts';
import { eventsOfDay } from '../../lib/operations/local-day.ts';
import { sampleSize } from '../../lib/operations/sample.ts';
import type { Sample } from '../../lib/operations/sample.ts';
import { writeSample } from '../../lib/operations/write-sample.ts';
import { openLocalStore } from '../../lib/store/local.ts';
import { systemEffects } from '../../lib/store/owner.ts';
import type { Store } from '../../lib/store/store.ts';
import { pipeBin } from '../rig/rig.ts';

const DAYS = 10;
const LAST = parseDay('2026-11-19', 'day');
const REPEATS = 3;

/**
 * `stats:pageloads` for ten days against the same SQL run straight in DuckDB on the same files, in
 * turns; the median of three. The time of `pipe` is that of the whole process, the time of DuckDB
 * that of its queries, on as many instances of one thread as Pipe has jobs.
 */
export async function benchPageloads(rows = 100_000_000): Promise<readonly object[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-bench-'));
  try {
    const store = openStore(join(folder, 'store'));
    const samples = samplesOf(rows);
    const made = await timed(() => inParallel(samples, (sample) => publishSample(store, sample)));
    const seconds = await inTurns([
      () => runDuckDB(join(folder, 'store'), samples, folder),
      () => runPipe(folder),
    ]);
    const [raw = NaN, pipe = NaN] = seconds.map(median);
    const total = samples.reduce((sum, sample) => sum + sampleSize(sample), 0);
    const perSecond = (each: number): number => Math.round(total / each);
    return [
      {
        rows: total,
        'made rows/s': perSecond(made),
        'DuckDB rows/s': perSecond(raw),
        'pipe rows/s': perSecond(pipe),
        ratio: Math.round((raw / pipe) * 100) / 100,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Days that have so many rows together. */
function samplesOf(rows: number): readonly Sample[] {
  const days = Array.from({ length: DAYS }, (_, index) => addDays(LAST, index + 1 - DAYS));
  const scale = 1_000_000;
  const sample = (day: Day, size: number): Sample => ({
    site: 'a',
    day,
    timezone: 'UTC',
    seed: 1,
    rows: size,
  });
  const atScale = days.reduce((sum, day) => sum + sampleSize(sample(day, scale)), 0);
  return days.map((day) => sample(day, Math.round((rows * scale) / atScale)));
}

async function publishSample(store: Store, sample: Sample): Promise<void> {
  const engine = await openDuckDB({ threads: 1 });
  const staging = await store.openStaging('bench');
  const path = staging.path(DATA_FILE);
  const { rows, schema } = await writeSample(engine, sample, 'parquet', path);
  await engine.close();
  const draft = {
    partition: partitionOf(sample),
    files: [{ name: DATA_FILE, path, rows }],
    rows: { in: rows, out: rows, rejected: 0, filtered: 0 },
    schema,
  };
  const fingerprint = { task: 'bench', argv: [], settings: {}, code: '', engine: '' };
  const at = new Date().toISOString();
  await publish(store, draft, { run: 'bench', command: 'bench', fingerprint, inputs: [], at });
  await staging.close();
}

/** What a person would write by hand for these files: a `copy` per day, an instance per core. */
async function runDuckDB(
  root: string,
  samples: readonly Sample[],
  folder: string,
): Promise<number> {
  const queries = samples.map((sample) => {
    const files = [join(root, prefixOf(partitionOf(sample)), DATA_FILE)];
    const events = eventsOfDay({ files, ...sample }, 'pageload', aggregates.pageloads.reads);
    const query = textOf(aggregates.pageloads.query(events));
    const out = join(folder, `${sample.day}.parquet`);
    return `copy (${query}) to '${out}' (format parquet, compression zstd, compression_level 1)`;
  });
  await writeFile(join(folder, 'queries.json'), JSON.stringify(queries));
  const node = ['--input-type=module', '--eval', duckDBScript];
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  return Number(await output(node, { cwd, file: join(folder, 'queries.json') }));
}

/** In a process of its own, since memory that others have used and freed makes queries slower. Prints seconds. */
const duckDBScript = `
  import { readFile } from 'node:fs/promises';
  import { availableParallelism } from 'node:os';
  import { DuckDBInstance } from '@duckdb/node-api';
  const queries = JSON.parse(await readFile(process.env.QUERIES, 'utf8')).values();
  const connect = async () => (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const connections = await Promise.all(Array.from({ length: availableParallelism() }, connect));
  const start = performance.now();
  await Promise.all(connections.map(async (connection) => {
    await connection.run("set TimeZone = 'UTC'");
    for (const query of queries) await connection.run(query);
  }));
  console.log((performance.now() - start) / 1000);
`;

async function runPipe(folder: string): Promise<number> {
  const days = ['--start-date', addDays(LAST, 1 - DAYS), '--end-date', LAST];
  const task = ['stats:pageloads', '--', '--sites', 'a', ...days];
  const options = ['--store', 'store', '--force', '--quiet'];
  return timed(() => output([pipeBin, ...options, ...task], { cwd: folder }));
}

/** What a script of Node writes to stdout. */
async function output(
  args: readonly string[],
  { cwd, file = '' }: { readonly cwd: string; readonly file?: string },
): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd,
    env: { ...process.env, QUERIES: file },
  });
  return stdout;
}

function partitionOf({ site, day }: Sample) {
  return { dataset: 'events', keys: { site, date: day } };
}

function openStore(folder: string): Store {
  const kill = (pid: number, signal: 0): unknown => process.kill(pid, signal);
  const system = { hostname: hostname(), pid: process.pid, kill, now: Date.now };
  return openLocalStore(folder, systemEffects(system));
}

async function inParallel<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

async function inTurns(
  works: readonly (() => Promise<number>)[],
): Promise<readonly (readonly number[])[]> {
  const seconds = works.map((): number[] => []);
  for (let turn = 0; turn < REPEATS; turn++) {
    for (const [index, work] of works.entries()) seconds[index]?.push(await work());
  }
  return seconds;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
