import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, test } from 'vitest';
import { openS3Store } from '../../lib/store/s3/s3.ts';
import type { Store } from '../../lib/store/store.ts';
import { storeContract } from './contract.ts';
import { quickLimits } from './s3-rig.ts';
import { testEffects } from './system.ts';

/** The contract against a server that is none of ours: `.ci/s3-server npx vitest run …` starts one. */
const { PIPE_TEST_S3_ENDPOINT: endpoint } = process.env;

if (endpoint === undefined) {
  console.error('A foreign S3 server is not tested: PIPE_TEST_S3_ENDPOINT is not set');
  test.skip('a foreign S3 server');
} else {
  describe(`the S3 server at ${endpoint}`, () => {
    const bucket = `pipe-${randomUUID()}`;
    let spool: string;
    let prefix: string;

    beforeAll(async () => {
      const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      client.destroy();
    });

    const open = (): Store =>
      openS3Store(
        { bucket, prefix },
        {
          effects: testEffects(),
          spool,
          endpoint,
          region: 'us-east-1',
          limits: { ...quickLimits, socketTimeoutMs: 10_000 },
        },
      );

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
}
