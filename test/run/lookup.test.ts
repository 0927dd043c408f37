import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prefixOf } from '../../lib/dataset/layout.ts';
import type { Partition } from '../../lib/dataset/layout.ts';
import { preview } from '../../lib/run/preview.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import { resolveCall } from '../../lib/task/invocation.ts';
import { defineTask } from '../../lib/task/define.ts';
import type { RunContext } from '../../lib/task/task.ts';
import { madeDays, makeAll, makeDay } from '../rig/partitions.ts';
import { outcomes, runOptions, runTasks } from '../rig/run.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { openS3Rig, patientLimits } from '../store/s3-rig.ts';
import type { S3Rig } from '../store/s3-rig.ts';
import { draft } from '../dataset/drafts.ts';
import { settingsOf, Time } from './leases-rig.ts';

const sites = Array.from({ length: 40 }, (_, at) => `site${10 + at}`);
const dates = Array.from({ length: 30 }, (_, at) => `2026-09-${String(at + 1).padStart(2, '0')}`);
const all = { sites: sites.join(','), from: '2026-09-01', to: '2026-09-30' };

let server: S3Server;
let rig: S3Rig;
beforeAll(async () => {
  server = await startS3Server();
  rig = await openS3Rig(server, { limits: patientLimits });
  const bucket = server.state.buckets.get('bucket');
  for (const [key, bytes] of madeDays(sites, dates)) {
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(bytes));
    bucket?.objects.set(`some/prefix/${key}`, {
      bytes,
      etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
      modified: new Date(),
      metadata: {},
      crc32: checksum.toString('base64'),
    });
  }
});
afterAll(async () => {
  await rig.remove();
  await server.close();
});

// 1,200 partitions of each of two datasets, two objects each: three pages of a thousand and one to begin with.
const MOST_LISTS = 10;

test('a run over 1,200 partitions on S3 takes a listing a page, and a read for each of what it made', async () => {
  server.requests.length = 0;
  const { report } = await runTasks([makeAll, makeDay], 'day:all', all, { store: rig.store });
  expect(report.status).toBe('skipped');
  expect(lists()).toBeLessThanOrEqual(MOST_LISTS);
  expect(server.requests.length - lists()).toBe(1200);
});

test('a dry run takes no more', async () => {
  server.requests.length = 0;
  const options = await runOptions([makeAll, makeDay], { store: rig.store });
  const root = resolveCall(options.registry, { task: 'day:all', args: all }, options);
  const states = new Set<string | undefined>();
  for await (const { kind, state } of preview(root, options))
    if (kind === 'leaf') states.add(state);
  expect([...states]).toEqual(['done']);
  expect(lists()).toBeLessThanOrEqual(MOST_LISTS);
  expect(server.requests.length - lists()).toBe(1200);
});

test('isolated or not, what is up to date starts no process', async () => {
  const { report } = await runTasks([makeAll, makeDay], 'day:all', all, {
    store: rig.store,
    isolate: 'process',
    startWorker: () => {
      throw new Error('a process was started');
    },
  });
  expect(report.status).toBe('skipped');
});

function lists(): number {
  return server.requests.filter((request) => request.includes('list-type=2')).length;
}

const raw: Partition = { dataset: 'raw', keys: { date: '2026-11-19' } };
const made: Partition = { dataset: 'made', keys: { date: '2026-11-19' } };
const steps = defineTask({
  name: 'step:all',
  summary: 'Take all steps',
  usage: '--content=<text>',
  *plan({ content }) {
    yield { task: 'step:raw', args: { content } };
    yield { task: 'step:made', args: {} };
  },
});
const stepRaw = defineTask({
  name: 'step:raw',
  summary: 'Bring the input',
  usage: '--content=<text>',
  outputs: () => [{ partition: raw, inputs: [] }],
  run: (args, context) => write(raw, args.content, context),
});
const stepMade = defineTask({
  name: 'step:made',
  summary: 'Make something of it',
  usage: '',
  outputs: () => [{ partition: made, inputs: [raw] }],
  run: (_args, context) => write(made, 'made', context),
});

async function write(partition: Partition, content: string, context: RunContext): Promise<void> {
  const staging = await context.staging();
  await context.publish(await draft(staging, { 'data.parquet': content }, { partition }));
}

test('what a run has published itself it knows, although it looked ahead before', async () => {
  const store = openMemoryStore();
  const run = async (content: string): Promise<readonly string[]> =>
    outcomes(
      (await runTasks([steps, stepRaw, stepMade], 'step:all', { content }, { store, jobs: 1 }))
        .events,
    );
  expect(await run('one')).toContain('step:made: done');
  expect(await run('one')).toContain('step:made: skipped');
  expect(await run('two')).toContain('step:made: done');
});

test('what another run publishes after the first look is not made again', async () => {
  const inner = openMemoryStore();
  await runTasks(
    [steps, stepRaw, stepMade],
    'step:all',
    { content: 'one' },
    { store: inner, jobs: 1 },
  );
  const before = await inner.read(`${prefixOf(made)}_manifest.json`);
  const stale = openMemoryStore();
  for (const key of [`${prefixOf(raw)}_manifest.json`, `${prefixOf(raw)}data.parquet`]) {
    await stale.write(key, (await inner.read(key))?.bytes ?? Buffer.from(''));
  }
  const plain = stale.write.bind(stale);
  // The lease is where the other run shows: it has published by the time that ours is taken.
  const other = async (): Promise<void> => {
    for (const key of [`${prefixOf(made)}data.parquet`, `${prefixOf(made)}_manifest.json`]) {
      await plain(key, (await inner.read(key))?.bytes ?? Buffer.from(''));
    }
  };
  stale.write = async (key, ...rest) => {
    if (key.startsWith('.pipe/leases/')) await other();
    return plain(key, ...rest);
  };
  const leases = settingsOf({}, new Time(), 'host');
  const { events } = await runTasks([stepMade], 'step:made', {}, { store: stale, leases });
  expect(outcomes(events)).toEqual(['step:made: skipped']);
  const after = await stale.read(`${prefixOf(made)}_manifest.json`);
  expect(after?.bytes).toEqual(before?.bytes);
});
