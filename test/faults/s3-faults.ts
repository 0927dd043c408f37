import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { S3Options } from '../../lib/store/s3/options.ts';
import type { Staging, Store } from '../../lib/store/store.ts';
import type { Bucket } from '../rig/s3-server/state.ts';
import { startS3Server, type S3Server } from '../rig/s3-server/server.ts';
import { openS3Rig, type S3Rig } from '../store/s3-rig.ts';

/** A store on a server that fails as told. */
export interface FaultyS3 {
  readonly server: S3Server;
  readonly store: Store;
  readonly staging: Staging;
  readonly bucket: Bucket;
  reopen(options: Partial<S3Options>): Store;
  /** A staged file of so many random bytes. */
  stage(bytes: number): Promise<{ readonly path: string; readonly content: Buffer }>;
  /** The bytes of an object as the store downloads them. */
  download(key: string): Promise<Buffer>;
  /** Requests of one method since the last look. */
  count(method: string): number;
  close(): Promise<void>;
}

export async function openFaultyS3(): Promise<FaultyS3> {
  const server = await startS3Server();
  const rig: S3Rig = await openS3Rig(server);
  const staging = await rig.store.openStaging('test');
  const bucket = server.state.buckets.get('bucket');
  if (!bucket) throw new Error('there is no bucket');
  let looked = 0;
  return {
    server,
    store: rig.store,
    staging,
    bucket,
    reopen: (options) => rig.reopen(options),
    async stage(bytes) {
      const [path, content] = [staging.path('file'), randomBytes(bytes)];
      await writeFile(path, content);
      return { path, content };
    },
    download: async (key) => readFile(await rig.store.download(key, staging)),
    count(method) {
      const requests = server.requests.slice(looked);
      looked = server.requests.length;
      return requests.filter((request) => request.startsWith(`${method} `)).length;
    },
    async close() {
      await staging.close();
      await rig.remove();
      await server.close();
    },
  };
}

export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
