/** Reads `length` bytes at an offset; fewer at the end of the file. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

/**
 * Whether zstd data ends where its last frame does. Walks frame and block headers (RFC 8878,
 * section 3.1) without decompressing, because decoders at hand take truncated data for the whole.
 */
export async function isCompleteZstd(read: ReadAt, size: number): Promise<boolean> {
  let offset = 0;
  while (offset < size) {
    const next = await frameEnd(read, offset);
    if (next === undefined || next > size) return false;
    offset = next;
  }
  return true;
}

async function frameEnd(read: ReadAt, start: number): Promise<number | undefined> {
  const head = Buffer.from(await read(start, 8));
  if (head.length < 6) return undefined;
  const magic = head.readUInt32LE(0);
  if (magic >>> 4 === 0x184d2a5)
    return head.length < 8 ? undefined : start + 8 + head.readUInt32LE(4);
  if (magic !== 0xfd2fb528) return undefined;
  const descriptor = head.readUInt8(4);
  const blocks = await blocksEnd(read, start + 5 + restOfHeader(descriptor));
  return blocks === undefined ? undefined : blocks + (descriptor & 0x04 ? 4 : 0);
}

/** Bytes of the frame header after its descriptor: window, dictionary id, content size. */
function restOfHeader(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const window = isSingleSegment ? 0 : 1;
  const dictionary = [0, 1, 2, 4][descriptor & 0x03] ?? 0;
  const content = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return window + dictionary + content;
}

async function blocksEnd(read: ReadAt, start: number): Promise<number | undefined> {
  let offset = start;
  for (;;) {
    const bytes = Buffer.from(await read(offset, 3));
    if (bytes.length < 3) return undefined;
    const header = bytes.readUIntLE(0, 3);
    const isRun = ((header >> 1) & 0x03) === 1;
    offset += 3 + (isRun ? 1 : header >> 3);
    if (header & 1) return offset;
  }
}
