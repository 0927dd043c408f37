import { PutObjectCommand } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { ConflictError, UncertainError } from '../conflict.ts';
import type { WriteCondition } from '../store.ts';
import { conditionOf, isRefusal } from './condition.ts';
import { faultOf } from './fault.ts';
import type { Patience } from './patience.ts';
import { plainEtag, WRITER, type Session } from './session.ts';

/** What is written: made anew for every attempt, because a stream can be read only once. */
export interface Content {
  readonly bytes: number;
  open(): Uint8Array | Readable;
}

/** Writes an object with one PutObject and returns its etag. */
export async function putS3(
  session: Session,
  key: string,
  content: Content,
  condition?: WriteCondition,
): Promise<string> {
  const writer = randomUUID();
  return await committing(session, { key, condition, writer }, async () => {
    const body = content.open();
    try {
      const command = new PutObjectCommand({
        ...session.at(key),
        Body: body,
        ContentLength: content.bytes,
        Metadata: { [WRITER]: writer },
        ...conditionOf(condition),
      });
      return plainEtag((await session.client.send(command)).ETag);
    } finally {
      if ('destroy' in body) body.destroy();
    }
  });
}

/** What is written where, and on which condition. */
export interface Target {
  readonly key: string;
  readonly condition?: WriteCondition | undefined;
}

/** A target, and the unique text that its object will carry. */
export interface Commit extends Target {
  readonly writer: string;
}

/**
 * Makes the one request that replaces an object, until its outcome is known. The object carries
 * who wrote it: when a reply is lost, the next attempt finds the condition broken by our own
 * write, and reading back tells that from somebody else's.
 */
export function committing(
  session: Session,
  { key, condition, writer }: Commit,
  request: () => Promise<string>,
): Promise<string> {
  return session.retrying('write', key, async (patience) => {
    try {
      return await request();
    } catch (error) {
      const isOver = isRefusal(error, condition) || faultOf(error)?.code === 'NoSuchUpload';
      if (!isOver) throw error;
      return await outcomeOf(session, key, writer, patience);
    }
  });
}

/** The etag if the object is ours after all. */
async function outcomeOf(
  session: Session,
  key: string,
  writer: string,
  patience: Patience,
): Promise<string> {
  if (!patience.isUncertain) {
    throw new ConflictError(
      `'${key}' was written or removed by somebody else meanwhile. Nothing was changed; run the same command again.`,
    );
  }
  const head = await session.head(key);
  if (head?.writer === writer) return head.etag;
  throw new UncertainError(
    `Cannot tell whether '${key}' was written in bucket '${session.bucket}': the reply was lost, and somebody else has written it since. Run the same command again.`,
  );
}
