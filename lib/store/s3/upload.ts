import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { UserError } from '../../errors.ts';
import type { WriteCondition } from '../store.ts';
import { conditionOf } from './condition.ts';
import { effective, type Conditions } from './conditions.ts';
import { badReply } from './fault.ts';
import { MAX_PARTS, MAX_PUT_BYTES } from './options.ts';
import { plainEtag, WRITER, type Session } from './session.ts';
import { committing, putS3, type Target } from './write.ts';

/**
 * Makes a local file an object and returns its etag. A small file takes one PutObject. A large one
 * goes up in parts, unless it has a condition and the server keeps to conditions of PutObject alone.
 */
export async function uploadS3(
  session: Session,
  conditions: Conditions,
  path: string,
  target: Target,
): Promise<string> {
  const { key } = target;
  const condition = await effective(session, conditions, target);
  const { size: bytes } = await stat(path);
  if (bytes <= session.limits.partBytes) {
    const content = await readFile(path);
    return await session.transfers(() =>
      putS3(session, key, { bytes, open: () => content }, condition),
    );
  }
  if (!condition || (await conditions.holdForMultipart())) {
    return await uploadInParts(session, path, bytes, { key, condition });
  }
  if (bytes > MAX_PUT_BYTES) throw tooLarge(session, key);
  const content = { bytes, open: () => createReadStream(path) };
  return await session.transfers(() => putS3(session, key, content, condition));
}

async function uploadInParts(
  session: Session,
  path: string,
  bytes: number,
  target: Target,
): Promise<string> {
  const file = await open(path);
  try {
    const upload = await start(session, target.key);
    try {
      const parts = await sendParts(session, upload, file, bytes);
      return await complete(session, upload, parts, target.condition);
    } catch (error) {
      // The parts would be kept, and paid for, until somebody looks. What cannot be aborted goes with `store:clean`.
      await abort(session, upload).catch(() => undefined);
      throw error;
    }
  } finally {
    await file.close();
  }
}

interface Upload {
  readonly key: string;
  readonly id: string;
  readonly writer: string;
}

function start(session: Session, key: string): Promise<Upload> {
  const writer = randomUUID();
  return session.retrying('write', key, async () => {
    const { UploadId } = await session.client.send(
      new CreateMultipartUploadCommand({
        ...session.at(key),
        Metadata: { [WRITER]: writer },
        ChecksumAlgorithm: 'CRC32',
        // One checksum of the whole, so that a download can be held against it.
        ChecksumType: 'FULL_OBJECT',
      }),
    );
    if (UploadId === undefined) throw badReply('the server gave no upload id');
    return { key, id: UploadId, writer };
  });
}

async function sendParts(
  session: Session,
  upload: Upload,
  file: FileHandle,
  bytes: number,
): Promise<CompletedPart[]> {
  const size = Math.max(session.limits.partBytes, Math.ceil(bytes / MAX_PARTS));
  const starts = Array.from({ length: Math.ceil(bytes / size) }, (_, index) => index * size);
  let failure: { readonly error: unknown } | undefined;
  const parts = starts.map((from, index) =>
    session.transfers(async () => {
      if (failure) throw failure.error;
      try {
        session.signal?.throwIfAborted();
        const body = await readPart(file, from, Math.min(size, bytes - from));
        return await sendPart(session, upload, index + 1, body);
      } catch (error) {
        failure ??= { error };
        throw error;
      }
    }),
  );
  // All have ended before the upload is aborted: a part that comes later would stay.
  await Promise.allSettled(parts);
  return await Promise.all(parts);
}

function sendPart(
  session: Session,
  { key, id }: Upload,
  number: number,
  body: Uint8Array,
): Promise<CompletedPart> {
  return session.retrying('write', key, async () => {
    const part = { ...session.at(key), UploadId: id, PartNumber: number, Body: body };
    const { ETag, ChecksumCRC32 } = await session.client.send(new UploadPartCommand(part));
    return {
      PartNumber: number,
      ETag,
      ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }),
    };
  });
}

function complete(
  session: Session,
  { key, id, writer }: Upload,
  parts: readonly CompletedPart[],
  condition: WriteCondition | undefined,
): Promise<string> {
  return committing(session, { key, condition, writer }, async () => {
    const command = new CompleteMultipartUploadCommand({
      ...session.at(key),
      UploadId: id,
      MultipartUpload: { Parts: [...parts] },
      ChecksumType: 'FULL_OBJECT',
      ...conditionOf(condition),
    });
    return plainEtag((await session.client.send(command)).ETag);
  });
}

async function abort(session: Session, { key, id }: Upload): Promise<void> {
  const command = new AbortMultipartUploadCommand({ ...session.at(key), UploadId: id });
  await session.retrying('abort the upload of', key, () => session.client.send(command));
}

async function readPart(file: FileHandle, from: number, bytes: number): Promise<Uint8Array> {
  const part = Buffer.allocUnsafe(bytes);
  const { bytesRead } = await file.read(part, 0, bytes, from);
  if (bytesRead !== bytes) throw new Error('the file became shorter while it was uploaded');
  return part;
}

function tooLarge(session: Session, key: string): UserError {
  return new UserError(
    `Cannot write '${key}' in bucket '${session.bucket}': it has more than ${MAX_PUT_BYTES} bytes, and the server does not keep to conditions when files come in parts. Split the partition into smaller ones, or use another server.`,
  );
}
