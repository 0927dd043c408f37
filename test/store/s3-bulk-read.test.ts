import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { signedHeaders } from '../../lib/store/s3/sign.ts';
import type { ForeignObjects } from '../../lib/store/store.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { openS3Rig } from './s3-rig.ts';
import type { S3Rig } from './s3-rig.ts';

let server: S3Server;
let rig: S3Rig;
let objects: ForeignObjects;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server.close());
beforeEach(async () => {
  rig = await openS3Rig(server);
  objects = rig.store.foreign();
  await objects.write('first', Buffer.from('first'));
  // The first one goes by the SDK and shows where the objects are.
  await objects.read('first');
  server.requests.length = 0;
});
afterEach(async () => {
  server.faults.clear();
  await rig.remove();
});

async function textOf(key: string): Promise<string | undefined> {
  const stored = await objects.read(key);
  return stored && Buffer.from(stored.bytes).toString();
}

/** The SDK names the operation in the query of a GET, and we do not. */
const sdkRequests = (): string[] => server.requests.filter((each) => each.includes('x-id='));

test.each([
  'plain',
  'a b+c%20d',
  "it's (a) *!",
  'ünï/日本/𝒳',
  'a//b',
  'x/../y',
  '~-_.',
  'q?a=b&c#d',
  'tab\t',
])('%s is read with a signature of our own', async (key) => {
  const etag = await objects.write(key, Buffer.from(`body of ${key}`));
  server.requests.length = 0;
  const stored = await objects.read(key);
  expect(Buffer.from(stored?.bytes ?? []).toString()).toBe(`body of ${key}`);
  expect(stored?.etag).toBe(etag);
  expect(server.requests).toHaveLength(1);
  expect(sdkRequests()).toEqual([]);
});

test('an empty object is an object, and an absent one is none', async () => {
  await objects.write('empty', Buffer.alloc(0));
  expect(await textOf('empty')).toBe('');
  expect(await textOf('absent')).toBeUndefined();
});

test.each([
  ['an error', { status: 503 }],
  ['a reset', { reset: 'before' }],
  ['a body that is cut', { cut: 'rst', after: 2 }],
  ['a body that ends early', { cut: 'fin', after: 2 }],
  ['a body that ends early and cleanly', { cut: 'chunked', after: 2 }],
  ['a stalled body', { stall: 2 }],
  ['no answer', { stall: 'reply' }],
  ['a flipped bit', { flip: 1 }],
] as const)('after %s the SDK reads it', async (_, fault) => {
  await objects.write('key', Buffer.from('content'));
  server.requests.length = 0;
  server.faults.add({ fault, method: 'GET', key: /key$/ });
  expect(await textOf('key')).toBe('content');
  expect(sdkRequests()).toHaveLength(1);
});

test('an error of the SDK is what a person sees', async () => {
  server.faults.add({ fault: { status: 403, code: 'AccessDenied' }, method: 'GET', times: 2 });
  await expect(objects.read('key')).rejects.toThrow('Cannot read');
});

test('credentials that expire midway are asked for again', async () => {
  let issued = 0;
  const credentials = async () => ({
    accessKeyId: 'test-key',
    secretAccessKey: 'test-secret',
    sessionToken: `token-${++issued}`,
    expiration: new Date(Date.now() + 3600_000),
  });
  const renewed = rig.reopen({ credentials }).foreign();
  await renewed.read('first');
  server.state.expired.add('token-1');
  const reads = await Promise.all(Array.from({ length: 20 }, () => renewed.read('first')));
  expect(reads.every((stored) => stored?.bytes.length === 5)).toBe(true);
  server.requests.length = 0;
  await renewed.read('first');
  expect(sdkRequests()).toEqual([]);
});

test('many at once', async () => {
  const keys = Array.from({ length: 300 }, (_, n) => `many/${n}`);
  for (const key of keys) await objects.write(key, Buffer.from(key));
  server.requests.length = 0;
  expect(await Promise.all(keys.map(textOf))).toEqual(keys);
});

// AWS, "Examples of the Complete Version 4 Signing Process": the key, date and secret are Amazon's.
test('the signature is the one that Amazon gives for its example', () => {
  const headers = signedHeaders(
    {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    },
    {
      host: 'examplebucket.s3.amazonaws.com',
      path: '/test.txt',
      region: 'us-east-1',
      at: Date.parse('2013-05-24T00:00:00Z'),
      headers: { range: 'bytes=0-9' },
    },
  );
  expect(headers['authorization']).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
      'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, ' +
      'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  );
});
