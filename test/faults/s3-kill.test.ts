import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Row } from '../../lib/engine/engine.ts';
import { literal, sql } from '../../lib/engine/sql.ts';
import { createRig, pipeBin, type Rig } from '../rig/rig.ts';
import type { Rule } from '../rig/s3-server/faults.ts';
import { startS3Server, type S3Server } from '../rig/s3-server/server.ts';
import { newBucket, type Bucket } from '../rig/s3-server/state.ts';

/** `PIPE_TEST_KILLS=100` takes four minutes. */
const long = process.env['PIPE_TEST_KILLS'];
const KILLS = Number(long ?? 4);

/** Partitions are days, sites and three aggregates. */
const sites = 'a,b';
const days = long === undefined ? 1 : 10;
const PARTITIONS = days * 2 * 3;

/** A bad day: one request in five is refused, some are carried out without a reply, some bodies are cut. */
const weather: readonly Rule[] = [
  { fault: { status: 503 }, share: 0.2, times: Infinity },
  { fault: { reset: 'after' }, share: 0.05, times: Infinity },
  { fault: { reset: 'before' }, share: 0.02, times: Infinity },
  { method: 'GET', fault: { cut: 'rst', after: 300 }, share: 0.05, times: Infinity },
  { method: 'GET', fault: { flip: 100 }, share: 0.02, times: Infinity },
];

let rig: Rig;
let server: S3Server;
let bucket: Bucket;
let env: Record<string, string>;

beforeAll(async () => {
  [rig, server, bucket] = [await createRig(), await startS3Server(), newBucket()];
  server.state.buckets.set('bucket', bucket);
  await mkdir(rig.path('tmp'));
  env = {
    PIPE_S3_ENDPOINT: server.endpoint,
    PIPE_STORE: 's3://bucket/store',
    AWS_ACCESS_KEY_ID: 'test-key',
    AWS_SECRET_ACCESS_KEY: 'test-secret',
    TMPDIR: rig.path('tmp'),
  };
});

afterAll(async () => {
  await rig.remove();
  await server.close();
});

test(
  `killed ${KILLS} times over a bad network, runs end with the rows of an undisturbed one`,
  async () => {
    await ingestSamples();
    // Of some lost replies nobody can tell what they said; these are what retries are for.
    const retries = ['--retries=3', '--retry-delay=100ms'];
    const command = [...retries, 'stats:multi', `--sites=${sites}`, `--days-ago=${days - 1}`];
    const started = performance.now();
    await pipe(...command);
    const durationMs = performance.now() - started;
    const undisturbed = await rowsOf('undisturbed', filesOf(bucket));
    expect(partitions()).toBe(PARTITIONS);

    const reader = globReader(bucket);
    const reached: number[] = [];
    let kills = 0;
    while (kills < KILLS) {
      for (const key of bucket.objects.keys()) {
        if (key.startsWith('store/stats/')) bucket.objects.delete(key);
      }
      server.faults.add(...weather);
      // Each run goes on where the one before died; once all is there, from the start again.
      while (kills < KILLS && partitions() < PARTITIONS) {
        if (await killAfter(Math.random() * durationMs, command)) kills++;
        reached.push(partitions());
      }
      await pipe(...command);
      server.faults.clear();
      expect(await rowsOf(`disturbed-${kills}`, filesOf(bucket))).toEqual(undisturbed);
    }
    // So few partitions may all be there before the first kill.
    const midway = reached.filter((count) => count > 0 && count < PARTITIONS);
    expect(midway.length).toBeGreaterThanOrEqual(long === undefined ? 0 : 1);
    await expectWhole(reader.stop(), undisturbed);
    await expectClean();
  },
  120_000 + KILLS * 30_000,
);

async function ingestSamples(): Promise<void> {
  const samples = rig.path('samples');
  const size = [`--days=${days}`, '--rows=1000'];
  await pipe('events:sample', '--', `--sites=${sites}`, ...size, `--to=${samples}`);
  for (const site of sites.split(',')) {
    await pipe('events:ingest', '--', `--site=${site}`, `${samples}/${site}`);
  }
}

