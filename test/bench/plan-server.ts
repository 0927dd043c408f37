import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { madeDays } from '../rig/partitions.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import { newBucket } from '../rig/s3-server/state.ts';

// A process of its own: an S3 server with partitions, which prints its endpoint, and for every line
// that it is given how many listings and other requests came.
const [sites = '', dates = ''] = process.argv.slice(2);
const server = await startS3Server();
const bucket = newBucket();
server.state.buckets.set('bucket', bucket);
for (const [key, bytes] of madeDays(sites.split(','), dates.split(','))) {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(bytes));
  bucket.objects.set(key, {
    bytes,
    etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
    modified: new Date(),
    metadata: {},
    crc32: checksum.toString('base64'),
  });
}
process.stdin.on('data', () => {
  const requests = server.requests.splice(0);
  const lists = requests.filter((request) => request.includes('list-type=2')).length;
  process.stdout.write(`${lists} ${requests.length - lists}\n`);
});
process.stdout.write(`${server.endpoint}\n`);
