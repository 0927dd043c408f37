import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
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
  const file = await open(path, 'w');
  const hash = createHash('sha256');
  const progress = noProgress(expected?.etag);
  try {
    for await (const chunk of streamS3(session, key, progress)) {
      if (expected?.sha256 !== undefined) hash.update(chunk);
      // Unlike `write`, it does not leave out what a disk that is nearly full has no room for.
      await file.appendFile(chunk);
    }
  } finally {
    await file.close();
  }
  if (expected?.sha256 === undefined) return;
  const isRight = progress.at === expected.bytes && hash.digest('hex') === expected.sha256;
  if (!isRight) throw spoilt(session, key, 'it is not the file that its manifest describes');
}
