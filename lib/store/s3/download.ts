import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { localError } from '../fault.ts';
import type { Content } from '../store.ts';
import { noProgress, spoilt, streamS3, untilUnspoilt } from './read.ts';
import type { Session } from './session.ts';

/** Writes an object to a new local file. Read from the start again if it does not become what is expected. */
export async function downloadS3(
  session: Session,
  key: string,
  path: string,
  expected: Content | undefined,
): Promise<void> {
  try {
    await untilUnspoilt(session, key, () => copy(session, key, path, expected));
  } catch (error) {
    await rm(path, { force: true });
    throw localError('write', path, error);
  }
}

async function copy(
  session: Session,
  key: string,
  path: string,
  expected: Content | undefined,
): Promise<void> {
  const hash = expected?.sha256 === undefined ? undefined : createHash('sha256');
  const progress = noProgress(expected?.etag, { isHashed: hash !== undefined });
  // Writes what has come in the meantime at once, and again what a nearly full disk did not take.
  await pipeline(
    hashed(streamS3(session, key, progress), hash),
    createWriteStream(path, { highWaterMark: WRITE_BYTES }),
  );
  if (!hash) return;
  const isRight = progress.at === expected?.bytes && hash.digest('hex') === expected.sha256;
  if (!isRight) throw spoilt(session, key, 'it is not the file that its manifest describes');
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
