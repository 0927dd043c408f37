import { mkdir, readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Result, Rig } from '../rig/rig.ts';
import { newObject } from '../rig/s3-server/objects.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { newBucket } from '../rig/s3-server/state.ts';
import type { Bucket } from '../rig/s3-server/state.ts';

let rig: Rig;
let server: S3Server;
let bucket: Bucket;

beforeEach(async () => {
  [rig, server, bucket] = [await createRig(), await startS3Server(), newBucket()];
  server.state.buckets.set('bucket', bucket);
  await mkdir(rig.path('tmp'));
  const log = Array.from(
    { length: 20 },
    (_, n) =>
      `192.0.2.1 - - [17/Nov/2026:10:00:${n + 10} +0000] "GET /${n % 4} HTTP/1.1" 200 5 "-" "x"\n`,
  );
  await rig.write({ 'access.log': log.join('') });
});

afterEach(async () => {
  await rig.remove();
  await server.close();
});

test('a dataset on S3 with a file on S3, in parts that are gone in the end', async () => {
  await succeeds(pipe('events:ingest', '--', '--site=a', 'access.log'));
  const body = Buffer.from('url,title\n/0,Home\n/1,First\n');
  bucket.objects.set('meta/pages.csv', newObject({ body, headers: {} }));
  const join =
    'join:sharded -- --left=events --right=s3://bucket/meta/pages.csv --on=url --to=visits --strategy=shards --shards=3 --start-date=2026-11-17 --end-date=2026-11-17'.split(
      ' ',
    );
  const { stdout } = await succeeds(pipe(...join));
  expect(stdout).toMatch(/visits\/site=a\/date=2026-11-17 +20 +2 +10 +10 +0 +10/);
  const keys = [...bucket.objects.keys()];
  expect(
    keys.filter((key) => key.includes('/visits/site=a/') && key.endsWith('.parquet')),
  ).toHaveLength(3);
  expect(keys.filter((key) => key.includes('/shards/'))).toEqual([]);
  const [spool = 'none'] = await readdir(rig.path('tmp'));
  expect(await readdir(rig.path(`tmp/${spool}`))).toEqual([]);
  expect((await succeeds(pipe(...join))).stderr).toContain('up to date');
}, 60_000);

async function succeeds(running: Promise<Result>): Promise<Result> {
  const result = await running;
  expect(result.code, result.stderr).toBe(0);
  return result;
}

function pipe(...args: readonly string[]): Promise<Result> {
  const env = {
    PIPE_S3_ENDPOINT: server.endpoint,
    AWS_ACCESS_KEY_ID: 'test-key',
    AWS_SECRET_ACCESS_KEY: 'test-secret',
    TMPDIR: rig.path('tmp'),
  };
  return rig.pipe(['--store=s3://bucket/store', ...args], { env });
}
