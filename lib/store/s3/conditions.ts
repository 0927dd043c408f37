import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { UserError } from '../../errors.ts';
import { checkCondition, ConflictError } from '../conflict.ts';
import type { WriteCondition } from '../store.ts';
import { conditionOf } from './condition.ts';
import { faultOf } from './fault.ts';
import { plainEtag, type Session } from './session.ts';
import { putS3, type Target } from './write.ts';

/** Where the probe writes; what a killed probe leaves goes with `store:clean`. */
export const PROBE_PREFIX = '.pipe/probe/';

/** Finds out, each once and when it is first asked, whether conditions of an endpoint hold. */
export class Conditions {
  readonly #session: Session;
  readonly #isUnsafe: boolean;
  #put: Promise<boolean> | undefined;
  #complete: Promise<boolean> | undefined;

  constructor(session: Session, isUnsafe: boolean) {
    this.#session = session;
    this.#isUnsafe = isUnsafe;
  }

  /** Whether those of a PUT hold. Throws if they do not, unless that was said to be all right. */
  async holdForPut(): Promise<boolean> {
    this.#put ??= once(
      () => probe(this.#session, putTwice),
      () => (this.#put = undefined),
    );
    const hold = await this.#put;
    if (hold || this.#isUnsafe) return hold;
    throw new UserError(
      `The server of bucket '${this.#session.bucket}' ignores conditions (If-None-Match, If-Match) when it writes, so that two runs could destroy each other's work. Use one that keeps to them, or add --unsafe-publish if never more than one run writes here.`,
    );
  }

  /** Whether those of a multipart upload hold; some servers know conditions of a PUT alone. */
  holdForMultipart(): Promise<boolean> {
    this.#complete ??= once(
      () => probe(this.#session, completeOver),
      () => (this.#complete = undefined),
    );
    return this.#complete;
  }
}

/** The condition of a write, or none where the server ignores it and a look before has to do. */
export async function effective(
  session: Session,
  conditions: Conditions,
  { key, condition }: Target,
): Promise<WriteCondition | undefined> {
  if (!condition || (await conditions.holdForPut())) return condition;
  checkCondition(key, condition, (await session.head(key))?.etag);
  return undefined;
}

/** A failure is no finding: the next one to ask tries again. */
function once<T>(ask: () => Promise<T>, forget: () => void): Promise<T> {
  const answer = ask();
  answer.catch(forget);
  return answer;
}

async function probe(
  session: Session,
  check: (session: Session, key: string) => Promise<boolean>,
): Promise<boolean> {
  const key = `${PROBE_PREFIX}${randomUUID()}`;
  try {
    return await check(session, key);
  } finally {
    // Who may write need not be allowed to delete.
    await session.client.send(new DeleteObjectCommand(session.at(key))).catch(() => undefined);
  }
}

/** Whether a PUT keeps to both conditions, and does not refuse one that holds. */
async function putTwice(session: Session, key: string): Promise<boolean> {
  const first = await put(session, key);
  if (first === undefined) return false;
  for (const condition of broken) {
    if ((await put(session, key, condition)) !== undefined) return false;
  }
  return await isTaken(session, key, { ifMatch: first });
}

/** The new etag, or undefined where the server refuses, be it that the condition fails or that there is one. */
function put(
  session: Session,
  key: string,
  condition?: WriteCondition,
): Promise<string | undefined> {
  const command = new PutObjectCommand({
    ...session.at(key),
    Body: Buffer.from(randomUUID()),
    ...conditionOf(condition),
  });
  return unlessRefused(session, key, async () =>
    plainEtag((await session.client.send(command)).ETag),
  );
}

/** Whether a server does not refuse a condition that holds, though replies are lost. */
async function isTaken(session: Session, key: string, condition: WriteCondition): Promise<boolean> {
  const bytes = Buffer.from(randomUUID());
  try {
    await putS3(session, key, { bytes: bytes.length, open: () => bytes }, condition);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}

/** Whether a multipart upload is kept from replacing an object. Some servers know one of the conditions here. */
async function completeOver(session: Session, key: string): Promise<boolean> {
  const { client } = session;
  const at = session.at(key);
  await put(session, key);
  return await session.retrying('probe', key, async () => {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(at));
    const upload = { ...at, UploadId };
    const part = { ...upload, PartNumber: 1, Body: Buffer.from('x') };
    const { ETag } = await client.send(new UploadPartCommand(part));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    for (const condition of broken) {
      const complete = { ...upload, MultipartUpload, ...conditionOf(condition) };
      const isDone = await unlessRefused(session, key, () =>
        client.send(new CompleteMultipartUploadCommand(complete)),
      );
      if (isDone) return false;
    }
    await client.send(new AbortMultipartUploadCommand(upload));
    return true;
  });
}

/** Conditions that no object fulfils which is there. */
const broken: readonly WriteCondition[] = [{ ifAbsent: true }, { ifMatch: '0'.repeat(32) }];

function unlessRefused<T>(
  session: Session,
  key: string,
  action: () => Promise<T>,
): Promise<T | undefined> {
  return session.retrying('probe', key, async () => {
    try {
      return await action();
    } catch (error) {
      const { status, code } = faultOf(error) ?? {};
      const isRefused = status === 412 || status === 501 || code === 'NoSuchKey';
      if (isRefused) return undefined;
      throw error;
    }
  });
}
