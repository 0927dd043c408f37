import { truncate } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { publish } from '../../lib/dataset/publish.ts';
import { readManifest } from '../../lib/dataset/published.ts';
import { ConflictError } from '../../lib/store/conflict.ts';
import type { Store, WriteCondition } from '../../lib/store/store.ts';
import { draft, prefix, publisher, sha256 } from '../dataset/drafts.ts';
import { Killed, mortalStore } from '../dataset/turns.ts';
import { crc32Of } from '../rig/s3-server/body.ts';
import type { Fault } from '../rig/s3-server/faults.ts';
import { newObject } from '../rig/s3-server/objects.ts';
import { openFaultyS3, type FaultyS3 } from './s3-faults.ts';
import type { Condition } from '../rig/s3-server/state.ts';
import { PART_BYTES } from '../store/s3-rig.ts';

let s3: FaultyS3;

beforeEach(async () => {
  s3 = await openFaultyS3();
});

afterEach(() => s3.close());

describe('a write whose reply is lost', () => {
  test.each<[string, () => Promise<WriteCondition>]>([
    ['ifAbsent', async () => ({ ifAbsent: true })],
    ['ifMatch', async () => ({ ifMatch: await s3.store.write('k', Buffer.from('old')) })],
  ])('with %s knows that it has won', async (_name, prepare) => {
    const condition = await prepare();
    s3.server.faults.add({ method: 'PUT', key: '/k', fault: { reset: 'after' }, times: 2 });
    const etag = await s3.store.write('k', Buffer.from('new'), condition);
    const now = await s3.store.read('k');
    expect(now).toMatchObject({ etag });
    expect(now?.bytes.toString()).toBe('new');
  });

  test('or makes no sense, knows that it has won', async () => {
    s3.server.faults.add({ method: 'PUT', key: '/k', fault: { xml: '<html>', done: true } });
    const etag = await s3.store.write('k', Buffer.from('new'), { ifAbsent: true });
    expect((await s3.store.read('k'))?.etag).toBe(etag);
  });

  test.each<[string, Fault]>([
    ['lost', { reset: 'after' }],
    ['no XML', { xml: '<html>', done: true }],
    ['an error', { xml: '<Error><Code>InternalError</Code></Error>', done: true }],
  ])('in parts knows that it has won, when the reply is %s', async (_name, fault) => {
    const { path, content } = await s3.stage(PART_BYTES + 1);
    s3.server.faults.add({ method: 'POST', key: '/k', query: 'uploadId', fault });
    const etag = await s3.store.upload(path, 'k', { ifAbsent: true });
    expect((await s3.store.read('k'))?.etag).toBe(etag);
    expect((await s3.download('k')).equals(content)).toBe(true);
  });

  test('and replaced by somebody else does not claim that nothing has happened', async () => {
    s3.server.faults.add(
      { method: 'PUT', key: '/k', fault: { reset: 'after' } },
      { method: 'PUT', key: '/k', fault: { first: () => writeByAnother('k') } },
    );
    const writing = s3.store.write('k', Buffer.from('x'), { ifAbsent: true });
    await expect(writing).rejects.toThrow("Cannot tell whether 'k' was written");
    await expect(writing).rejects.toMatchObject({ retryable: true });
    await expect(writing).rejects.not.toBeInstanceOf(ConflictError);
  });
});

test('data that arrives damaged where it has to be hashed is read again', async () => {
  const publishText = async (text: string, by: Store): Promise<unknown> =>
    publish(by, await draft(s3.staging, { 'data.parquet': text }), publisher());
  const dying: Store = {
    ...mortalStore(s3.store, Infinity),
    upload: async (...args) => {
      await s3.store.upload(...args);
      throw new Killed();
    },
  };
  await expect(publishText('rows', dying)).rejects.toBeInstanceOf(Killed);
  s3.server.faults.add({ method: 'GET', key: 'data.parquet', fault: { flip: 2 } });
  const published = await readManifest(s3.store, prefix);
  expect(published?.manifest.files[0]?.sha256).toBe(sha256('rows'));
});

