import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { s3Error } from '../../lib/store/s3/error.ts';
import type { S3Options } from '../../lib/store/s3/options.ts';
import { openS3Store } from '../../lib/store/s3/s3.ts';
import { newBucket } from '../rig/s3-server/state.ts';
import { quickLimits } from '../store/s3-rig.ts';
import { testEffects } from '../store/system.ts';
import { openFaultyS3, type FaultyS3 } from './s3-faults.ts';

let s3: FaultyS3;

beforeEach(async () => {
  s3 = await openFaultyS3();
});

afterEach(() => s3.close());

describe('an error says what to do:', () => {
  const noCredentials = (): Promise<never> =>
    Promise.reject(
      Object.assign(new Error('Could not load'), { name: 'CredentialsProviderError' }),
    );

  test.each<[string, Partial<S3Options>, RegExp]>([
    [
      'a wrong secret',
      { credentials: { accessKeyId: 'test-key', secretAccessKey: 'wrong' } },
      /the secret key is wrong \(SignatureDoesNotMatch.*Check AWS_SECRET_ACCESS_KEY/,
    ],
    [
      'an unknown key',
      { credentials: { accessKeyId: 'unknown', secretAccessKey: 'wrong' } },
      /does not know the access key \(InvalidAccessKeyId.*Check AWS_ACCESS_KEY_ID/,
    ],
    [
      'no credentials',
      { credentials: noCredentials },
      /there are no credentials: Could not load \(CredentialsProviderError, attempt 1\)\. Set AWS_ACCESS/,
    ],
    [
      'another region',
      { region: 'eu-west-1' },
      /the bucket is in the region 'us-east-1' .*Set AWS_REGION=us-east-1/,
    ],
    [
      'nobody listening',
      { endpoint: 'http://127.0.0.1:9' },
      /the server cannot be reached \(ECONNREFUSED, attempt 5\)\. Check the network and PIPE_S3/,
    ],
  ])('%s', async (_name, options, expected) => {
    const store = s3.reopen(options);
    await expect(store.read('a/k')).rejects.toThrow(expected);
    await expect(store.write('a/k', Buffer.from('x'))).rejects.toThrow(
      /^Cannot write 'some\/prefix\/a\/k' in bucket 'bucket': /,
    );
    await expect(store.list('')[Symbol.asyncIterator]().next()).rejects.toThrow(expected);
  });

  test('something that is missing, and is no object', () => {
    const missing = Object.assign(new Error('There is no such account.'), {
      name: 'NoSuchAccount',
      $metadata: { httpStatusCode: 404 },
    });
    expect(s3Error({ verb: 'read', bucket: 'b', key: 'k' }, missing, 1)).toMatchObject({
      message:
        "Cannot read 'k' in bucket 'b': There is no such account. (NoSuchAccount, attempt 1). Check the endpoint and the store, then run again.",
    });
  });

  test('https where only http is spoken', async () => {
    const store = s3.reopen({ endpoint: s3.server.endpoint.replace('http:', 'https:') });
    await expect(store.read('k')).rejects.toThrow(
      /the server does not speak TLS there \(EPROTO, attempt 1\)\. Check that PIPE_S3_ENDPOINT begins/,
    );
  });

  test('a certificate that nobody here trusts', () => {
    const code = 'DEPTH_ZERO_SELF_SIGNED_CERT';
    const refused = Object.assign(new Error('self-signed certificate'), { code });
    expect(s3Error({ verb: 'read', bucket: 'b', key: 'k' }, refused, 1)).toMatchObject({
      message: `Cannot read 'k' in bucket 'b': this machine does not trust the server's certificate (${code}, attempt 1). If the server is yours, set NODE_EXTRA_CA_CERTS=<file.pem> to the certificate of its authority, and run again.`,
      retryable: false,
    });
  });

  test('no region', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
    const store = s3.reopen({ endpoint: undefined, region: undefined });
    await expect(store.read('k')).rejects.toThrow(
      /no region is set \(RegionMissing, attempt 1\)\. Set AWS_REGION=<region>/,
    );
    vi.unstubAllEnvs();
  });

  test('no such bucket', async () => {
    s3.server.state.buckets.clear();
    await expect(s3.store.read('k')).rejects.toThrow(
      /there is no such bucket \(NoSuchBucket, attempt 1, request request-\d+\)\. Create it with "aws s3 mb s3:\/\/bucket"/,
    );
    await expect(s3.store.remove(['k'])).rejects.toThrow('there is no such bucket');
  });

  test('access denied, also to a HEAD, whose answer says no more than 403', async () => {
    s3.server.faults.add({ fault: { status: 403, code: 'AccessDenied' }, times: Infinity });
    await expect(s3.store.list('')[Symbol.asyncIterator]().next()).rejects.toThrow(
      /access denied \(AccessDenied/,
    );
    await expect(s3.store.download('k', s3.staging)).rejects.toThrow(/access denied/);
  });

  test('keys that are no part of any store are not listed', async () => {
    await s3.store.write('a/b', Buffer.from('x'));
    const object = s3.bucket.objects.get('some/prefix/a/b');
    if (!object) throw new Error('there is no object');
    for (const key of ['a//b', 'a/', 'a/../b', 'a/\u0001', '/'])
      s3.bucket.objects.set(`some/prefix/${key}`, object);
    const keys: string[] = [];
    for await (const { key } of s3.store.list('a/')) keys.push(key);
    expect(keys).toEqual(['a/b']);
  });

  test('a key is 1024 bytes with the prefix at most', async () => {
    const longest = `a/${'é'.repeat(505)}`;
    await s3.store.write(longest, Buffer.from('x'));
    expect((await s3.store.read(longest))?.bytes.toString()).toBe('x');
    await expect(s3.store.write(`${longest}b`, Buffer.from('x'))).rejects.toThrow(
      'is longer than 1024 bytes',
    );
  });
});

test('a person is told of what fails for a while, once however many transfers do', async () => {
  const notices: string[] = [];
  const told = { notice: (text: string) => notices.push(text), limits: quickLimits };
  await s3.store.write('k', Buffer.from('x'));
  s3.server.faults.add({ fault: { status: 503, code: 'SlowDown' }, times: 4 });
  await s3.reopen(told).read('k');
  expect(notices).toEqual([]);
  s3.server.faults.add({ fault: { status: 503, code: 'SlowDown' }, times: 4 });
  const store = s3.reopen({ ...told, limits: { ...quickLimits, quietMs: 0 } });
  await Promise.all([store.read('k'), store.read('k')]);
  expect(notices).toEqual([
    "Cannot read 'some/prefix/k' in bucket 'bucket' so far: the server is overloaded. Trying again.",
  ]);
});

describe('what passes without anybody doing anything', () => {
  test.each([3600_000, -3600_000])('a clock that is %i ms off', async (clockAheadMs) => {
    s3.server.state.clockAheadMs = clockAheadMs;
    await s3.store.write('k', Buffer.from('x'), { ifAbsent: true });
    expect((await s3.store.read('k'))?.bytes.toString()).toBe('x');
  });

  test('credentials that expire midway, where there are new ones', async () => {
    let issued = 0;
    const credentials = async () => ({
      accessKeyId: 'test-key',
      secretAccessKey: 'test-secret',
      sessionToken: `token-${++issued}`,
      expiration: new Date(Date.now() + 3600_000),
    });
    const store = s3.reopen({ credentials });
    await store.write('k', Buffer.from('x'));
    s3.server.state.expired.add('token-1');
    expect((await store.read('k'))?.bytes.toString()).toBe('x');
    expect(issued).toBe(2);
  });

  test('but not those that stay expired', async () => {
    const sessionToken = 'old';
    s3.server.state.expired.add(sessionToken);
    const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret', sessionToken };
    await expect(s3.reopen({ credentials }).read('k')).rejects.toThrow(
      /the credentials have expired \(ExpiredToken, attempt 3, .*aws sso login/,
    );
  });
});

test('a store at the root of a bucket has no prefix', async () => {
  s3.server.state.buckets.set('other', newBucket());
  const store = openS3Store(
    { bucket: 'other', prefix: '' },
    {
      effects: testEffects(),
      spool: '/nowhere',
      endpoint: s3.server.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test-key', secretAccessKey: 'test-secret' },
      limits: quickLimits,
    },
  );
  expect(store.uri).toBe('s3://other');
  await store.write('k', Buffer.from('x'));
  expect([...(s3.server.state.buckets.get('other')?.objects.keys() ?? [])]).toEqual(['k']);
});
