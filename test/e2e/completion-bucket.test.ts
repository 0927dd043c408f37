import { readdir, readFile, utimes } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { listingFiles } from '../rig/loaded.ts';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { newBucket } from '../rig/s3-server/state.ts';
import type { Bucket } from '../rig/s3-server/state.ts';

let rig: Rig;
let server: S3Server;
let bucket: Bucket;

beforeAll(async () => {
  [rig, server, bucket] = [await createRig(), await startS3Server(), newBucket()];
  server.state.buckets.set('bucket', bucket);
  add('events/site=a/date=2026-11-19/data.parquet');
  add('events/site=blog/date=2026-11-18/data.parquet');
  add('stats/pageloads/site=a/date=2026-11-17/data.parquet');
  add('.pipe/runs/20261120T060000Z-000aaaaa/events.jsonl');
  await rig.write({
    'package.json': '{}',
    ...listingFiles,
  });
});
afterAll(async () => {
  await server.close();
  await rig.remove();
});

function add(key: string): void {
  const object = { bytes: Buffer.alloc(0), etag: '"0"', modified: new Date(0), metadata: {} };
  bucket.objects.set(`store/${key}`, object);
}

const cache = 'cache/pipe';

async function offered(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const { code, stdout, stderr } = await rig.pipe(
    ['complete', 'zsh', '--store=s3://bucket/store', ...words],
    {
      env: {
        PIPE_S3_ENDPOINT: server.endpoint,
        AWS_ACCESS_KEY_ID: 'test-key',
        AWS_SECRET_ACCESS_KEY: 'test-secret',
        XDG_CACHE_HOME: rig.path('cache'),
        ...env,
      },
    },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0] ?? '');
}

/** What the process in the background has written. */
async function kept(): Promise<string> {
  const names = await readdir(rig.path(cache)).catch(() => []);
  const file = names.find((name) => name.endsWith('.json')) ?? 'none';
  return readFile(rig.path(`${cache}/${file}`), 'utf8').catch(() => '');
}

test('offers nothing at first, and what there is as soon as it is listed', async () => {
  expect(await offered(['stats:multi', '--sites='])).toEqual([]);
  await vi.waitFor(async () => expect(await kept()).toContain('blog'), { timeout: 20_000 });
  expect(await offered(['stats:multi', '--sites='])).toEqual(['--sites=a', '--sites=blog']);
  expect(await offered(['stats:multi', '--sites=a,b'])).toEqual(['--sites=a,blog']);
  expect(await offered(['status:calendar', '--dataset=s'])).toEqual(['--dataset=stats/pageloads']);
  expect(await offered(['stats:clicks', '--start-date='])).toEqual([
    '--start-date=2026-11-19',
    '--start-date=2026-11-18',
    '--start-date=2026-11-17',
  ]);
  const dates = ['status:calendar', '--dataset=stats/pageloads', '--start-date='];
  expect(await offered(dates)).toEqual(['--start-date=2026-11-17']);
  expect(await offered(['runs:show', '2'])).toEqual(['20261120T060000Z-000aaaaa']);
});

test('asks the bucket once for many keys that are pressed, and not before it answers', async () => {
  server.requests.length = 0;
  await offered(['stats:multi', '--sites=']);
  expect(server.requests).toEqual([]);
});

test('loads nothing for it but a few files of Pipe itself', async () => {
  const env = {
    NODE_OPTIONS: `--import=${rig.path('register.mjs')}`,
    LOADED: rig.path('loaded'),
  };
  expect(await offered(['stats:multi', '--sites='], env)).toHaveLength(2);
  const loaded = (await readFile(rig.path('loaded'), 'utf8')).trim().split('\n');
  const files = loaded.filter((url) => !url.startsWith('node:'));
  expect(files.length).toBeGreaterThan(3);
  expect(files.filter((url) => /node_modules|\/s3-|duckdb|refresh|open-/.test(url))).toEqual([]);
});

test('looks anew after a while, and offers what it knows meanwhile', async () => {
  add('events/site=new/date=2026-11-20/data.parquet');
  for (const name of await readdir(rig.path(cache))) {
    await utimes(rig.path(`${cache}/${name}`), new Date(0), new Date(0));
  }
  expect(await offered(['stats:multi', '--sites='])).toHaveLength(2);
  await vi.waitFor(async () => expect(await kept()).toContain('"new"'), { timeout: 20_000 });
  expect(await offered(['stats:multi', '--sites='])).toContain('--sites=new');
});
