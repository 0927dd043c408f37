import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { crc32 } from 'node:zlib';
import { S3Error } from './reply.ts';

export interface Body {
  readonly body: Buffer;
  readonly crc32?: string;
}

/** Reads a body, turns over a bit of the byte that is to be damaged, takes off its chunk framing, and checks length, SHA-256, MD5 and CRC32 where they are given. */
export async function readBody(
  message: IncomingMessage,
  headers: Readonly<Record<string, string>>,
  damaged?: number,
): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  if (damaged !== undefined) raw.writeUInt8(raw.readUInt8(damaged) ^ 1, damaged);
  const isFramed = headers['content-encoding']?.includes('aws-chunked') ?? false;
  const { body, trailers } = isFramed ? unframe(raw) : { body: raw, trailers: {} };
  checkHashes(body, headers);
  const length = headers['x-amz-decoded-content-length'];
  if (length !== undefined && Number(length) !== body.length)
    throw new S3Error(400, 'IncompleteBody');
  const sent = { ...headers, ...trailers }['x-amz-checksum-crc32'];
  if (sent === undefined) return { body };
  if (sent !== crc32Of(body)) throw new S3Error(400, 'BadDigest');
  return { body, crc32: sent };
}

export function crc32Of(bytes: Uint8Array): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum.toString('base64');
}

function checkHashes(body: Buffer, headers: Readonly<Record<string, string>>): void {
  const sha256 = headers['x-amz-content-sha256'] ?? '';
  const hash = createHash('sha256').update(body).digest('hex');
  if (/^[0-9a-f]{64}$/.test(sha256) && sha256 !== hash) {
    throw new S3Error(400, 'XAmzContentSHA256Mismatch');
  }
  const md5 = headers['content-md5'];
  if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64')) {
    throw new S3Error(400, 'BadDigest');
  }
}

/** `<hex length>[;…]\r\n<bytes>\r\n … 0\r\n<name>:<value>\r\n\r\n`. */
function unframe(raw: Buffer): { body: Buffer; trailers: Record<string, string> } {
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = raw.indexOf('\r\n', at);
    if (end < 0) throw new S3Error(400, 'IncompleteBody');
    const length = Number.parseInt(raw.toString('latin1', at, end), 16);
    at = end + 2;
    if (length === 0) break;
    pieces.push(raw.subarray(at, at + length));
    at += length + 2;
  }
  const lines = raw.toString('latin1', at).split('\r\n').filter(Boolean);
  const trailers = lines.map((line) => line.split(/:\s*(.*)/s).slice(0, 2));
  return { body: Buffer.concat(pieces), trailers: Object.fromEntries(trailers) };
}