/** Whatever a reader got at any moment is a whole file, with rows of the undisturbed run. */
async function expectWhole(
  seen: readonly ReadonlyMap<string, Buffer>[],
  undisturbed: readonly Row[],
): Promise<void> {
  const textOf = (row: Row): string => JSON.stringify(row);
  const right = new Set(undisturbed.map(textOf));
  expect(seen.length).toBeGreaterThan(0);
  for (const [index, files] of seen.entries()) {
    const rows = await rowsOf(`seen-${index}`, files);
    expect(rows.map(textOf).filter((row) => !right.has(row))).toEqual([]);
  }
}

async function expectClean(): Promise<void> {
  const { stderr } = await pipe('-q', 'store:clean', '--', '--older-than=0');
  expect(stderr).toBe('');
  const names = [...bucket.objects.keys()].map((key) => key.replace(/^.*\//, ''));
  const isLedger = (name: string): boolean => name.startsWith('.segment-');
  expect([...new Set(names.filter((name) => !isLedger(name)))].toSorted()).toEqual([
    '_manifest.json',
    'data.parquet',
  ]);
  expect(bucket.uploads.size).toBe(0);
  const [spool = ''] = await readdir(rig.path('tmp'));
  expect(await readdir(rig.path(`tmp/${spool}`))).toEqual([]);
}

async function pipe(...args: readonly string[]): Promise<{ readonly stderr: string }> {
  const options = { env: { ...env, PIPE_NOW: '2026-11-20' } };
  const result = await rig.pipe(args, args.includes('store:clean') ? { env } : options);
  expect(result.code, result.stderr).toBe(0);
  return result;
}

/** Whether the run was still there to be killed. */
function killAfter(ms: number, args: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, [pipeBin, ...args], {
    cwd: rig.folder,
    env: { ...env, PIPE_NOW: '2026-11-20' },
    stdio: 'ignore',
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  return new Promise((resolve) => {
    child.on('close', (_code, signal) => {
      clearTimeout(timer);
      resolve(signal === 'SIGKILL');
    });
  });
}

function partitions(): number {
  const keys = [...bucket.objects.keys()];
  return keys.filter((key) => /^store\/stats\/.*\/_manifest\.json$/.test(key)).length;
}

/** What a pattern for all Parquet files below `stats` matches, with the bytes. */
function filesOf({ objects }: Bucket): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const [key, { bytes }] of objects) {
    if (/^store\/stats\/.*\.parquet$/.test(key)) files.set(key, bytes);
  }
  return files;
}

/** Looks every few milliseconds at what the pattern matches, and keeps each content that it sees of a key. */
function globReader(from: Bucket): { stop(): readonly ReadonlyMap<string, Buffer>[] } {
  const seen = new Map<string, Map<string, Buffer>>();
  const look = (): void => {
    for (const [key, bytes] of filesOf(from)) {
      const contents = seen.get(key) ?? new Map<string, Buffer>();
      contents.set(createHash('sha256').update(bytes).digest('hex'), bytes);
      seen.set(key, contents);
    }
  };
  const timer = setInterval(look, 5);
  return {
    /** The first content of every key, then the second of those that had one, and so on. */
    stop() {
      clearInterval(timer);
      const most = Math.max(...[...seen.values()].map(({ size }) => size));
      return Array.from({ length: most }, (_, index) => {
        const pairs = [...seen].map(
          ([key, contents]) => [key, [...contents.values()][index]] as const,
        );
        return new Map(pairs.flatMap(([key, bytes]) => (bytes ? [[key, bytes]] : [])));
      });
    },
  };
}

/** Every row of the statistics as a reader gets them who takes all data files. */
async function rowsOf(folder: string, files: ReadonlyMap<string, Buffer>): Promise<readonly Row[]> {
  for (const [key, bytes] of files) {
    await mkdir(dirname(rig.path(`${folder}/${key}`)), { recursive: true });
    await writeFile(rig.path(`${folder}/${key}`), bytes);
  }
  const engine = await openDuckDB({ threads: 1 });
  try {
    const pattern = literal(rig.path(`${folder}/**/*.parquet`));
    return await engine.rows(sql`
      select * from read_parquet(${pattern}, hive_partitioning = true, union_by_name = true) order by all`);
  } finally {
    await engine.close();
  }
}
