import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { UserError } from '../../errors.ts';
import { isCompleteZstd } from '../../formats/zstd-frames.ts';
import type { Loaded } from './incoming.ts';
import { readAt } from '../sources/read-at.ts';
import type { Source } from './source.ts';

/** Throws UserError if compressed data ends too early: the engine takes the beginning for the whole. */
export async function checkWhole(loaded: Loaded): Promise<void> {
  const { source } = loaded;
  switch (loaded.kind.compression) {
    case 'uncompressed':
      return;
    case 'gzip':
      if (!(await hasLengthOf(loaded))) await gunzip(source);
      return;
    case 'zstd': {
      const read = (offset: number, length: number): Promise<Uint8Array> =>
        readAt(source.path, offset, length);
      if (!(await isCompleteZstd(read, source.bytes))) throw truncated(source, undefined);
      return;
    }
    default:
      return loaded.kind satisfies never;
  }
}

/**
 * Whether the length that gzip data ends with (RFC 1952: the last four bytes, modulo 2^32) is that
 * of the records and their line ends. That spares nearly every file from being decompressed again.
 */
async function hasLengthOf({ source, lines, textBytes }: Loaded): Promise<boolean> {
  if (textBytes === undefined) return false;
  const trailer = Buffer.from(await readAt(source.path, Math.max(0, source.bytes - 4), 4));
  if (trailer.length < 4) return false;
  const lineEnds = [lines, lines - 1, 2 * lines, 2 * (lines - 1)];
  return lineEnds.some((ends) => (textBytes + ends) % 2 ** 32 === trailer.readUInt32LE(0));
}

async function gunzip(source: Source): Promise<void> {
  const unzipped: AsyncIterable<Buffer> = createReadStream(source.path, {
    highWaterMark: 1024 * 1024,
  }).pipe(createGunzip({ chunkSize: 1024 * 1024 }));
  try {
    // Reading it to its end is the check.
    for await (const chunk of unzipped) chunk.fill(0, 0, 0);
  } catch (error) {
    throw truncated(source, error);
  }
}

function truncated({ name }: Source, cause: unknown): UserError {
  return new UserError(
    `'${name}' is truncated or damaged: its compressed data does not end as it should. Nothing was published; fetch the file again.`,
    { cause },
  );
}
