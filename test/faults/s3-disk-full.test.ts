import { mkdir, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, afterEach, describe, expect, test } from 'vitest';
import { createRig, type Rig } from '../rig/rig.ts';
import { newBucket, type Bucket } from '../rig/s3-server/state.ts';
import { startS3Server, type S3Server } from '../rig/s3-server/server.ts';
import { smallDisk } from './small-disk.ts';

const disk = smallDisk();

afterAll(() => disk?.remove());

describe.skipIf(disk === undefined)('a spool on a full disk', () => {
  const spool = join(disk?.folder ?? '', 'spool');
  const filler = join(disk?.folder ?? '', 'filler');
  let rig: Rig;
  let server: S3Server;
  let bucket: Bucket;

  beforeEach(async () => {
    [rig, server, bucket] = [await createRig(), await startS3Server(), newBucket()];
    server.state.buckets.set('bucket', bucket);
    await rig.write({ 'package.json': '{}' });
    await mkdir(spool, { recursive: true });
  });

  afterEach(async () => {
    await rm(filler, { force: true });
    await rig.remove();
    await server.close();
  });

  const pipe = (command: string) => {
    const env = {
      PIPE_S3_ENDPOINT: server.endpoint,
      PIPE_STORE: 's3://bucket/store',
      PIPE_SPOOL: spool,
      PIPE_NOW: '2026-11-20',
      AWS_ACCESS_KEY_ID: 'test-key',
      AWS_SECRET_ACCESS_KEY: 'test-secret',
    };
    return rig.pipe(command.split(' '), { env });
  };

  const published = (): string[] =>
    [...bucket.objects.keys()].filter((key) => key.startsWith('store/stats/'));

  test('is told of and changes nothing; with space the same command succeeds', async () => {
    await pipe('events:sample -- --sites=a --rows=2000 --to=samples');
    await pipe('events:ingest -- --site=a samples/a');
    const { bavail, bsize } = await statfs(spool);
    // Room for the folders of a run, but for no file.
    await writeFile(filler, Buffer.alloc((bavail - 2) * bsize));
    const failed = await pipe('stats:pageloads -- --sites=a');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/no space left on the disk \(ENOSPC\).* Free some space/);
    expect(published()).toEqual([]);
    expect(await readdir(spool)).toEqual([]);
    await rm(filler);
    const done = await pipe('stats:pageloads -- --sites=a');
    expect(done.code, done.stderr).toBe(0);
    expect(published()).toHaveLength(2);
    expect(await readdir(spool)).toEqual([]);
  });
});
