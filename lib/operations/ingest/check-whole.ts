import { checkEnd } from '../sources/check-end.ts';
import { readAt } from '../sources/read-at.ts';
import type { Loaded } from './incoming.ts';

/** See {@link checkEnd}. */
export async function checkWhole(loaded: Loaded): Promise<void> {
  const { source, kind } = loaded;
  if (kind.compression === 'gzip' && (await hasLengthOf(loaded))) return;
  await checkEnd({ ...source, compression: kind.compression });
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
