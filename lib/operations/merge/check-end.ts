import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { UserError } from '../../errors.ts';
import { compressionOf } from '../../formats/compression.ts';
import { isParquet } from '../../formats/detect.ts';
import { isCompleteZstd } from '../../formats/zstd-frames.ts';
import { readAt } from '../sources/read-at.ts';

/** Throws UserError if compressed data ends too early: the engine would take the beginning for the whole. */
export async function checkEnd(path: string, head: Uint8Array): Promise<void> {
  const compression = isParquet(head) ? 'uncompressed' : compressionOf(path, head);
  switch (compression) {
    case 'uncompressed':
      return;
    case 'gzip':
      return await gunzip(path);
    case 'zstd': {
      const { size } = await stat(path);
      const read = (offset: number, length: number): Promise<Uint8Array> =>
        readAt(path, offset, length);
      if (!(await isCompleteZstd(read, size))) throw truncated(path, undefined);
      return;
    }
    default:
      return compression satisfies never;
  }
}

async function gunzip(path: string): Promise<void> {
  const options = { highWaterMark: 1024 * 1024 };
  const unzipped: AsyncIterable<Buffer> = createReadStream(path, options).pipe(
    createGunzip({ chunkSize: 1024 * 1024 }),
  );
  try {
    // Reading it to its end is the check.
    for await (const chunk of unzipped) chunk.fill(0, 0, 0);
  } catch (error) {
    throw truncated(path, error);
  }
}

function truncated(path: string, cause: unknown): UserError {
  return new UserError(
    `'${path}' is truncated or damaged: its compressed data does not end as it should. Nothing was published; fetch the file again.`,
    { cause },
  );
}
