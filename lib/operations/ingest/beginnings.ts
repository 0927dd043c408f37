import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Something that may be the beginning of a file. */
export interface Beginning {
  readonly bytes: number;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
}

/** Those that a file begins with, but not the file itself. Reads it once, and only as far as the longest goes. */
export async function beginningsOf<Each extends Beginning>(
  file: { readonly path: string; readonly bytes: number },
  candidates: Iterable<Each>,
): Promise<Each[]> {
  const shorter = [...candidates].filter(({ bytes }) => bytes > 0 && bytes < file.bytes);
  const lengths = [...new Set(shorter.map(({ bytes }) => bytes))].sort((a, b) => a - b);
  const hashes = await hashesAt(file.path, lengths);
  return shorter.filter(({ bytes, sha256 }) => hashes.get(bytes) === sha256);
}

/** The hashes of a file up to each of some lengths, which ascend. */
async function hashesAt(
  path: string,
  lengths: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const hashes = new Map<number, string>();
  const last = lengths.at(-1);
  if (last === undefined) return hashes;
  const hash = createHash('sha256');
  const chunks: AsyncIterable<Buffer> = createReadStream(path, {
    end: last - 1,
    highWaterMark: 1024 * 1024,
  });
  let [at, next] = [0, 0];
  for await (const chunk of chunks) {
    let start = 0;
    for (
      let to = lengths[next];
      to !== undefined && to <= at + chunk.length;
      to = lengths[++next]
    ) {
      hash.update(chunk.subarray(start, to - at));
      start = to - at;
      hashes.set(to, hash.copy().digest('hex'));
    }
    hash.update(chunk.subarray(start));
    at += chunk.length;
  }
  return hashes;
}