describe('a write', () => {
  test('that comes second is a conflict, also behind refusals that changed nothing', async () => {
    s3.server.faults.add(
      { method: 'PUT', key: '/k', fault: { status: 503 }, times: 2 },
      { method: 'PUT', key: '/k', fault: { first: () => writeByAnother('k') } },
    );
    const writing = s3.store.write('k', Buffer.from('x'), { ifAbsent: true });
    await expect(writing).rejects.toBeInstanceOf(ConflictError);
    expect((await s3.store.read('k'))?.bytes.toString()).toBe("another's");
  });

  test('that meets another one under way (409) tries again', async () => {
    const fault = { status: 409, code: 'ConditionalRequestConflict' };
    s3.server.faults.add({ method: 'PUT', key: '/k', fault, times: 3 });
    await s3.store.write('k', Buffer.from('x'), { ifAbsent: true });
    expect((await s3.store.read('k'))?.bytes.toString()).toBe('x');
  });
});

describe('a server is asked whether it keeps to conditions', () => {
  test('once, before the first conditional write, and nothing of that stays', async () => {
    await s3.store.write('a', Buffer.from('x'));
    await s3.store.read('a');
    expect(probes()).toBe(0);
    await s3.store.write('b', Buffer.from('x'), { ifAbsent: true });
    const asked = probes();
    expect(asked).toBeGreaterThan(0);
    await s3.store.write('c', Buffer.from('x'), { ifAbsent: true });
    expect(probes()).toBe(asked);
    expect([...s3.bucket.objects.keys()]).toEqual(
      ['a', 'b', 'c'].map((key) => `some/prefix/${key}`),
    );
  });

  test('and its answer stands though replies are lost', async () => {
    for (let write = 0; write < 5; write++) {
      s3.server.faults.add({ key: /probe/, fault: { reset: 'after' }, after: write });
    }
    await s3.store.write('k', Buffer.from('x'), { ifAbsent: true });
    expect(s3.bucket.objects.has('some/prefix/k')).toBe(true);
  });

  test('again where the network failed meanwhile', async () => {
    s3.server.faults.add({ key: /probe/, fault: { status: 503 }, times: 5 });
    const write = () => s3.store.write('k', Buffer.from('x'), { ifAbsent: true });
    await expect(write()).rejects.toThrow('overloaded');
    await write();
    expect(s3.bucket.objects.has('some/prefix/k')).toBe(true);
  });

  test.each<[Condition[]]>([[[]], [['if-match']], [['if-none-match']]])(
    'and refused if it keeps to no more than %j',
    async (kept) => {
      s3.server.state.conditions.put = kept;
      const writing = s3.store.write('k', Buffer.from('x'), { ifAbsent: true });
      await expect(writing).rejects.toThrow(/'bucket' ignores conditions .* --unsafe-publish/);
      expect(s3.bucket.objects.size).toBe(0);
    },
  );

  test('unless one writer at a time is promised: then a look before the write has to do', async () => {
    s3.server.state.conditions.put = [];
    const store = s3.reopen({ unsafePublish: true });
    const etag = await store.write('k', Buffer.from('x'), { ifAbsent: true });
    const again = store.write('k', Buffer.from('y'), { ifAbsent: true });
    await expect(again).rejects.toBeInstanceOf(ConflictError);
    await store.write('k', Buffer.from('z'), { ifMatch: etag });
    expect((await store.read('k'))?.bytes.toString()).toBe('z');
  });

  test.each<[Condition[]]>([[[]], [['if-match']], [['if-none-match']]])(
    'of uploads in parts: a large file comes as one where no more than %j holds',
    async (kept) => {
      s3.server.state.conditions.complete = kept;
      const { path, content } = await s3.stage(PART_BYTES + 1);
      await s3.store.upload(path, 'k', { ifAbsent: true });
      expect(s3.bucket.objects.get('some/prefix/k')?.bytes.equals(content)).toBe(true);
      const { path: second } = await s3.stage(PART_BYTES + 1);
      const again = s3.store.upload(second, 'k', { ifAbsent: true });
      await expect(again).rejects.toBeInstanceOf(ConflictError);
      await truncate(second, 5 * 1024 ** 3 + 1);
      const etag = (await s3.store.read('k'))?.etag ?? '';
      const larger = s3.store.upload(second, 'k', { ifMatch: etag });
      await expect(larger).rejects.toThrow('more than 5368709120 bytes');
      expect(s3.bucket.uploads.size).toBe(0);
    },
  );
});

function writeByAnother(key: string): void {
  const body = Buffer.from("another's");
  const object = newObject({ body, headers: {}, crc32: crc32Of(body) });
  s3.bucket.objects.set(`some/prefix/${key}`, object);
}

function probes(): number {
  return s3.server.requests.filter((request) => request.includes('/.pipe/probe/')).length;
}
