import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listRuns, readRun } from '../../lib/ledger/read.ts';
import { openLocalStore } from '../../lib/store/local.ts';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import { newBucket } from '../rig/s3-server/state.ts';
import { testEffects } from '../store/system.ts';
import { smallDisk } from './small-disk.ts';

const disk = smallDisk(8);
const keys = 8;
const bytes = 200_000;

/** Each partition is 200 kB of its key. */
const tasks = `
import { writeFile } from 'node:fs/promises';
import { defineTask } from 'pipe';

const partition = (key) => ({ dataset: 'made', keys: { key } });

export const one = defineTask({
  name: 'test:one',
  summary: 'Make one',
  usage: '--key=<key> [--logs]',
  outputs: ({ key }) => [{ partition: partition(key), inputs: [] }],
  async run({ key, logs }, context) {
    if (logs) context.log('x'.repeat(100_000));
    const path = (await context.staging()).path('data.parquet');
    await writeFile(path, key.repeat(${bytes / 2}));
    await context.publish({
      partition: partition(key),
      files: [{ name: 'data.parquet', path, rows: 1 }],
      rows: { in: 1, out: 1, rejected: 0, filtered: 0 },
      schema: [],
    });
  },
});

export const all = defineTask({
  name: 'test:all',
  summary: 'Make all',
  usage: '[--logs]',
  *plan({ logs }) {
    for (let n = 0; n < ${keys}; n++) yield { task: 'test:one', args: { key: 'k' + n, logs } };
  },
});
`;

afterAll(() => disk?.remove());

describe.skipIf(disk === undefined)('a run that finds no space', () => {
  const folder = disk?.folder ?? '';
  let rig: Rig;

  beforeEach(async () => {
    rig = await createRig();
    await rig.write({ 'package.json': '{}', 'tasks/test.ts': tasks });
    await disk?.free();
    await rig.shell(`rm -rf ${folder}/*`);
  });
  afterEach(() => rig.remove());

  test('in the store says so, and with space the same command does the rest', async () => {
    const store = join(folder, 'store');
    await disk?.fill(200);
    const full = await rig.pipe([`--store=${store}`, 'test:all']);
    expect(full.code, full.stderr).toBe(1);
    expect(full.stderr).toMatch(/ENOSPC.*free some space and run the same command again/i);
    expect(full.stderr).not.toContain('unexpected');
    const made = await readdir(join(store, 'made'));
    expect(made.length).toBeLessThan(keys);
    for (const name of made) expect((await textOf(store, name))?.length).toBe(bytes);
    expect(await readdir(join(store, '.pipe/staging'))).toEqual([]);

    await disk?.free();
    const next = await rig.pipe([`--store=${store}`, 'test:all']);
    expect(next.code, next.stderr).toBe(0);
    expect(next.stderr).toContain(`${keys - made.length} done`);
    await expectAll(store);
    expect(await exitCodes(store)).toEqual([0, expect.anything()]);
  });

  test('for the engine says so, and with space the same command does the rest', async () => {
    const store = join(folder, 'store');
    const [at, site] = ['--now=2026-11-20', '--site=a'];
    const samples = ['--sites=a', '--days=1', '--rows=20000', `--to=${rig.path('samples')}`];
    await rig.pipe([at, 'events:sample', '--', ...samples]);
    await disk?.fill(30);
    const ingest = [`--store=${store}`, at, 'events:ingest', '--', site, rig.path('samples/a')];
    const full = await rig.pipe(ingest);
    expect(full.code, full.stderr).toBe(1);
    expect(full.stderr).toMatch(/free some space and run the same command again/i);
    expect(await readdir(join(store, 'events')).catch(() => [])).toEqual([]);
    expect(await readdir(join(store, '.pipe/staging'))).toEqual([]);
    await disk?.free();
    const next = await rig.pipe(ingest);
    expect(next.code, next.stderr).toBe(0);
    expect(await readdir(join(store, 'events'))).toEqual(['site=a']);
  });

  test('for its ledger makes what it can, says so, and the ledger can be read', async () => {
    const store = rig.path('data');
    const runs = join(folder, 'runs');
    await rig.shell(`mkdir -p ${store}/.pipe ${runs} && ln -s ${runs} ${store}/.pipe/runs`);
    await disk?.fill(30);
    const command = ['-q', 'test:all', '--', '--logs'];
    const full = await rig.pipe(command);
    expect(full.code, full.stderr).toBe(1);
    expect(full.stderr).toMatch(/Cannot append to '.*events.jsonl': no space left on the disk/);
    await disk?.free();
    const next = await rig.pipe(command);
    expect(next.code, next.stderr).toBe(0);
    await expectAll(store);
    expect(await exitCodes(store)).toEqual([0, 'unfinished']);
  });

  test('in the spool says so, and with space the same command does the rest', async () => {
    const server = await startS3Server();
    const bucket = newBucket();
    server.state.buckets.set('bucket', bucket);
    const env = {
      PIPE_STORE: 's3://bucket/store',
      PIPE_S3_ENDPOINT: server.endpoint,
      AWS_ACCESS_KEY_ID: 'test-key',
      AWS_SECRET_ACCESS_KEY: 'test-secret',
      PIPE_SPOOL: folder,
    };
    const made = () => [...bucket.objects.keys()].filter((key) => key.startsWith('store/made/'));
    await disk?.fill(30);
    const full = await rig.pipe(['test:all'], { env });
    expect(full.code, full.stderr).toBe(1);
    expect(full.stderr).toMatch(/ENOSPC.*free some space and run the same command again/i);
    expect(full.stderr).not.toContain('unexpected');
    expect(made()).toEqual([]);
    await disk?.free();
    const next = await rig.pipe(['test:all'], { env });
    await server.close();
    expect(next.code, next.stderr).toBe(0);
    expect(made()).toHaveLength(2 * keys);
    expect(await readdir(folder)).toEqual([]);
  });
});

async function expectAll(store: string): Promise<void> {
  for (let n = 0; n < keys; n++) {
    expect(await textOf(store, `key=k${n}`)).toBe(`k${n}`.repeat(bytes / 2));
  }
}

async function textOf(store: string, name: string): Promise<string | undefined> {
  return await readFile(join(store, 'made', name, 'data.parquet'), 'utf8').catch(() => undefined);
}

/** Of every run, the last one first; each ledger is read from its first to its last line. */
async function exitCodes(folder: string): Promise<unknown[]> {
  const store = openLocalStore(folder, testEffects());
  const codes: unknown[] = [];
  for await (const { run } of listRuns(store)) codes.push((await readRun(store, run)).exitCode);
  return codes;
}
