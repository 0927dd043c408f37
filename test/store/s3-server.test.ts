import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe } from 'vitest';
import { openS3Store } from '../../lib/store/s3/s3.ts';
import type { Store } from '../../lib/store/store.ts';
import { storeContract } from './contract.ts';
import { quickLimits } from './s3-rig.ts';
import { testEffects } from './system.ts';

/** The contract against a server that is none of ours: `.ci/s3-server npx vitest run …` starts one. */
const { PIPE_TEST_S3_ENDPOINT: endpoint = '' } = process.env;
const place = { endpoint, region: 'us-east-1' };

if (endpoint === '') {
  console.error('A foreign S3 server is not tested: PIPE_TEST_S3_ENDPOINT is not set');
}

describe.skipIf(endpoint === '')(`the S3 server at ${endpoint}`, () => {
  const bucket = `pipe-${randomUUID()}`;
  let spool: string;
  let prefix: string;

  beforeAll(async () => {
    const client = new S3Client({ ...place, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
  });

  const open = (): Store => {
    const limits = { ...quickLimits, socketTimeoutMs: 10_000 };
    return openS3Store({ bucket, prefix }, { effects: testEffects(), spool, ...place, limits });
  };

  storeContract({
    name: 'foreign s3',
    keepsEtagOfSameBytes: true,
    async open() {
      spool = await mkdtemp(join(tmpdir(), 'pipe-'));
      prefix = randomUUID();
      return open();
    },
    reopen: async () => open(),
    close: () => rm(spool, { recursive: true }),
  });
});
