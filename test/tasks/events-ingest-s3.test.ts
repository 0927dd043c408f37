import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { listPartitions } from '../../lib/dataset/catalog.ts';
import type { Manifest } from '../../lib/dataset/manifest.ts';
import { readManifest } from '../../lib/dataset/published.ts';
import { engineId, openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Store } from '../../lib/store/store.ts';
import { eventsIngest } from '../../tasks/events.ts';
import { runTasks } from '../rig/run.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { openS3Rig, patientLimits } from '../store/s3-rig.ts';
import type { S3Rig } from '../store/s3-rig.ts';

let server: S3Server;
let rig: S3Rig;
let folder: string;
let logs: Store;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server.close());
beforeEach(async () => {
  rig = await openS3Rig(server, { limits: patientLimits });
  folder = await mkdtemp(path.join(tmpdir(), 'pipe-'));
  logs = await rig.open('s3://bucket/logs');
});
afterEach(async () => {
  await rig.remove();
  await rm(folder, { recursive: true });
});

/** Runs events:ingest; gives the statuses of its leaves and what it failed with. */
async function ingest(...args: readonly string[]): Promise<readonly string[]> {
  const { events } = await runTasks([eventsIngest], 'events:ingest', ['--site=a', ...args], {
    store: rig.store,
    openStore: (uri) => rig.open(uri),
    cwd: folder,
    engineId: engineId(),
    openEngine: () => openDuckDB({ threads: 1 }),
  });
  return events.flatMap((event) =>
    event.type === 'invocation-finished' ? [event.error?.message ?? event.status] : [],
  );
}

async function published(dataset: string): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for await (const { prefix } of listPartitions(rig.store, dataset)) {
    const found = await readManifest(rig.store, prefix);
    if (found) manifests.push(found.manifest);
  }
  return manifests;
}

/** Events in the days, and what the accounts of the sources say of theirs. */
async function counts(): Promise<readonly [events: number, accounted: number, rejected: number]> {
  const sum = (manifests: readonly Manifest[], name: 'out' | 'rejected'): number =>
    manifests.reduce((total, { rows }) => total + rows[name], 0);
  const accounts = await published('rejects/events');
  return [sum(await published('events'), 'out'), sum(accounts, 'out'), sum(accounts, 'rejected')];
}

/** The logs that were fetched since the last call. */
function fetched(): readonly string[] {
  const keys = server.requests.flatMap(
    (request) => /^GET \S*?\/logs\/([^?\s]+)/.exec(request)?.[1] ?? [],
  );
  server.requests.length = 0;
  return [...new Set(keys)].toSorted();
}

function lines(day: number, users: number): string {
  const line = (user: number): string =>
    `${JSON.stringify({ ts: `2026-11-${day}T00:00:00Z`, event: 'view', user: `u${user}` })}\n`;
  return Array.from({ length: users }, (_, user) => line(user)).join('');
}

test('logs of a folder or a glob of S3 are read once, and not fetched to see that', async () => {
  await logs.write('1.jsonl', Buffer.from(`${lines(10, 3)}no JSON\n`));
  await logs.write('more/2.jsonl.gz', gzipSync(lines(11, 4)));
  await logs.write('_SUCCESS', Buffer.from(''));
  expect(await ingest('s3://bucket/logs')).toEqual(['done']);
  expect(fetched()).toEqual(['1.jsonl', 'more/2.jsonl.gz']);
  expect(await counts()).toEqual([7, 7, 1]);
  expect((await published('events'))[0]?.inputs[0]?.name).toBe('s3://bucket/logs/1.jsonl');
  fetched();
  expect(await ingest('s3://bucket/logs/')).toEqual(['skipped']);
  expect(await ingest('s3://bucket/logs/**')).toEqual(['skipped']);
  expect(await ingest('s3://bucket/logs/1.jsonl')).toEqual(['skipped']);
  expect(fetched()).toEqual([]);
  await logs.write('3.jsonl', Buffer.from(lines(11, 2)));
  expect(await ingest('s3://bucket/logs/*.jsonl')).toEqual(['done']);
  expect(fetched()).toEqual(['3.jsonl']);
  expect(await counts()).toEqual([9, 9, 1]);
});

test('a log that has grown since replaces what there was of it', async () => {
  await logs.write('1.jsonl', Buffer.from(lines(10, 3)));
  await ingest('s3://bucket/logs');
  await logs.write('1.jsonl', Buffer.from(lines(10, 5)));
  expect(await ingest('s3://bucket/logs')).toEqual(['done']);
  expect(await counts()).toEqual([5, 5, 0]);
});

test.each([
  ['S3 after a file', 'log', 's3://bucket/logs/log'],
  ['a file after S3', 's3://bucket/logs/log', 'log'],
])('the same log counts once, from %s', async (_name, first, second) => {
  await writeFile(path.join(folder, 'log'), `${lines(10, 3)}no JSON\n`);
  await logs.write('log', Buffer.from(`${lines(10, 3)}no JSON\n`));
  await ingest(first);
  expect(await ingest(second)).toEqual(['done']);
  expect(await counts()).toEqual([3, 3, 1]);
  expect(await ingest(first, second)).toEqual(['skipped']);
  await appendFile(path.join(folder, 'log'), lines(10, 4));
  await ingest('log');
  expect(await counts()).toEqual([7, 7, 1]);
});

test('the same log counts once from both at once', async () => {
  await writeFile(path.join(folder, 'log'), lines(10, 3));
  await logs.write('log', Buffer.from(lines(10, 3)));
  expect(await ingest('log', 's3://bucket/logs/log')).toEqual(['done']);
  expect(await counts()).toEqual([3, 3, 0]);
});

test('what cannot be read is named as it was asked for', async () => {
  await logs.write('1.gz', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]));
  expect(await ingest('s3://bucket/logs')).toEqual([
    "'s3://bucket/logs/1.gz' cannot be read. Nothing was published.\n" +
      'duckdb 1.5.6: IO Error: Input is not a GZIP stream: s3://bucket/logs/1.gz',
  ]);
  expect(await ingest('s3://bucket/none')).toEqual([
    "'s3://bucket/none' names no object, no folder with objects, and no glob that matches; check the name",
  ]);
  expect(await ingest('s3:///none')).toEqual([
    "'s3:///none' names no bucket; expected s3://<bucket>/<key>",
  ]);
});
