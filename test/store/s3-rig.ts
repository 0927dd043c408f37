import { BucketAlreadyOwnedByYou, CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newBucket } from '../rig/s3-server/state.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import type { S3Limits, S3Options } from '../../lib/store/s3/options.ts';
import { openS3Store } from '../../lib/store/s3/s3.ts';
import type { S3Place } from '../../lib/store/s3/s3.ts';
import type { Store } from '../../lib/store/store.ts';
import { testEffects } from './system.ts';

/** A store in a bucket of the test server, with a spool that goes away. */
export interface S3Rig {
  readonly store: Store;
  readonly spool: string;
  /** The same place, as another process would open it. */
  reopen(options?: Partial<S3Options>): Store;
  /** Another place on the server, by `s3://bucket/<prefix>`, as tasks open them. */
  open(uri: string): Promise<Store>;
  remove(): Promise<void>;
}

/** The least that S3 takes as a part, so that small files go up in several. */
export const PART_BYTES = 5 * 1024 * 1024;

/** Short enough to wait for what never comes; where all is well, a busy machine may need more time. */
export const quickLimits: Partial<S3Limits> = {
  connectionTimeoutMs: 10_000,
  socketTimeoutMs: 500,
  attempts: 5,
  pauseMs: 1,
  maxPauseMs: 10,
  partBytes: PART_BYTES,
};

/** For tests in which nothing fails. */
export const patientLimits: Partial<S3Limits> = { ...quickLimits, socketTimeoutMs: 10_000 };

export const testCredentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };

// The SDK warns of Node 20 as soon as it is used; to the tests any warning is a fault.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

export async function openS3Rig(
  server: S3Server,
  options: Partial<S3Options> = {},
): Promise<S3Rig> {
  const spool = await mkdtemp(join(tmpdir(), 'pipe-'));
  server.state.buckets.set('bucket', newBucket());
  const open = (place: S3Place, more: Partial<S3Options> = {}): Store =>
    openS3Store(place, {
      effects: testEffects(),
      spool,
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials: testCredentials,
      limits: quickLimits,
      ...options,
      ...more,
    });
  const own = { bucket: 'bucket', prefix: 'some/prefix' };
  return {
    store: open(own),
    spool,
    reopen: (more) => open(own, more),
    async open(uri) {
      const { hostname: bucket, pathname } = new URL(uri);
      return open({ bucket, prefix: pathname.slice(1) });
    },
    remove: () => rm(spool, { recursive: true }),
  };
}

/** An S3 server that is none of ours, where one is to be tested: `.ci/s3-server <command>` starts it. */
export const foreignEndpoint = process.env['PIPE_TEST_S3_ENDPOINT'] ?? '';

/** A store below a prefix of its own on the foreign server; credentials come from the environment. */
export async function openForeignS3(spool: string, prefix: string): Promise<Store> {
  const [bucket, place] = ['pipe-test', { endpoint: foreignEndpoint, region: 'us-east-1' }];
  const client = new S3Client({ ...place, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket })).catch((error: unknown) => {
    if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
  });
  client.destroy();
  return openS3Store(
    { bucket, prefix },
    { effects: testEffects(), spool, ...place, limits: patientLimits },
  );
}
