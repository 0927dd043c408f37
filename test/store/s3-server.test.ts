import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { storeContract } from './contract.ts';
import { foreignEndpoint, openForeignS3 } from './s3-rig.ts';

if (foreignEndpoint === '') {
  console.error('A foreign S3 server is not tested: PIPE_TEST_S3_ENDPOINT is not set');
}

describe.skipIf(foreignEndpoint === '')(`the S3 server at ${foreignEndpoint}`, () => {
  let spool: string;
  let prefix: string;

  storeContract({
    name: 'foreign s3',
    keepsEtagOfSameBytes: true,
    async open() {
      spool = await mkdtemp(join(tmpdir(), 'pipe-'));
      prefix = randomUUID();
      return await openForeignS3(spool, prefix);
    },
    reopen: () => openForeignS3(spool, prefix),
    close: () => rm(spool, { recursive: true }),
  });
});
