import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { engineId, openDuckDB } from '../../lib/engine/duckdb.ts';
import type { RunEvent } from '../../lib/ledger/events.ts';
import { chunksOf } from '../../lib/operations/pack/chunks.ts';
import {
  harvestChunk,
  harvestGet,
  harvestList,
  harvestPack,
  harvestUnpack,
} from '../../tasks/harvest.ts';
import { resolveCall } from '../../lib/task/invocation.ts';
import { runOptions, runTasks } from '../rig/run.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { openS3Rig, quickLimits } from '../store/s3-rig.ts';
import type { S3Rig } from '../store/s3-rig.ts';

const tasks = [harvestPack, harvestList, harvestChunk, harvestGet, harvestUnpack];

let server: S3Server;
let rig: S3Rig;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server.close());
beforeEach(async () => {
  // The server answers in this process, so many requests at once keep each other waiting.
  const limits = { ...quickLimits, socketTimeoutMs: 5000, attempts: 20 };
  rig = await openS3Rig(server, { limits });
});
afterEach(async () => {
  server.faults.clear();
  await rig.remove();
});

async function run(task: string, args: Readonly<Record<string, string>>) {
  const { report, events } = await runTasks(tasks, task, args, {
    store: rig.store,
    openStore: (uri) => rig.open(uri),
    engineId: engineId(),
    openEngine: () => openDuckDB({ threads: 1 }),
  });
  return { ...report, errors: errorsOf(events) };
}

function errorsOf(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'invocation-finished' && event.error ? [event.error.message] : [],
  );
}

const pack = (args: Readonly<Record<string, string>> = {}) =>
  run('harvest:pack', { from: 's3://bucket/raw', to: 'docs', concurrency: '16', ...args });

async function put(objects: Readonly<Record<string, string>>): Promise<void> {
  const raw = await rig.open('s3://bucket/raw');
  for (const [key, body] of Object.entries(objects)) await raw.write(key, Buffer.from(body));
}

function numbered(count: number): Readonly<Record<string, string>> {
  const keys = Array.from({ length: count }, (_, n) => [
    `${String(n).padStart(4, '0')}.json`,
    `{"n":${n}}`,
  ]);
  return Object.fromEntries(keys);
}

/** Attempted, packed, missing and failed, of all chunks. */
async function counts(): Promise<number[]> {
  const chunks = await chunksOf(rig.store, 'docs');
  return chunks.reduce(
    (sum, { manifest: { rows } }) =>
      [rows.in, rows.out, rows.filtered, rows.rejected].map((count, n) => count + (sum[n] ?? 0)),
    [0, 0, 0, 0],
  );
}

/** GETs of objects that are packed. */
function downloads(): string[] {
  return server.requests.filter((request) => /^GET \/bucket\/raw\/[^?]/.test(request));
}

test('from S3 to S3 and back, a page of the listing after another', async () => {
  server.state.maxKeys = 100;
  const objects = {
    ...numbered(250),
    'a b+c%20d.txt': 'odd',
    'ü/𝒳.txt': 'é',
    // With `raw/` before it as long as a key may be.
    [`${'é'.repeat(510)}`]: '1024 bytes',
  };
  await put(objects);
  expect((await pack({ chunks: '3' })).errors).toEqual([]);
  expect(await counts()).toEqual([253, 253, 0, 0]);
  server.requests.length = 0;
  expect((await pack()).errors).toEqual([]);
  expect(downloads()).toEqual([]);
  const got = await run('harvest:get', { dataset: 'docs', id: 'a b+c%20d.txt' });
  expect(JSON.parse(String(got.output))).toMatchObject({ key: 'a b+c%20d.txt', body: 'odd' });
  const unpacked = await run('harvest:unpack', { dataset: 'docs', to: 's3://bucket/b' });
  expect(unpacked.errors).toEqual([]);
  const back = await rig.open('s3://bucket/b');
  for (const [key, body] of Object.entries(objects)) {
    expect(String((await back.read(key))?.bytes), key).toBe(body);
  }
  server.state.maxKeys = 1000;
});

