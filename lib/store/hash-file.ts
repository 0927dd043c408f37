import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** Tells a file from every other one. */
export interface Content {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

const BUFFER_BYTES = 1024 * 1024;

/** What a local file holds, or its first `length` bytes. Throws what the system says if it cannot be read. */
export async function hashFile(path: string, length = Infinity): Promise<Content> {
  const file = await open(path);
  try {
    const hash = createHash('sha256');
    const wanted = Math.min((await file.stat()).size, length);
    // One buffer for all: with one for each read the garbage collector takes as long as the hash.
    const buffer = Buffer.allocUnsafe(Math.min(wanted, BUFFER_BYTES));
    let bytes = 0;
    while (bytes < wanted) {
      const most = Math.min(buffer.length, wanted - bytes);
      const { bytesRead } = await file.read(buffer, 0, most, bytes);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}
