import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Result, Rig } from '../rig/rig.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { newBucket } from '../rig/s3-server/state.ts';

let rig: Rig;
let server: S3Server;

beforeAll(async () => {
  [rig, server] = [await createRig(), await startS3Server()];
  server.state.buckets.set('bucket', newBucket());
  const rows = Array.from({ length: 20_000 }, (_, index) => `${index},${'x'.repeat(50)}`);
  await rig.write({ 'package.json': '{}', 'in.csv': `id,text\n${rows.join('\n')}\n` });
});

afterAll(async () => {
  await rig.remove();
  await server.close();
});

const env = (): Record<string, string> => ({
  PIPE_S3_ENDPOINT: server.endpoint,
  AWS_ACCESS_KEY_ID: 'test-key',
  AWS_SECRET_ACCESS_KEY: 'test-secret',
});
const pipe = (...args: readonly string[]): Promise<Result> => rig.pipe(args, { env: env() });

describe('rows on stdout', () => {
  test('are all there', async () => {
    const { code, stdout } = await rig.shell(
      'pipe data:show -- --rows=all --format=csv in.csv | md5sum; md5sum < in.csv',
    );
    expect(code).toBe(0);
    const [first, second] = stdout.trim().split('\n');
    expect(first).toBe(second);
  });

  test('may be left by who reads them', async () => {
    const { code, stdout, stderr } = await rig.shell(
      'pipe data:show -- --rows=all --format=csv in.csv | head -n 2',
    );
    expect([code, stdout, stderr]).toEqual([0, `id,text\n0,${'x'.repeat(50)}\n`, '']);
  });

  test('come from stdin as from a file', async () => {
    const { stdout } = await rig.shell(
      'pipe data:count -- - < in.csv; cat in.csv | pipe data:count -- -',
    );
    expect(stdout).toBe('20000\n20000\n');
  });
});

describe('on S3', () => {
  test('files are written whole, read, and found by folder and glob', async () => {
    const done = await pipe('-q', 'data:convert', '--', 'in.csv', 's3://bucket/a/rows.parquet');
    expect(done.code, done.stderr).toBe(0);
    for (const uri of ['s3://bucket/a/rows.parquet', 's3://bucket/a', 's3://bucket/*/r*.parquet']) {
      expect((await pipe('data:count', '--', uri)).stdout, uri).toBe('20000\n');
    }
    const gone = await pipe('data:count', '--', 's3://bucket/gone.csv');
    expect(gone.code).not.toBe(0);
    expect(gone.stderr).toContain('gone.csv');
  });

  test('a query fetches only the dataset that it names', async () => {
    const store = '--store=s3://bucket/store';
    for (const [site, dataset] of [
      ['a', 'samples/one'],
      ['b', 'samples/two'],
    ] as const) {
      const sample = await pipe(
        store,
        '-q',
        'events:sample',
        '--',
        `--sites=${site}`,
        '--days=1',
        '--rows=10',
        `--to=${dataset}`,
      );
      expect(sample.code, sample.stderr).toBe(0);
      await pipe(store, '-q', 'events:ingest', '--', `--site=${site}`, dataset);
    }
    await pipe(store, '-q', 'stats:pageloads', '--', '--sites=a', '--days-ago=0');
    server.requests.length = 0;
    const { stdout, stderr } = await pipe(
      store,
      'data:sql',
      '--',
      '--format=csv',
      'select count(distinct site) as sites from events',
    );
    expect(stdout, stderr).toBe('sites\n2\n');
    expect(server.requests.filter((request) => request.includes('stats'))).toEqual([]);
    expect(server.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
  });
});

test('data that differs, or breaks a rule, has an exit code of its own', async () => {
  await rig.write({ 'a.csv': 'id,n\n1,1\n', 'b.csv': 'id,n\n1,2\n' });
  expect((await pipe('data:diff', '--', '--key=id', 'a.csv', 'a.csv')).code).toBe(0);
  const differ = await pipe('data:diff', '--', '--key=id', 'a.csv', 'b.csv');
  expect([differ.code, differ.stderr]).toEqual([5, "pipe: 'a.csv' and 'b.csv' differ\n"]);
  expect((await pipe('data:check', '--', '--dataset=a.csv', '--rule=n = 1')).code).toBe(0);
  expect((await pipe('data:check', '--', '--dataset=b.csv', '--rule=n = 1')).code).toBe(5);
});

test('a look leaves nothing behind', async () => {
  const { stdout } = await rig.shell(
    'mkdir empty && cd empty && echo "{}" > package.json && pipe data:show -- ../a.csv && pipe data:plot -- --x=id --y=n ../a.csv && find . -type f',
  );
  expect(stdout.trim().split('\n').at(-1)).toBe('./package.json');
});