test('keys that no store of ours would have are packed, too', async () => {
  await put({ a: 'plain' });
  const objects = server.state.buckets.get('bucket')?.objects;
  const [plain] = objects?.values() ?? [];
  for (const key of ['/a', 'a//b', 'folder/', '.hidden/../x', 'tab\t\u0001', 'back\\slash']) {
    if (plain) objects?.set(`raw/${key}`, plain);
  }
  expect((await pack()).errors).toEqual([]);
  expect(await counts()).toEqual([7, 7, 0, 0]);
  const got = await run('harvest:get', { dataset: 'docs', id: 'a//b' });
  expect(JSON.parse(String(got.output))).toMatchObject({ key: 'a//b', body: 'plain' });
  const written = await run('harvest:unpack', { dataset: 'docs', to: 's3://bucket/back' });
  expect(written.errors).toEqual([]);
  expect(objects?.has('back/a//b')).toBe(true);
});

test('an endpoint that is slowed down, cuts and damages bodies costs time alone', async () => {
  await put(numbered(300));
  server.faults.add(
    { fault: { status: 503 }, method: 'GET', key: /^raw\//, share: 0.2, times: Infinity },
    { fault: { cut: 'rst', after: 3 }, method: 'GET', key: /^raw\//, share: 0.1, times: 30 },
    { fault: { flip: 2 }, method: 'GET', key: /^raw\//, share: 0.1, times: 20 },
  );
  expect((await pack({ chunks: '2' })).errors).toEqual([]);
  server.faults.clear();
  expect(await counts()).toEqual([300, 300, 0, 0]);
  const got = await run('harvest:get', { dataset: 'docs', id: '0123.json' });
  expect(JSON.parse(String(got.output))).toMatchObject({ body: '{"n":123}' });
});

test('objects that are refused, vanish or change are told apart, and tried again', async () => {
  await put(numbered(50));
  const objects = server.state.buckets.get('bucket')?.objects;
  server.faults.add(
    { fault: { status: 403, code: 'AccessDenied' }, method: 'GET', key: 'raw/0003.json' },
    {
      fault: { first: () => objects?.delete('raw/0004.json') },
      method: 'GET',
      key: 'raw/0004.json',
    },
    {
      fault: {
        first: () => {
          const other = objects?.get('raw/0006.json');
          if (other) objects?.set('raw/0005.json', other);
        },
      },
      method: 'GET',
      key: 'raw/0005.json',
    },
  );
  expect((await pack()).errors).toEqual([]);
  expect(await counts()).toEqual([50, 47, 1, 2]);
  const refused = await run('harvest:get', { dataset: 'docs', id: '0003.json' });
  expect(refused.errors[0]).toContain('it could not be packed: Cannot read');
  server.requests.length = 0;
  expect((await pack()).errors).toEqual([]);
  expect(await counts()).toEqual([49, 49, 0, 0]);
  expect(downloads()).toHaveLength(2);
});

test('the requests are those that were estimated, at most', async () => {
  await put(numbered(250));
  const options = { store: rig.store, openStore: (uri: string) => rig.open(uri) };
  const effects = await runOptions(tasks, options);
  const args = ['--from=s3://bucket/raw', '--to=docs', '--chunks=2'];
  const call = resolveCall(effects.registry, { task: 'harvest:pack', args }, effects);
  const table = await call.task.estimate?.(call.args, effects);
  const estimated = new Map(table?.rows.map(([name, amount]) => [name, Number(amount)]));
  server.requests.length = 0;
  expect((await pack({ chunks: '2' })).errors).toEqual([]);
  const count = (pattern: RegExp): number =>
    server.requests.filter((request) => pattern.test(request)).length;
  const lists = count(/list-type/);
  expect(lists).toBeLessThanOrEqual(estimated.get('LIST requests') ?? 0);
  expect(count(/^GET /) - lists).toBeLessThanOrEqual(estimated.get('GET requests') ?? 0);
  expect(count(/^(PUT|POST) /)).toBeLessThanOrEqual(estimated.get('PUT requests') ?? 0);
});

test('a bucket that is not there is said once', async () => {
  const { errors, exitCode } = await run('harvest:pack', { from: 's3://nowhere/raw', to: 'docs' });
  expect(exitCode).not.toBe(0);
  expect(errors[0]).toContain('nowhere');
});
