import { access, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConflictError } from '../../lib/store/conflict.ts';
import { ownedName } from '../../lib/store/owner.ts';
import type { Store } from '../../lib/store/store.ts';
import { startS3Server, type S3Server } from '../rig/s3-server/server.ts';
import { openS3Rig, quickLimits, type S3Rig } from './s3-rig.ts';
import { testEffects } from './system.ts';

let server: S3Server;
let rig: S3Rig;
let store: Store;

beforeEach(async () => {
  server = await startS3Server();
  rig = await openS3Rig(server);
  ({ store } = rig);
});

afterEach(async () => {
  await rig.remove();
  await server.close();
});

describe('the spool', () => {
  const bounded = (): Store => rig.reopen({ limits: { ...quickLimits, spoolBytes: 100 } });

  beforeEach(async () => {
    for (const key of ['a', 'b']) await store.write(key, Buffer.alloc(60, key));
    await store.write('large', Buffer.alloc(101));
  });

  test('holds no more than it may: who has nothing waits until another one is done', async () => {
    const held = bounded();
    const [first, second] = [await held.openStaging('1'), await held.openStaging('2')];
    await held.download('a', first);
    let isHere = false;
    const waiting = held.download('b', second).then((path) => {
      isHere = true;
      return path;
    });
    await sleep(50);
    expect(isHere).toBe(false);
    await first.close();
    await access(await waiting);
    await second.close();
    expect(await readdir(rig.spool)).toEqual([]);
  });

  test('does not wait for itself', async () => {
    const held = bounded();
    const staging = await held.openStaging('1');
    await held.download('a', staging);
    await expect(held.download('b', staging)).rejects.toThrow(
      /may hold 100 bytes, 60 are taken, and a file of 60 bytes should come. Allow more with PIPE_SPOOL_BYTES/,
    );
    const empty = await held.openStaging('2');
    await staging.close();
    await expect(held.download('large', empty)).rejects.toThrow('a file of 101 bytes');
    await empty.close();
  });

  test('that is full is told of, and what was written of the file goes', async () => {
    const path = join(rig.spool, 'k');
    await symlink('/dev/full', path);
    const staging = { ...(await store.openStaging('test')), folder: rig.spool, path: () => path };
    await expect(store.download('a', staging)).rejects.toThrow(
      /no space left on the disk \(ENOSPC\).*Free some space/,
    );
    expect(await readdir(rig.spool)).toEqual([]);
    await access('/dev/full');
  });

  test('loses what dead processes left, and keeps what the living have', async () => {
    const effects = testEffects();
    const dead = { ...effects, start: 'earlier' };
    await mkdir(join(rig.spool, ownedName('run', dead)));
    const staging = await store.openStaging('run');
    await store.download('a', staging);
    expect(await store.cleanStaging()).toBe(1);
    expect(await readdir(rig.spool)).toHaveLength(1);
    await staging.close();
  });
});

describe('an appended object', () => {
  const key = '.pipe/runs/1/events.jsonl';

  test('is kept in segments, each written about once, and read as one', async () => {
    const limits = { ...quickLimits, segmentBytes: 1000 };
    const small = rig.reopen({ limits });
    const appender = await small.append(key);
    for (let line = 0; line < 50; line++) {
      appender.append(`${String(line).padStart(99, '.')}\n`);
      await appender.flush();
    }
    await appender.close();
    const bucket = server.state.buckets.get('bucket');
    expect(bucket?.objects.size).toBe(5);
    const text = Buffer.from((await small.read(key))?.bytes ?? []).toString();
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => Number(line.replaceAll('.', ''))),
    ).toEqual(Array.from({ length: 50 }, (_, line) => line));
    const entries = [];
    for await (const entry of small.list('.pipe/runs/')) entries.push(entry);
    expect(entries).toMatchObject([{ key, bytes: 5000 }]);
    expect((await small.read(key))?.etag).toBe(entries[0]?.etag);
  });

  test('is written by itself after a while, without a flush', async () => {
    const appender = await rig
      .reopen({ limits: { ...quickLimits, appendDelayMs: 10 } })
      .append(key);
    appender.append('line\n');
    const written = async () => (await store.read(key))?.bytes.toString();
    await expect.poll(written).toBe('line\n');
    await appender.close();
  });

  test('tells with flush and close that it could not be written', async () => {
    const appender = await store.append(key);
    server.faults.add({ method: 'PUT', fault: { status: 403, code: 'AccessDenied' } });
    appender.append('line\n');
    await expect(appender.flush()).rejects.toThrow('access denied');
    await expect(appender.close()).rejects.toThrow('access denied');
  });

  test('is one of Pipe’s own', async () => {
    await expect(store.append('events/x')).rejects.toThrow('objects on S3 cannot grow');
  });
});

test('a listing that is out of order is refused rather than believed', async () => {
  await store.write('a', Buffer.from('x'));
  const contents = ['b', 'a'].map(
    (key) =>
      `<Contents><Key>some/prefix/${key}</Key><Size>1</Size><ETag>"x"</ETag><LastModified>2026-11-20T00:00:00.000Z</LastModified></Contents>`,
  );
  const xml = `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`;
  server.faults.add({ fault: { xml } });
  const keys: string[] = [];
  const listing = (async () => {
    for await (const entry of store.list('')) keys.push(entry.key);
  })();
  await expect(listing).rejects.toThrow('does not list keys in the order of their bytes');
  expect(keys).toEqual(['b']);
});

test('an upload keeps the file where it could not be made an object', async () => {
  const staging = await store.openStaging('test');
  const path = staging.path('x');
  await writeFile(path, 'x');
  await store.write('k', Buffer.from('old'));
  await expect(store.upload(path, 'k', { ifAbsent: true })).rejects.toBeInstanceOf(ConflictError);
  server.faults.add({ method: 'PUT', key: '/k', fault: { status: 403, code: 'AccessDenied' } });
  await expect(store.upload(path, 'k')).rejects.toThrow('access denied');
  await access(path);
  await staging.close();
});
