import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { UserError } from '../../errors.ts';
import { ChangedError } from '../conflict.ts';
import type { Stored } from '../store.ts';
import { badReply, faultOf } from './fault.ts';
import { Patience } from './patience.ts';
import { plainEtag, quotedEtag, type Session } from './session.ts';

/** The object was replaced, or arrived damaged: what has come so far must not be used. */
export class SpoiltError extends UserError {
  override readonly name = 'SpoiltError';

  constructor(message: string) {
    super(message, { retryable: true });
  }
}

/** How far the reading of one version of an object has come. */
export interface Progress {
  at: number;
  /** Absent where the reader has a better way to tell whether the bytes are right. */
  crc?: number;
  /** Where it ends, known once the first reply is there. */
  total?: number;
  /** Of the bytes from `at` to `total` alone. */
  readonly isPart?: boolean;
  /** Of the version, if one is asked for, and else of the first reply. */
  etag?: string;
  /** CRC32 of the whole object in base64, where the server has it. */
  expected?: string | undefined;
}

/** Where a reading starts, of a certain version or of any. Its checksum costs a third of its time. */
export function noProgress(etag?: string, { isHashed = false } = {}): Progress {
  return { at: 0, ...(!isHashed && { crc: 0 }), ...(etag !== undefined && { etag }) };
}

/** A small object whole, or undefined if there is none. */
export function readS3(session: Session, key: string): Promise<Stored | undefined> {
  return untilUnspoilt(session, key, async () => {
    const chunks: Uint8Array[] = [];
    const progress = noProgress();
    try {
      for await (const chunk of streamS3(session, key, progress)) chunks.push(chunk);
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
    return { bytes: Buffer.concat(chunks), etag: progress.etag ?? '' };
  });
}

/** Does an action that reads an object whole, from the start again if what it read was spoilt. */
export async function untilUnspoilt<T>(
  session: Session,
  key: string,
  action: () => Promise<T>,
): Promise<T> {
  const patience = new Patience(session.operation('read', key), session);
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof SpoiltError) || attempt === MAX_SPOILT) throw error;
      await patience.pause();
    }
  }
}

/** Whether an error says that there is no such object, rather than that the store cannot be read. */
export function isAbsence(error: unknown): boolean {
  return error instanceof UserError && faultOf(error.cause)?.code === 'NoSuchKey';
}

/**
 * The bytes of one version of an object. A body that is cut off goes on where it ended; at the end
 * the length and, where the server has one, the checksum of the whole are compared.
 */
export async function* streamS3(
  session: Session,
  key: string,
  progress: Progress = noProgress(),
): AsyncGenerator<Uint8Array> {
  const patience = new Patience(session.operation('read', key), session);
  while (progress.at !== progress.total) {
    try {
      for await (const chunk of bytesFrom(session, key, progress)) {
        session.signal?.throwIfAborted();
        patience.progress();
        yield chunk;
      }
    } catch (error) {
      if (progress.etag !== undefined && faultOf(error)?.status === 412) {
        if (progress.total === undefined) throw new ChangedError(key);
        throw spoilt(session, key, 'it was replaced while it was read');
      }
      // Cut off behind the last byte, a body is whole.
      if (progress.at !== progress.total || error instanceof UserError) await patience.after(error);
    }
  }
  const { expected, crc } = progress;
  if (crc === undefined || expected === undefined) return;
  if (expected !== base64(crc)) throw damaged(session, key);
}

/** How often an object that was replaced or damaged on its way is read again. */
const MAX_SPOILT = 5;

async function* bytesFrom(
  session: Session,
  key: string,
  progress: Progress,
): AsyncGenerator<Uint8Array> {
  const body = await open(session, key, progress);
  try {
    for await (const chunk of body) {
      progress.at += chunk.length;
      if (progress.crc !== undefined) progress.crc = crc32(chunk, progress.crc);
      yield chunk;
    }
  } catch (error) {
    // No failure of the network: the SDK has found a checksum wrong, maybe one that we do not know.
    throw faultOf(error) ? error : damaged(session, key);
  } finally {
    // A body that is not read to its end would keep its connection for ever.
    body.destroy();
  }
  if (progress.at !== progress.total) throw badReply('the body is shorter than its length');
}

async function open(
  session: Session,
  key: string,
  progress: Progress,
): Promise<AsyncIterable<Uint8Array> & Pick<Readable, 'destroy'>> {
  const { at, total = Infinity, etag, isPart = at > 0 } = progress;
  const command = new GetObjectCommand({
    ...session.at(key),
    ...(isPart && { Range: `bytes=${at}-${total - 1}` }),
    ...(etag !== undefined && { IfMatch: quotedEtag(etag) }),
  });
  const reply = await session.client.send(command);
  const { Body } = reply;
  if (!(Body instanceof Readable)) throw new Error('the reply has no body');
  const fault = isPart ? faultOfPart(reply, progress) : start(reply, progress);
  if (fault === undefined) return Body;
  Body.destroy();
  throw badReply(fault);
}

/** Notes what is to come, or says what the reply lacks. */
function start(reply: GetObjectCommandOutput, progress: Progress): string | undefined {
  const { ContentLength, ETag, ChecksumCRC32 } = reply;
  if (ContentLength === undefined) return 'the reply does not tell its length';
  progress.total = ContentLength;
  progress.etag = plainEtag(ETag);
  // The checksum of checksums of parts, `…-3`, is none of the whole.
  progress.expected = ChecksumCRC32?.includes('-') ? undefined : ChecksumCRC32;
  return undefined;
}

/** Bytes from elsewhere have a right length, too. */
function faultOfPart(
  { ContentRange }: GetObjectCommandOutput,
  { at, total = 0 }: Progress,
): string | undefined {
  const isRight = ContentRange?.startsWith(`bytes ${at}-${total - 1}/`);
  return isRight ? undefined : 'the reply is not the part that was asked for';
}

/** The error of an object whose bytes do not have its checksum. */
export function damaged(session: Session, key: string): SpoiltError {
  return spoilt(session, key, 'it arrived damaged, as its checksum shows');
}

/** The error of an object of which nothing may be used. */
export function spoilt({ bucket, prefix }: Session, key: string, why: string): SpoiltError {
  return new SpoiltError(
    `Cannot read '${prefix}${key}' in bucket '${bucket}': ${why}. Nothing of it was used; run the same command again.`,
  );
}

function base64(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}
