import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import pLimit from 'p-limit';
import { UserError } from '../../errors.ts';
import type { Compression } from '../../formats/compression.ts';
import { isCompleteZstd } from '../../formats/zstd-frames.ts';
import { readAt } from './read-at.ts';

/** A local file, and the name to blame. */
export interface Compressed {
  readonly path: string;
  readonly name: string;
  readonly compression: Compression;
}

/** Throws UserError if compressed data ends too early: the engine would take the beginning for the whole. */
export async function checkEnd({ path, name, compression }: Compressed): Promise<void> {
  switch (compression) {
    case 'uncompressed':
      return;
    case 'gzip':
      return await gunzip(path).catch((error: unknown) => Promise.reject(truncated(name, error)));
    case 'zstd': {
      const { size } = await stat(path);
      const read = (offset: number, length: number): Promise<Uint8Array> =>
        readAt(path, offset, length);
      if (!(await isCompleteZstd(read, size))) throw truncated(name, undefined);
      return;
    }
    default:
      return compression satisfies never;
  }
}

/**
 * Reads files by the engine while looking whether they end as they should. What is wrong with their
 * ends says more than what the engine then makes of them, so that is thrown first.
 */
export async function readWhole<Result>(
  files: readonly Compressed[],
  read: () => Promise<Result>,
): Promise<Result> {
  const limit = pLimit(AT_ONCE);
  const ends = files.map((file) => limit(() => checkEnd(file)));
  const reading = read();
  await Promise.allSettled([reading, ...ends]);
  await Promise.all(ends);
  return await reading;
}

const AT_ONCE = 4;

async function gunzip(path: string): Promise<void> {
  const unzipped: AsyncIterable<Buffer> = createReadStream(path, {
    highWaterMark: 1024 * 1024,
  }).pipe(createGunzip({ chunkSize: 1024 * 1024 }));
  // Reading it to its end is the check.
  for await (const chunk of unzipped) chunk.fill(0, 0, 0);
}

function truncated(name: string, cause: unknown): UserError {
  return new UserError(
    `'${name}' is truncated or damaged: its compressed data does not end as it should; fetch it again, and run the same command`,
    { cause },
  );
}
