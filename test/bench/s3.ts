import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { link, mkdtemp, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { openS3Store } from '../../lib/store/s3/s3.ts';
import { testEffects } from '../store/system.ts';
import { timed } from './pack.ts';
import type { Measured } from './pack.ts';
import { access, serve } from './s3-process.ts';

const MIB = 1024 * 1024;

/** What the SDK is tried with: the size of parts, and how many at once. The fastest counts. */
const plans = [
  { partBytes: 8 * MIB, atOnce: 4 },
  { partBytes: 8 * MIB, atOnce: 16 },
  { partBytes: 32 * MIB, atOnce: 8 },
];

/** How often each is measured, in turn; the median counts. */
const TURNS = 5;

/** One way to move the file. */
interface Way {
  readonly name: string;
  readonly isPipe?: boolean;
  /** What shows that it came whole. */
  readonly checks: 'nothing' | 'CRC32' | 'SHA-256';
  readonly move: () => Promise<unknown>;
}

/**
 * A large file up to an S3 server and down again, beside the SDK at its best. The server is the one
 * of the tests, in a process of its own, or the one that `PIPE_TEST_S3_ENDPOINT` names.
 */
export async function benchS3(bytes: number): Promise<readonly object[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-bench-'));
  const given = process.env['PIPE_TEST_S3_ENDPOINT'];
  const server = given ? { endpoint: given, stop() {} } : await serve(0, folder);
  const place = { ...access, endpoint: server.endpoint };
  const client = new S3Client({
    ...place,
    forcePathStyle: true,
    requestHandler: { httpAgent: { keepAlive: true, maxSockets: 64 } },
  });
  try {
    await client.send(new CreateBucketCommand({ Bucket: 'bucket' })).catch(() => undefined);
    const file = join(folder, 'file');
    await writeRandom(file, bytes);
    const up = await compare(bytes, uploads(client, place, folder, file, bytes));
    const down = await compare(bytes, await downloads(client, place, folder, file, bytes));
    return [...up, ...down];
  } finally {
    client.destroy();
    server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

type Place = typeof access & { readonly endpoint: string };

function uploads(
  client: S3Client,
  place: Place,
  folder: string,
  file: string,
  bytes: number,
): readonly Way[] {
  const store = storeAt(place, folder);
  return [
    ...plans.map((plan) => ({
      name: `SDK, parts of ${plan.partBytes / MIB} MiB, ${plan.atOnce} at once`,
      checks: 'CRC32' as const,
      move: () => putParts(client, file, bytes, plan),
    })),
    {
      name: 'Pipe, upload',
      isPipe: true,
      checks: 'CRC32',
      async move() {
        const staging = await store.openStaging('bench');
        const staged = staging.path('file');
        // It goes away with the upload.
        await link(file, staged);
        await store.upload(staged, 'file');
        await staging.close();
      },
    },
  ];
}

async function downloads(
  client: S3Client,
  place: Place,
  folder: string,
  file: string,
  bytes: number,
): Promise<readonly Way[]> {
  const store = storeAt(place, folder);
  const sha256 = await hashOf(file);
  const download = async (expected?: { bytes: number; sha256: string }): Promise<void> => {
    const staging = await store.openStaging('bench');
    await store.download('file', staging, expected);
    await staging.close();
  };
  const target = join(folder, 'down');
  // What Pipe downloads goes away with its staging.
  const fetch = (get: () => Promise<unknown>) => async (): Promise<void> => {
    await get();
    await rm(target);
  };
  const ranges = plans.map((plan) => ({
    plan,
    name: `SDK, ranges of ${plan.partBytes / MIB} MiB, ${plan.atOnce} at once`,
  }));
  return [
    { name: 'SDK, one GET', checks: 'CRC32', move: fetch(() => getWhole(client, target)) },
    ...ranges.map(({ name, plan }) => ({
      name,
      checks: 'nothing' as const,
      move: fetch(() => getRanges(client, target, bytes, plan)),
    })),
    {
      name: 'SDK, one GET, hashed as it comes',
      checks: 'SHA-256',
      move: fetch(() => getWhole(client, target, sha256)),
    },
    ...ranges.map(({ name, plan }) => ({
      name: `${name}, hashed then`,
      checks: 'SHA-256' as const,
      move: fetch(async () => {
        await getRanges(client, target, bytes, plan);
        if ((await hashOf(target)) !== sha256) throw new Error('it came damaged');
      }),
    })),
    { name: 'Pipe, download', isPipe: true, checks: 'CRC32', move: () => download() },
    {
      name: 'Pipe, download held against its manifest',
      isPipe: true,
      checks: 'SHA-256',
      move: () => download({ bytes, sha256 }),
    },
  ];
}

function storeAt(place: Place, folder: string) {
  const spool = join(folder, 'spool');
  return openS3Store(
    { bucket: 'bucket', prefix: 'pipe' },
    { ...place, effects: testEffects(), spool },
  );
}

/**
 * The medians of several turns of each way, and for those of Pipe what part of the SDK's best speed
 * they have: of all, and of those that check as much.
 */
async function compare(bytes: number, ways: readonly Way[]): Promise<readonly object[]> {
  const turns = new Map<Way, Measured[]>(ways.map((way) => [way, []]));
  for (let turn = 0; turn < TURNS; turn++) {
    for (const way of ways) turns.get(way)?.push(await timed(async () => void (await way.move())));
  }
  const median = (way: Way, value: (measured: Measured) => number): number =>
    turns
      .get(way)
      ?.map(value)
      .sort((one, other) => one - other)[Math.floor(TURNS / 2)] ?? Number.NaN;
  const speed = (way: Way): number => bytes / MIB / median(way, ({ seconds }) => seconds);
  const ofBest = (way: Way, among: (other: Way) => boolean): number => {
    const best = Math.max(...ways.filter((other) => !other.isPipe && among(other)).map(speed));
    return Math.round((speed(way) / best) * 100) / 100;
  };
  return ways.map((way) => ({
    what: way.name,
    checks: way.checks,
    'MiB/s': Math.round(speed(way)),
    'CPU s': Math.round(median(way, ({ cpuMs }) => cpuMs) / 10) / 100,
    'peak RSS MiB': Math.round(median(way, ({ peakBytes }) => peakBytes) / MIB),
    ...(way.isPipe && {
      'of the best': ofBest(way, () => true),
      'so checked': ofBest(way, ({ checks }) => checks === way.checks),
    }),
  }));
}

type Plan = (typeof plans)[number];

/** Starts of parts, each with its end. */
function partsOf(bytes: number, { partBytes }: Plan): readonly (readonly [number, number])[] {
  const count = Math.ceil(bytes / partBytes);
  return Array.from({ length: count }, (_, index) => [
    index * partBytes,
    Math.min((index + 1) * partBytes, bytes),
  ]);
}

async function putParts(client: S3Client, file: string, bytes: number, plan: Plan): Promise<void> {
  const at = { Bucket: 'bucket', Key: 'sdk' };
  const checksum = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...at, ...checksum }));
  const handle = await open(file);
  const Parts = await pLimit(plan.atOnce).map(partsOf(bytes, plan), async ([start, end], index) => {
    const { buffer } = await handle.read(Buffer.allocUnsafe(end - start), 0, end - start, start);
    const part = { ...at, UploadId, PartNumber: index + 1, Body: buffer };
    const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand(part));
    return { PartNumber: index + 1, ETag, ChecksumCRC32 };
  });
  await handle.close();
  const complete = {
    ...at,
    UploadId,
    MultipartUpload: { Parts },
    ChecksumType: 'FULL_OBJECT',
  } as const;
  await client.send(new CompleteMultipartUploadCommand(complete));
}

