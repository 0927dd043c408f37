import { mkdir, readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRig, type Result, type Rig } from '../rig/rig.ts';
import { startS3Server, type S3Server } from '../rig/s3-server/server.ts';
import { newBucket, type Bucket } from '../rig/s3-server/state.ts';

let rig: Rig;
let server: S3Server;
let bucket: Bucket;

beforeEach(async () => {
  [rig, server, bucket] = [await createRig(), await startS3Server(), newBucket()];
  server.state.buckets.set('bucket', bucket);
  await mkdir(rig.path('tmp'));
  await pipe('events:sample', '--', '--sites=a', '--days=1', '--rows=100', '--to=samples');
});

afterEach(async () => {
  await rig.remove();
  await server.close();
});

const ingest = ['events:ingest', '--', '--site=a', 'samples/a'];

test('a dry run sends nothing but questions', async () => {
  server.requests.length = 0;
  const { code, stdout } = await pipe('-n', ...ingest);
  expect(code).toBe(0);
  expect(stdout).toContain('--store=s3://bucket/store events:ingest');
  expect(server.requests.length).toBeGreaterThan(0);
  expect(server.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
});

test('what a run leaves in the spool is nothing, and Node has nothing to warn of', async () => {
  const { code, stderr } = await pipe('-q', ...ingest);
  expect([code, stderr]).toEqual([0, '']);
  expect([...bucket.objects.keys()].filter((key) => key.endsWith('data.parquet'))).not.toEqual([]);
  const [spool = 'none'] = await readdir(rig.path('tmp'));
  expect(await readdir(rig.path(`tmp/${spool}`))).toEqual([]);
});

test('samples in a bucket are ingested by the command that is named next', async () => {
  const sample = ['events:sample', '--', '--sites=a', '--days=1', '--rows=100'];
  const { stdout } = await pipe('--now=2026-11-20', ...sample);
  const [, next = ''] = /^Next: pipe (.*)$/m.exec(stdout) ?? [];
  expect(next).toBe('events:ingest -- --site=a s3://bucket/store/samples/site=a');
  const ingested = await pipe(...next.split(' '));
  expect(ingested.stdout).toMatch(/^s3:\/\/bucket\/store\/samples\/site=a\/\S+ +99 +98 +1$/m);
  const again = await pipe(...next.split(' '));
  expect([again.code, again.stderr]).toEqual([
    0,
    expect.stringContaining('everything is up to date'),
  ]);
});

test('a server that ignores conditions is refused, unless one run at a time is promised', async () => {
  server.state.conditions.put = [];
  const refused = await pipe(...ingest);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('ignores conditions (If-None-Match, If-Match)');
  const promised = await pipe('--unsafe-publish', ...ingest);
  expect(promised.code, promised.stderr).toBe(0);
});

test('store:clean shows what would go before it goes', async () => {
  bucket.uploads.set('id', {
    key: 'store/events/x',
    initiated: new Date(0),
    metadata: {},
    parts: new Map(),
  });
  const { stdout } = await pipe('-n', 'store:clean');
  expect(stdout).toContain("store:clean -- --older-than=7 'events/x?uploadId=id'");
  expect(bucket.uploads.size).toBe(1);
  const { stderr } = await pipe('store:clean');
  expect(stderr).toContain('removed events/x?uploadId=id');
  expect(bucket.uploads.size).toBe(0);
});

test('a bucket that is not there is told with what to do', async () => {
  server.state.buckets.clear();
  const { code, stderr } = await pipe(...ingest);
  expect(code).toBe(1);
  expect(stderr).toMatch(/there is no such bucket .* Create it with "aws s3 mb s3:\/\/bucket"/);
});

function pipe(...args: readonly string[]): Promise<Result> {
  const env = {
    PIPE_S3_ENDPOINT: server.endpoint,
    AWS_ACCESS_KEY_ID: 'test-key',
    AWS_SECRET_ACCESS_KEY: 'test-secret',
    TMPDIR: rig.path('tmp'),
  };
  return rig.pipe(['--store=s3://bucket/store', ...args], { env });
}
