import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { checkVersion } from '../conflict.ts';
import { localError } from '../fault.ts';
import type { Content } from '../store.ts';
import { divisibleS3, type Whole } from './divisible.ts';
import { downloadInParts } from './download-parts.ts';
import { damaged, noProgress, spoilt, streamS3, untilUnspoilt, type SpoiltError } from './read.ts';
import type { Session } from './session.ts';

/** An object, and where it shall come to lie. */
export interface Download {
  readonly key: string;
  readonly path: string;
  /** As far as is known before. */
  readonly bytes: number;
  readonly expected?: Content | undefined;
}

/**
 * Writes an object to a new local file: a large one in parts, if what comes can be checked all the
 * same. Read from the start again if it does not become what is expected.
 */
export async function downloadS3(session: Session, download: Download): Promise<void> {
  const { key, path, bytes, expected } = download;
  const isHashed = expected?.sha256 !== undefined;
  const isLarge = bytes >= session.limits.partBytes * MIN_PARTS;
  try {
    await untilUnspoilt(session, key, async () => {
      const whole = isLarge ? await divisibleS3(session, key, { isHashed }) : undefined;
      if (whole) await session.largeFiles(() => inParts(session, download, whole));
      else await session.transfers(() => inOne(session, download));
    });
  } catch (error) {
    await rm(path, { force: true });
    throw localError('write', path, error);
  }
}

/** Fewer would not make up for the further request. */
const MIN_PARTS = 4;

async function inParts(session: Session, download: Download, whole: Whole): Promise<void> {
  const { key, path, expected } = download;
  checkVersion(key, expected ?? {}, whole.etag);
  if (expected?.sha256 !== undefined) {
    if (whole.bytes !== expected.bytes) throw another(session, key);
    const hash = await downloadInParts(session, { key, path, ...whole }, 'sha256');
    if (hash !== expected.sha256) throw another(session, key);
  } else {
    const algorithm = whole.crc32 === undefined ? undefined : 'crc32';
    const hash = await downloadInParts(session, { key, path, ...whole }, algorithm);
    if (hash !== whole.crc32) throw damaged(session, key);
  }
}

async function inOne(session: Session, { key, path, expected }: Download): Promise<void> {
  const hash = expected?.sha256 === undefined ? undefined : createHash('sha256');
  const progress = noProgress(expected?.etag, { isHashed: hash !== undefined });
  // Writes what has come in the meantime at once, and again what a nearly full disk did not take.
  await pipeline(
    hashed(streamS3(session, key, progress), hash),
    createWriteStream(path, { highWaterMark: WRITE_BYTES }),
  );
  if (!hash) return;
  const isRight = progress.at === expected?.bytes && hash.digest('hex') === expected.sha256;
  if (!isRight) throw another(session, key);
}

function another(session: Session, key: string): SpoiltError {
  return spoilt(session, key, 'it is not the file that its manifest describes');
}

/** What waits to be written at most. */
const WRITE_BYTES = 1024 * 1024;

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: Hash | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash?.update(chunk);
    yield chunk;
  }
}
