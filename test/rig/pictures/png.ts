import { crc32, deflateSync, inflateSync } from 'node:zlib';

/**
 * The same pixels in fewer bytes: a browser packs quickly, and its filters, meant for photographs, make
 * text bigger. Takes 8-bit RGB without interlacing, as browsers write it (PNG, W3C 2003, 9.2 filters).
 */
export function smallerPng(png: Buffer): Buffer {
  const chunks = chunksOf(png);
  const [header] = chunks;
  if (header?.data.readUInt16BE(8) !== 0x0802) throw new Error('no PNG of 8-bit RGB');
  const stride = header.data.readUInt32BE(0) * bytesPerPixel;
  const packed = chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data);
  const plain = unfiltered(inflateSync(Buffer.concat(packed)), stride);
  return Buffer.concat([
    png.subarray(0, signatureBytes),
    chunk('IHDR', header.data),
    chunk('IDAT', deflateSync(plain, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

const signatureBytes = 8;
const bytesPerPixel = 3;

function chunksOf(png: Buffer): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = signatureBytes; at < png.length;) {
    const size = png.readUInt32BE(at);
    chunks.push({
      type: png.toString('latin1', at + 4, at + 8),
      data: png.subarray(at + 8, at + 8 + size),
    });
    at += size + 12;
  }
  return chunks;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  size.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([size, body, sum]);
}

/** Rows of filter 0, which leaves bytes as they are. */
function unfiltered(rows: Buffer, stride: number): Buffer {
  const plain = Buffer.from(rows);
  for (let start = 0; start < plain.length; start += stride + 1) {
    const filter = plain[start] ?? 0;
    plain[start] = 0;
    for (let at = start + 1; at <= start + stride; at++) {
      const left = at - bytesPerPixel > start ? (plain[at - bytesPerPixel] ?? 0) : 0;
      const above = start > 0 ? (plain[at - stride - 1] ?? 0) : 0;
      const isInside = start > 0 && at - bytesPerPixel > start;
      const corner = isInside ? (plain[at - stride - 1 - bytesPerPixel] ?? 0) : 0;
      plain[at] = (plain[at] ?? 0) + foretold(filter, left, above, corner);
    }
  }
  return plain;
}

function foretold(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  return filter === 4 ? paeth(left, above, corner) : 0;
}

function paeth(left: number, above: number, corner: number): number {
  const sum = left + above - corner;
  const byLeft = Math.abs(sum - left);
  const byAbove = Math.abs(sum - above);
  const byCorner = Math.abs(sum - corner);
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
}