async function getWhole(client: S3Client, target: string, sha256?: string): Promise<void> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'sdk' }));
  if (!(Body instanceof Readable)) throw new Error('the reply has no body');
  const hash = createHash('sha256');
  if (sha256 !== undefined) Body.on('data', (chunk: Buffer) => hash.update(chunk));
  await pipeline(Body, createWriteStream(target, { highWaterMark: MIB }));
  if (sha256 !== undefined && hash.digest('hex') !== sha256) throw new Error('it came damaged');
}

async function getRanges(
  client: S3Client,
  target: string,
  bytes: number,
  plan: Plan,
): Promise<void> {
  const handle: FileHandle = await open(target, 'w');
  await pLimit(plan.atOnce).map(partsOf(bytes, plan), async ([start, end]) => {
    const Range = `bytes=${start}-${end - 1}`;
    const { Body } = await client.send(
      new GetObjectCommand({ Bucket: 'bucket', Key: 'sdk', Range }),
    );
    const part = (await Body?.transformToByteArray()) ?? new Uint8Array();
    await handle.write(part, 0, part.length, start);
  });
  await handle.close();
}

async function writeRandom(file: string, bytes: number): Promise<void> {
  const handle = await open(file, 'w');
  for (let done = 0; done < bytes; done += 8 * MIB) {
    await handle.writeFile(randomBytes(Math.min(8 * MIB, bytes - done)));
  }
  await handle.close();
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: MIB }), hash);
  return hash.digest('hex');
}
