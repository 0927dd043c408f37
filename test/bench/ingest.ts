import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { addDays, parseDay } from '../../lib/dates/day.ts';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import { literal, literals, sql, textOf } from '../../lib/engine/sql.ts';
import type { Sql } from '../../lib/engine/sql.ts';
import { sampleLines } from '../../lib/operations/sample.ts';
import { pipeBin } from '../rig/rig.ts';

const DAYS = 8;
const FIRST = parseDay('2026-11-02', 'day');
const REPEATS = 3;

/**
 * `events:ingest` of gzip JSON lines, a file a day, against DuckDB's own reader with typed columns
 * and one Parquet file, which neither checks, rejects nor sorts by day. In turns; the median of
 * three, both times those of whole processes. Once with whole lines only, once with one in a
 * thousand broken, which DuckDB turns into NULLs.
 */
export async function benchIngest(rows = 4_000_000): Promise<readonly object[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-bench-'));
  try {
    const whole = await makeLogs(join(folder, 'whole'), rows, false);
    const broken = await makeLogs(join(folder, 'broken'), rows, true);
    return [await compare(folder, 'whole', whole), await compare(folder, 'broken', broken)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Logs {
  readonly files: readonly string[];
  readonly lines: number;
}

async function makeLogs(folder: string, rows: number, isBroken: boolean): Promise<Logs> {
  await mkdir(folder, { recursive: true });
  const engine = await openDuckDB();
  const files: string[] = [];
  let lines = 0;
  for (let index = 0; index < DAYS; index++) {
    const day = addDays(FIRST, index);
    const all = sampleLines({ site: 'a', day, timezone: 'UTC', seed: 1, rows: rows / DAYS });
    const some = isBroken ? all : wholeLines(all);
    const file = join(folder, `${day}.jsonl.gz`);
    await engine.execute(sql`copy (${some}) to ${literal(file)}
      (format csv, header false, quote '', escape '', delimiter '', compression gzip)`);
    const [row = {}] = await engine.rows(sql`select count(*) as lines from (${some})`);
    lines += Number(row['lines']);
    files.push(file);
  }
  await engine.close();
  return { files, lines };
}

function wholeLines(lines: Sql): Sql {
  return sql`select * from (${lines}) where line like '{%"timestamp":"2%}'`;
}

async function compare(folder: string, name: string, { files, lines }: Logs): Promise<object> {
  const seconds: { readonly duckdb: number; readonly pipe: number }[] = [];
  for (let turn = 0; turn < REPEATS; turn++) {
    const duckdb = await runDuckDB(folder, files);
    seconds.push({ duckdb, pipe: await runPipe(folder, join(folder, name)) });
  }
  const duckdb = median(seconds.map((turn) => turn.duckdb));
  const pipe = median(seconds.map((turn) => turn.pipe));
  return {
    lines: `${lines} ${name}`,
    'DuckDB lines/s': Math.round(lines / duckdb),
    'pipe lines/s': Math.round(lines / pipe),
    ratio: Math.round((duckdb / pipe) * 100) / 100,
  };
}

async function runDuckDB(folder: string, files: readonly string[]): Promise<number> {
  const query = sql`copy (select * from read_ndjson(${literals(files)}, ignore_errors = true, columns = {
      'event': 'VARCHAR', 'timestamp': 'TIMESTAMPTZ', 'userId': 'VARCHAR', 'anonymousId': 'VARCHAR',
      'context': 'STRUCT("sessionId" VARCHAR, page STRUCT("path" VARCHAR, referrer VARCHAR))',
      'properties': 'JSON'}))
    to ${literal(join(folder, 'plain.parquet'))} (format parquet, compression zstd, compression_level 1)`;
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  return timed(['--input-type=module', '--eval', duckDBScript], { cwd, query: textOf(query) });
}

const duckDBScript = `
  import { DuckDBInstance } from '@duckdb/node-api';
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run("set TimeZone = 'UTC'");
  await connection.run(process.env.QUERY);
`;

/** Into a new store: every turn does the whole work. */
async function runPipe(folder: string, logs: string): Promise<number> {
  await rm(join(folder, 'store'), { recursive: true, force: true });
  const task = ['events:ingest', '--', '--site=a', logs];
  return timed([pipeBin, '--store=store', '--quiet', ...task], { cwd: folder });
}

/** Seconds that a process of Node takes. */
async function timed(
  args: readonly string[],
  { cwd, query = '' }: { readonly cwd: string; readonly query?: string },
): Promise<number> {
  const start = performance.now();
  await promisify(execFile)(process.execPath, args, { cwd, env: { ...process.env, QUERY: query } });
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
