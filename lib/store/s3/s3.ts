import { rm, writeFile } from 'node:fs/promises';
import { UserError } from '../../errors.ts';
import { checkVersion } from '../conflict.ts';
import { localError } from '../fault.ts';
import { checkKey, checkPrefix, withoutOwn } from '../key.ts';
import type {
  Appender,
  ByteRange,
  Content,
  Entry,
  ForeignObjects,
  Leftover,
  Staging,
  Store,
  Stored,
  WriteCondition,
} from '../store.ts';
import {
  bytesIn,
  isAppendable,
  joinedEntry,
  joinSegments,
  openAppender,
  readAppended,
  segmentsOf,
  streamAppended,
} from './append.ts';
import { Conditions, effective } from './conditions.ts';
import { downloadS3 } from './download.ts';
import { leftoversS3, removeLeftoverS3 } from './leftovers.ts';
import { foldersS3, listAll, visibleIn } from './list.ts';
import { BulkReader } from './bulk-read.ts';
import type { S3Options } from './options.ts';
import { readRangeS3 } from './read-range.ts';
import { isAbsence, readS3, streamS3 } from './read.ts';
import { removeS3 } from './remove.ts';
import { Session } from './session.ts';
import { Spool } from './spool.ts';
import { uploadS3 } from './upload.ts';
import { putS3 } from './write.ts';

/** Where a store on S3 lies. */
export interface S3Place {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
}

/**
 * A store in a bucket. A write is one conditional request and its object is there as a whole or not
 * at all; what makes an etag differ on S3 is other bytes. Nothing is read or written by opening it.
 */
export function openS3Store({ bucket, prefix }: S3Place, options: S3Options): Store {
  const session = Session.open(bucket, prefix === '' ? '' : `${prefix}/`, options);
  const { spool, effects, unsafePublish = false } = options;
  return new S3Store(session, {
    conditions: new Conditions(session, unsafePublish),
    spool: new Spool(spool, session.limits.spoolBytes, effects),
    bulk: new BulkReader(session),
  });
}

/** What all views of a store have in common. */
interface Shared {
  readonly conditions: Conditions;
  readonly spool: Spool;
  readonly bulk: BulkReader;
}

class S3Store implements Store {
  readonly uri: string;
  readonly #session: Session;
  readonly #shared: Shared;

  constructor(session: Session, shared: Shared) {
    const { bucket, prefix } = session;
    this.uri = `s3://${bucket}${prefix === '' ? '' : `/${prefix.slice(0, -1)}`}`;
    this.#session = session;
    this.#shared = shared;
  }

  list(prefix: string): AsyncGenerator<Entry> {
    checkPrefix(prefix);
    const entries = listAll(this.#session, prefix);
    return visibleIn(prefix, isAppendable(prefix) ? joinSegments(entries) : entries);
  }

  folders(prefix: string): AsyncGenerator<string> {
    checkPrefix(prefix);
    return foldersS3(this.#session, prefix);
  }

  async stat(key: string): Promise<Entry | undefined> {
    checkKey(key);
    const head = await this.#session.head(key);
    if (head) return { key, bytes: head.bytes, etag: head.etag, modified: head.modified };
    if (!isAppendable(key)) return undefined;
    return joinedEntry(await segmentsOf(this.#session, key));
  }

  async read(key: string): Promise<Stored | undefined> {
    checkKey(key);
    const stored = await readS3(this.#session, key);
    if (stored || !isAppendable(key)) return stored;
    return await readAppended(this.#session, key);
  }

  async *stream(key: string): AsyncGenerator<Uint8Array> {
    checkKey(key);
    try {
      yield* streamS3(this.#session, key);
    } catch (error) {
      const segments =
        isAbsence(error) && isAppendable(key) ? await segmentsOf(this.#session, key) : [];
      if (segments.length === 0) throw error;
      yield* streamAppended(this.#session, segments);
    }
  }

  async readRange(key: string, range: ByteRange): Promise<Stored | undefined> {
    checkKey(key);
    const stored = await readRangeS3(this.#session, key, range);
    if (stored || !isAppendable(key)) {
      checkVersion(key, range, stored?.etag);
      return stored;
    }
    const whole = await readAppended(this.#session, key);
    checkVersion(key, range, whole?.etag);
    return whole && { ...whole, bytes: whole.bytes.slice(range.start, range.end) };
  }

  async write(key: string, bytes: Uint8Array, condition?: WriteCondition): Promise<string> {
    checkKey(key);
    const held = await effective(this.#session, this.#shared.conditions, { key, condition });
    return await this.#put(key, bytes, held);
  }

  #put(key: string, bytes: Uint8Array, condition?: WriteCondition): Promise<string> {
    const content = { bytes: bytes.length, open: () => Buffer.from(bytes) };
    return putS3(this.#session, key, content, condition);
  }

  async append(key: string): Promise<Appender> {
    checkKey(key);
    if (isAppendable(key)) return await openAppender(this.#session, key);
    throw new UserError(
      `Cannot append to '${key}': objects on S3 cannot grow. Expected one of Pipe's own keys, below '.pipe/'.`,
    );
  }

  async upload(path: string, key: string, condition?: WriteCondition): Promise<string> {
    checkKey(key);
    try {
      const etag = await uploadS3(this.#session, this.#shared.conditions, path, { key, condition });
      await rm(path);
      return etag;
    } catch (error) {
      throw localError('read', path, error);
    }
  }

  async download(key: string, staging: Staging, expected?: Content): Promise<string> {
    checkKey(key);
    const session = this.#session;
    const segments = isAppendable(key) ? await segmentsOf(session, key) : [];
    const known = segments.length > 0 ? bytesIn(segments) : expected?.bytes;
    const bytes = known ?? (await session.head(key))?.bytes ?? 0;
    await this.#shared.spool.reserve(staging, bytes);
    const path = staging.path(key.slice(key.lastIndexOf('/') + 1));
    if (segments.length > 0) await writeFile(path, streamAppended(session, segments));
    else await downloadS3(session, { key, path, bytes, expected });
    return path;
  }

  async remove(keys: readonly string[]): Promise<void> {
    keys.forEach(checkKey);
    const segments = await Promise.all(
      keys.filter(isAppendable).map((key) => segmentsOf(this.#session, key)),
    );
    await removeS3(this.#session, [...keys, ...segments.flat().map(({ key }) => key)]);
  }

  async openStaging(owner: string): Promise<Staging> {
    return this.#shared.spool.open(owner);
  }

  cleanStaging(): Promise<number> {
    return this.#shared.spool.clean();
  }

  until(signal: AbortSignal): Store {
    return new S3Store(this.#session.until(signal), this.#shared);
  }

  foreign(): ForeignObjects {
    return {
      uri: this.uri,
      list: (prefix) => withoutOwn(listAll(this.#session, prefix)),
      read: (key) => this.#shared.bulk.read(this.#session, key),
      write: (key, bytes) => this.#put(key, bytes),
    };
  }

  leftovers(before: Date): AsyncIterable<Leftover> {
    return leftoversS3(this.#session, before);
  }

  removeLeftover(name: string): Promise<void> {
    return removeLeftoverS3(this.#session, name);
  }
}
