import { createHash, randomBytes } from 'node:crypto';
import { access, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../lib/errors.ts';
import { ChangedError } from '../../lib/store/conflict.ts';
import type { Content, Staging, Store } from '../../lib/store/store.ts';
import type { Fault } from '../rig/s3-server/faults.ts';
import { quickLimits } from '../store/s3-rig.ts';
import { openFaultyS3, type FaultyS3 } from './s3-faults.ts';
import { smallDisk } from './small-disk.ts';

const disk = smallDisk();
afterAll(() => disk?.remove());

const PARTS = 8;
const limits = { ...quickLimits, partBytes: 200_000, transfers: 3 };

/** The last part is shorter. */
const content = randomBytes(PARTS * limits.partBytes - 1000);
const sha256 = createHash('sha256').update(content).digest('hex');

let s3: FaultyS3;
let store: Store;

beforeEach(async () => {
  s3 = await openFaultyS3();
  store = s3.reopen({ limits });
  await store.write('k', content);
  s3.count('GET');
});

afterEach(() => s3.close());

const download = async (expected?: Content): Promise<Buffer> =>
  readFile(await store.download('k', s3.staging, expected));

function replaceBy(bytes: Buffer): void {
  const old = s3.bucket.objects.get('some/prefix/k');
  if (!old) throw new Error('there is no object');
  const { crc32: _, ...rest } = old;
  s3.bucket.objects.set('some/prefix/k', { ...rest, bytes, etag: '"another"' });
}

describe.each<[string, Content | undefined]>([
  ['its checksum', undefined],
  ['the hash of its manifest', { bytes: content.length, sha256 }],
])('a large object that comes in parts and is held against %s', (_name, expected) => {
  test('is whole', async () => {
    expect((await download(expected)).equals(content)).toBe(true);
    expect(s3.count('GET')).toBe(PARTS);
  });

  test('with a bit flipped in one of them is fetched again', async () => {
    s3.server.faults.add({ method: 'GET', fault: { flip: 150_000 }, after: 4 });
    expect((await download(expected)).equals(content)).toBe(true);
    expect(s3.count('GET')).toBe(2 * PARTS);
  });

  test('with a bit flipped every time is never handed out', async () => {
    s3.server.faults.add({ method: 'GET', fault: { flip: 7 }, times: Infinity });
    await expect(download(expected)).rejects.toThrow(
      expected ? 'it is not the file that its manifest describes' : 'it arrived damaged',
    );
    expect(await readdir(s3.staging.folder)).toEqual([]);
  });

  test.each<[string, Fault]>([
    ['refused', { status: 503 }],
    ['reset', { reset: 'before' }],
    ['cut by RST', { cut: 'rst', after: 120_000 }],
    ['cut by FIN', { cut: 'fin', after: 120_000 }],
    ['ended cleanly before its end', { cut: 'chunked', after: 120_000 }],
    ['stalled', { stall: 120_000 }],
    ['not answered', { stall: 'reply' }],
    ['answered with other bytes, as many as were asked for', { xml: 'x'.repeat(200_000) }],
  ])('of which one is %s asks for the rest of that one alone', async (_what, fault) => {
    s3.server.faults.add({ method: 'GET', fault, after: 3 });
    expect((await download(expected)).equals(content)).toBe(true);
    expect(s3.count('GET')).toBe(PARTS + 1);
  });

  test('of which one never comes is an error, and nothing stays', async () => {
    s3.server.faults.add({ method: 'GET', fault: { status: 503 }, after: 3, times: Infinity });
    await expect(download(expected)).rejects.toThrow('the server is overloaded');
    expect(await readdir(s3.staging.folder)).toEqual([]);
  });

  test('ends with its signal', async () => {
    const ending = new AbortController();
    const reason = new UserError('the run was cancelled');
    const stop = (): void => ending.abort(reason);
    s3.server.faults.add({ method: 'GET', fault: { first: stop }, after: 2 });
    const downloading = store.until(ending.signal).download('k', s3.staging, expected);
    await expect(downloading).rejects.toBe(reason);
    expect(s3.count('GET')).toBeLessThan(PARTS);
    expect(await readdir(s3.staging.folder)).toEqual([]);
  });

  test('on a full disk is told of, and what was written goes', async () => {
    const path = join(s3.staging.path('k'), '..', 'full');
    await symlink('/dev/full', path);
    const staging: Staging = { ...s3.staging, path: () => path };
    await expect(store.download('k', staging, expected)).rejects.toThrow(
      /no space left on the disk \(ENOSPC\).*Free some space/,
    );
    expect(await readdir(s3.staging.folder)).toEqual([]);
    await access('/dev/full');
  });

  test.skipIf(disk === undefined)('on a disk that becomes full is told of', async () => {
    if (!disk) return;
    const path = join(disk.folder, 'k');
    const staging: Staging = { ...s3.staging, path: () => path };
    await disk.fill(100);
    await expect(store.download('k', staging, expected)).rejects.toThrow('no space left');
    await disk.free();
    const there = await readFile(await store.download('k', staging, expected));
    expect(there.equals(content)).toBe(true);
    await rm(path);
  });
});

test.each([0, 1])(
  'a large object that is replaced between two parts by one of %i bytes more is never spliced',
  async (more) => {
    const other = randomBytes(content.length + more);
    const replace: Fault = { first: () => replaceBy(other) };
    s3.server.faults.add({ method: 'GET', fault: replace, after: 3 });
    expect((await download()).equals(other)).toBe(true);
    await store.write('k', content);
    s3.server.faults.add({ method: 'GET', fault: replace, after: 3 });
    const expected = { bytes: content.length, sha256 };
    await expect(download(expected)).rejects.toThrow('it is not the file that its manifest');
  },
);

test('a large object of another version than the expected one is refused', async () => {
  const etag = (await store.read('k'))?.etag ?? '';
  const other = randomBytes(content.length);
  const replace: Fault = { first: () => replaceBy(other) };
  s3.server.faults.add({ method: 'GET', fault: replace, after: 3 });
  const expected = { bytes: content.length, etag };
  await expect(download(expected)).rejects.toBeInstanceOf(ChangedError);
  await expect(download(expected)).rejects.toBeInstanceOf(ChangedError);
});

test.each<[string, Record<string, string>]>([
  ['that only the client can check', { 'x-amz-checksum-sha256': 'AAAA', 'accept-ranges': 'bytes' }],
  ['on a server that knows no parts', {}],
])('a large object %s comes in one', async (_name, headers) => {
  const expected = { bytes: content.length };
  const fault = { status: 200, headers: { etag: '"x"', ...headers } };
  s3.server.faults.add({ method: 'HEAD', fault });
  expect((await download(expected)).equals(content)).toBe(true);
  expect(s3.count('GET')).toBe(1);
});

test('a hundred large objects at once are all whole', async () => {
  const expected = { bytes: content.length, sha256 };
  const paths = await Promise.all(
    Array.from({ length: 100 }, () => store.download('k', s3.staging, expected)),
  );
  for (const path of paths) expect((await readFile(path)).equals(content)).toBe(true);
});
