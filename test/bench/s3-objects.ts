import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { startS3Server } from '../rig/s3-server/server.ts';
import { newBucket } from '../rig/s3-server/state.ts';
import { bodyOf } from './pack.ts';

// A process of its own: an S3 server with so many objects, which prints its endpoint.
const count = Number(process.argv[2]);
const server = await startS3Server();
const bucket = newBucket();
server.state.buckets.set('bucket', bucket);
for (let n = 0; n < count; n++) {
  const bytes = Buffer.from(bodyOf(n));
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(bytes));
  bucket.objects.set(`raw/${String(n).padStart(8, '0')}.json`, {
    bytes,
    etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
    modified: new Date(),
    metadata: {},
    crc32: checksum.toString('base64'),
  });
}
// Of a hundred thousand requests nobody wants the names.
setInterval(() => (server.requests.length = 0), 1000);
process.stdout.write(`${server.endpoint}\n`);
