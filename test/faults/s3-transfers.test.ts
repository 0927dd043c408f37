import { randomBytes } from 'node:crypto';
import { truncateSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../lib/errors.ts';
import { ChangedError } from '../../lib/store/conflict.ts';
import type { Store } from '../../lib/store/store.ts';
import type { Fault } from '../rig/s3-server/faults.ts';
import { bytesOf, openFaultyS3, type FaultyS3 } from './s3-faults.ts';
import { PART_BYTES, quickLimits } from '../store/s3-rig.ts';

let s3: FaultyS3;

beforeEach(async () => {
  s3 = await openFaultyS3();
});

afterEach(() => s3.close());

/** Larger than what a socket takes at once, so that a cut falls into it. */
const content = randomBytes(900_000);

describe('a refusal', () => {
  test.each<[string, Fault]>([
    ['503 SlowDown', { status: 503 }],
    ['429', { status: 429, code: 'TooManyRequests' }],
    ['500', { status: 500 }],
    ['a reset before the reply', { reset: 'before' }],
    ['a reset behind the work', { reset: 'after' }],
    ['no answer', { stall: 'reply' }],
  ])('%s is tried again, whatever is asked', async (_name, fault) => {
    await s3.store.write('a/k', Buffer.from('x'));
    for (const method of ['GET', 'PUT', 'HEAD', 'POST']) {
      s3.server.faults.add({ method, fault, times: 2 });
    }
    await s3.store.write('a/l', Buffer.from('y'));
    expect((await s3.store.read('a/l'))?.bytes.toString()).toBe('y');
    const keys: string[] = [];
    for await (const { key } of s3.store.list('')) keys.push(key);
    expect(keys).toEqual(['a/k', 'a/l']);
    await s3.store.remove(['a/k', 'a/l']);
    expect(s3.bucket.objects.size).toBe(0);
  });

  test('a reply that makes no sense is one, too', async () => {
    await s3.store.write('k', Buffer.from('x'));
    s3.server.faults.add({ fault: { xml: '<html>' }, times: 2 });
    await s3.store.write('l', Buffer.from('y'));
    s3.server.faults.add({ fault: { xml: '<html>' }, times: 2 });
    const keys: string[] = [];
    for await (const { key } of s3.store.list('')) keys.push(key);
    expect(keys).toEqual(['k', 'l']);
  });

  test('403 is not', async () => {
    s3.count('GET');
    s3.server.faults.add({ method: 'GET', fault: { status: 403, code: 'AccessDenied' } });
    await expect(s3.store.read('k')).rejects.toThrow(/access denied \(AccessDenied, attempt 1,/);
    expect(s3.count('GET')).toBe(1);
  });

  test('retry-after is kept to: what it asks for beyond the budget is not waited for', async () => {
    const headers = { 'retry-after': '3600' };
    s3.server.faults.add({ fault: { status: 503, headers } });
    await expect(s3.store.read('k')).rejects.toThrow(/overloaded \(SlowDown, attempt 1, request/);
  });

  test('that does not end is told with what was tried', async () => {
    s3.server.faults.add({ fault: { status: 503 }, times: Infinity });
    const reading = s3.store.read('a/k');
    await expect(reading).rejects.toThrow(
      /^Cannot read 'some\/prefix\/a\/k' in bucket 'bucket': the server is overloaded \(SlowDown, attempt 5, request request-\d+\)\. Run the same command again later/,
    );
    await expect(reading).rejects.toMatchObject({ retryable: true });
  });

  test('of 300 reads at once, the first 600 requests of all refused, none fails', async () => {
    await s3.store.write('k', Buffer.from('x'));
    s3.server.faults.add({ method: 'GET', fault: { status: 503 }, times: 600 });
    const limits = { attempts: 20, pauseMs: 5, maxPauseMs: 100, socketTimeoutMs: 5000 };
    const store = s3.reopen({ limits });
    const reads = await Promise.all(Array.from({ length: 300 }, () => store.read('k')));
    expect(reads.every((each) => each?.bytes.toString() === 'x')).toBe(true);
  });
});

describe('a body on its way down', () => {
  beforeEach(async () => {
    await s3.store.write('k', content);
  });

  test.each<[string, Fault]>([
    ['cut by RST', { cut: 'rst', after: 200_000 }],
    ['cut by FIN', { cut: 'fin', after: 200_000 }],
    ['stalled', { stall: 200_000 }],
    ['cut off at once', { cut: 'rst', after: 0 }],
  ])('%s goes on where it ended', async (_name, fault) => {
    s3.server.faults.add({ method: 'GET', fault, times: 3 });
    s3.count('GET');
    const streamed = await bytesOf(s3.store.stream('k'));
    expect(streamed.equals(content)).toBe(true);
    expect(s3.count('GET')).toBe(4);
    s3.server.faults.add({ method: 'GET', fault, times: 2 });
    expect((await s3.download('k')).equals(content)).toBe(true);
  });

  test('ended cleanly before its end, in a reply without a length, is not taken for whole', async () => {
    s3.server.faults.add({ method: 'GET', fault: { cut: 'chunked', after: 200_000 } });
    expect((await s3.download('k')).equals(content)).toBe(true);
  });

  test('with a bit flipped is fetched again, and never handed out as whole', async () => {
    s3.server.faults.add({ method: 'GET', fault: { flip: 300_000 }, times: 2 });
    expect((await s3.download('k')).equals(content)).toBe(true);
    s3.server.faults.add({ method: 'GET', fault: { flip: 300_000 } });
    expect(Buffer.from((await s3.store.read('k'))?.bytes ?? []).equals(content)).toBe(true);
    s3.server.faults.add({ method: 'GET', fault: { flip: 300_000 } });
    await expect(bytesOf(s3.store.stream('k'))).rejects.toThrow('it arrived damaged');
  });

  test('with a bit flipped in a part that a range asked for is found out as well', async () => {
    s3.server.faults.add(
      { method: 'GET', fault: { cut: 'rst', after: 200_000 } },
      { method: 'GET', fault: { flip: 10 } },
    );
    expect((await s3.download('k')).equals(content)).toBe(true);
  });

  test('that is not what the manifest says is refused', async () => {
    const expected = { bytes: content.length, sha256: '0'.repeat(64) };
    await expect(s3.store.download('k', s3.staging, expected)).rejects.toThrow(
      'it is not the file that its manifest describes',
    );
  });

  test('slow but steady is waited for', async () => {
    s3.server.faults.add({ method: 'GET', fault: { slow: 8, pauseMs: 100 } });
    s3.count('GET');
    expect((await s3.download('k')).equals(content)).toBe(true);
    expect(s3.count('GET')).toBe(1);
  });

  test('that is replaced in between is never spliced', async () => {
    const other = randomBytes(content.length);
    const replace = { first: () => replaceBy(other) };
    const cut: Fault = { cut: 'rst', after: 200_000 };
    s3.server.faults.add({ method: 'GET', fault: cut }, { method: 'GET', fault: replace });
    expect((await s3.download('k')).equals(other)).toBe(true);
    await s3.store.write('k', content);
    s3.server.faults.add({ method: 'GET', fault: cut }, { method: 'GET', fault: replace });
    await expect(bytesOf(s3.store.stream('k'))).rejects.toThrow('replaced while it was read');
  });

  test('left unread a hundred times keeps no connection', async () => {
    for (let reader = 0; reader < 100; reader++) {
      for await (const chunk of s3.store.stream('k')) if (chunk.length > 0) break;
    }
    expect((await s3.store.read('k'))?.bytes.length).toBe(content.length);
  });

  function replaceBy(bytes: Buffer): void {
    const old = s3.bucket.objects.get('some/prefix/k');
    if (!old) throw new Error('there is no object');
    const { crc32: _, ...rest } = old;
    s3.bucket.objects.set('some/prefix/k', { ...rest, bytes, etag: '"another"' });
  }
});

describe('a part of an object', () => {
  const range = { start: 100_000, end: 800_000 };

  beforeEach(async () => {
    await s3.store.write('k', content);
  });

  test.each<[string, Fault]>([
    ['refused', { status: 503 }],
    ['reset', { reset: 'before' }],
    ['cut by RST', { cut: 'rst', after: 200_000 }],
    ['cut by FIN', { cut: 'fin', after: 200_000 }],
    ['ended cleanly before its end', { cut: 'chunked', after: 200_000 }],
    ['stalled', { stall: 200_000 }],
    ['not answered', { stall: 'reply' }],
  ])('%s is asked for again', async (_name, fault) => {
    s3.server.faults.add({ method: 'GET', fault, times: 3 });
    s3.count('GET');
    const stored = await s3.store.readRange('k', range);
    expect(content.subarray(range.start, range.end).equals(stored?.bytes ?? Buffer.of())).toBe(
      true,
    );
    expect(s3.count('GET')).toBe(4);
  });

  test('that is replaced between two attempts is an error', async () => {
    const etag = (await s3.store.read('k'))?.etag;
    const replace = () => void s3.bucket.objects.delete('some/prefix/k');
    s3.server.faults.add({ method: 'GET', fault: { status: 503 } }, { fault: { first: replace } });
    await expect(s3.store.readRange('k', { ...range, etag })).rejects.toBeInstanceOf(ChangedError);
  });
});

describe('once the work has ended', () => {
  const reason = new UserError('the run was cancelled');

  test.each<[string, (store: Store) => Promise<unknown>]>([
    ['read', (store) => store.read('k')],
    ['part', (store) => store.readRange('k', { start: 0, end: 1 })],
    ['write', (store) => store.write('k', Buffer.from('x'))],
    ['listing', (store) => store.list('')[Symbol.asyncIterator]().next()],
    ['download', (store) => store.download('k', s3.staging)],
    ['removal', (store) => store.remove(['k'])],
    ['object of another place', (store) => store.foreign().read('k')],
  ])('a %s that fails is not tried again', async (_name, act) => {
    s3.server.faults.add({ fault: { status: 503 }, times: Infinity });
    const ending = new AbortController();
    // Without an end this would go on for minutes.
    const limits = { ...quickLimits, attempts: 1000, pauseMs: 60_000, maxPauseMs: 60_000 };
    const work = act(s3.reopen({ limits }).until(ending.signal));
    await expect.poll(() => s3.server.requests.length).toBe(1);
    ending.abort(reason);
    await expect(work).rejects.toBe(reason);
    expect(s3.server.requests).toHaveLength(1);
  });

  test('it is not even waited', async () => {
    s3.server.faults.add({ fault: { status: 503 }, times: Infinity });
    const limits = { ...quickLimits, attempts: 1000, pauseMs: 60_000, maxPauseMs: 60_000 };
    const store = s3.reopen({ limits }).until(AbortSignal.abort(reason));
    await expect(store.read('k')).rejects.toBe(reason);
    expect(s3.server.requests).toHaveLength(1);
  });

  test('a download stops, and an upload in parts leaves nothing', async () => {
    await s3.store.write('k', content);
    const ending = new AbortController();
    const store = s3.reopen({ limits: { ...quickLimits, transfers: 1 } }).until(ending.signal);
    const stop = () => ending.abort(reason);
    s3.server.faults.add({ method: 'PUT', query: 'partNumber', fault: { first: stop } });
    const { path } = await s3.stage(3 * PART_BYTES);
    s3.count('PUT');
    await expect(store.upload(path, 'parts')).rejects.toBe(reason);
    expect(s3.count('PUT')).toBe(1);
    expect(s3.bucket.uploads.size).toBe(0);
    await expect(store.download('k', s3.staging)).rejects.toBe(reason);
  });
});

describe('a body on its way up', () => {
  test('reset in its middle is sent again, from memory, as a stream and in parts', async () => {
    const upload: Fault = { reset: 'upload' };
    s3.server.faults.add({ method: 'PUT', fault: upload });
    await s3.store.write('k', content);
    expect(stored('k')?.equals(content)).toBe(true);

    const parts = await s3.stage(2 * PART_BYTES + 1);
    s3.server.faults.add({ method: 'PUT', query: 'partNumber', fault: upload, times: 2 });
    await s3.store.upload(parts.path, 'parts');
    expect(stored('parts')?.equals(parts.content)).toBe(true);

    s3.server.state.conditions.complete = [];
    const stream = await s3.stage(PART_BYTES + 1);
    s3.server.faults.add({ method: 'PUT', key: 'stream', fault: upload, times: 2 });
    await s3.store.upload(stream.path, 'stream', { ifAbsent: true });
    expect(stored('stream')?.equals(stream.content)).toBe(true);
  });

  test('with a bit flipped is refused and sent again, from memory, in parts and as a stream', async () => {
    const damage: Fault = { damage: 500 };
    s3.server.faults.add({ method: 'PUT', fault: damage, times: 2 });
    await s3.store.write('k', content);
    expect(stored('k')?.equals(content)).toBe(true);

    const parts = await s3.stage(2 * PART_BYTES);
    s3.server.faults.add({ method: 'PUT', query: 'partNumber', fault: damage, times: 2 });
    await s3.store.upload(parts.path, 'parts');
    expect(stored('parts')?.equals(parts.content)).toBe(true);

    s3.server.state.conditions.complete = [];
    const stream = await s3.stage(PART_BYTES + 1);
    s3.server.faults.add({ method: 'PUT', key: 'stream', fault: damage, times: 2 });
    await s3.store.upload(stream.path, 'stream', { ifAbsent: true });
    expect(stored('stream')?.equals(stream.content)).toBe(true);
  });

  test('in parts comes through when parts are refused, and its checksum is that of the whole', async () => {
    const { path, content: bytes } = await s3.stage(3 * PART_BYTES + 5);
    s3.server.faults.add({ query: 'partNumber', fault: { status: 503 }, times: 4 });
    await s3.store.upload(path, 'k');
    expect((await s3.download('k')).equals(bytes)).toBe(true);
    expect(s3.bucket.uploads.size).toBe(0);
  });

  test('in parts of which one never succeeds leaves nothing', async () => {
    const { path } = await s3.stage(2 * PART_BYTES);
    s3.server.faults.add({ query: 'partNumber', fault: { status: 503 }, times: Infinity });
    await expect(s3.store.upload(path, 'k')).rejects.toThrow('the server is overloaded');
    expect(s3.bucket.uploads.size).toBe(0);
    expect(s3.bucket.objects.size).toBe(0);
  });

  test('from a file that becomes shorter leaves nothing', async () => {
    const { path } = await s3.stage(3 * PART_BYTES);
    const shorten = { first: () => truncateSync(path, 10) };
    s3.server.faults.add({ method: 'POST', query: 'uploads', fault: shorten });
    await expect(s3.store.upload(path, 'k')).rejects.toThrow('became shorter');
    expect(s3.bucket.uploads.size).toBe(0);
  });

  test('whose completion is answered by 200 and an error is completed again', async () => {
    const { path, content: bytes } = await s3.stage(PART_BYTES + 1);
    const xml = '<Error><Code>InternalError</Code><Message>try again</Message></Error>';
    s3.server.faults.add({ method: 'POST', query: 'uploadId', fault: { xml }, times: 2 });
    await s3.store.upload(path, 'k', { ifAbsent: true });
    expect(stored('k')?.equals(bytes)).toBe(true);
  });

  test('removals that a 200 says have failed are tried again, and told', async () => {
    for (const key of ['a', 'b']) await s3.store.write(key, Buffer.from(key));
    const xml = errorsFor('InternalError');
    s3.server.faults.add({ method: 'POST', query: 'delete', fault: { xml } });
    await s3.store.remove(['a', 'b']);
    expect(s3.bucket.objects.size).toBe(0);
    s3.server.faults.add({ method: 'POST', fault: { xml: errorsFor('AccessDenied') } });
    await expect(s3.store.remove(['a', 'b'])).rejects.toBeInstanceOf(UserError);
  });

  function errorsFor(code: string): string {
    return `<DeleteResult><Error><Key>some/prefix/a</Key><Code>${code}</Code></Error><Error><Key>some/prefix/b</Key><Code>${code}</Code></Error></DeleteResult>`;
  }
});

function stored(key: string): Buffer | undefined {
  return s3.bucket.objects.get(`some/prefix/${key}`)?.bytes;
}
