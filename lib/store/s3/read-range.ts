import { GetObjectCommand } from '@aws-sdk/client-s3';
import { ChangedError } from '../conflict.ts';
import type { ByteRange, Stored } from '../store.ts';
import { badReply, faultOf } from './fault.ts';
import { plainEtag, quotedEtag, type Session } from './session.ts';

/** A part of an object, as `Store.readRange` has it. A part that was cut off is read again whole. */
export async function readRangeS3(
  session: Session,
  key: string,
  range: ByteRange,
): Promise<Stored | undefined> {
  // HTTP has no way to ask for nothing.
  if (range.end <= range.start) return await nothingOf(session, key);
  const stored = await session.retrying('read', key, () => request(session, key, range));
  return stored === 'past the end' ? await nothingOf(session, key) : stored;
}

async function nothingOf(session: Session, key: string): Promise<Stored | undefined> {
  const head = await session.head(key);
  return head && { bytes: new Uint8Array(), etag: head.etag };
}

async function request(
  session: Session,
  key: string,
  { start, end, etag }: ByteRange,
): Promise<Stored | 'past the end' | undefined> {
  const command = new GetObjectCommand({
    ...session.at(key),
    Range: `bytes=${start}-${end - 1}`,
    ...(etag !== undefined && { IfMatch: quotedEtag(etag) }),
  });
  try {
    const { Body, ContentLength, ContentRange, ETag } = await session.client.send(command);
    const bytes = await Body?.transformToByteArray();
    if (bytes?.length !== ContentLength) throw badReply('the body is shorter than its length');
    if (bytes === undefined) throw badReply('the reply has no body');
    // A server that knows no ranges sends all there is.
    const isWhole = ContentRange === undefined;
    return { bytes: isWhole ? bytes.subarray(start, end) : bytes, etag: plainEtag(ETag) };
  } catch (error) {
    const { status, code } = faultOf(error) ?? {};
    if (status === 412) throw new ChangedError(key);
    if (status === 416) return 'past the end';
    if (code === 'NoSuchKey') return undefined;
    throw error;
  }
}
