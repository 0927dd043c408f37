import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { HeadObjectCommandInput, HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import pLimit, { type LimitFunction } from 'p-limit';
import { quoted, UserError } from '../../errors.ts';
import { MAX_KEY_BYTES } from '../key.ts';
import type { Operation } from './error.ts';
import { badReply, faultOf } from './fault.ts';
import { Notices } from './notices.ts';
import { defaultLimits, type S3Limits, type S3Options } from './options.ts';
import { retrying, type Patience, type RetryEffects } from './patience.ts';

/** The metadata that tells who wrote an object. */
export const WRITER = 'pipe-writer';

/** One bucket and prefix, and a client to talk to it. */
export class Session implements RetryEffects {
  readonly client: S3Client;
  readonly bucket: string;
  /** Empty, or ending in `/`. */
  readonly prefix: string;
  readonly limits: S3Limits;
  /** For files and parts; whoever holds a slot must not wait for another one. */
  readonly transfers: LimitFunction;
  /** For what is not on its way itself, but in parts that are: whoever holds one waits for `transfers`. */
  readonly largeFiles: LimitFunction;
  readonly now: () => number;
  readonly notices: Notices;
  readonly signal: AbortSignal | undefined;

  static open(bucket: string, prefix: string, options: S3Options): Session {
    const limits = { ...defaultLimits, ...options.limits };
    const now = (): number => options.effects.now();
    return new Session({
      client: createClient(options, limits),
      bucket,
      prefix,
      limits,
      transfers: pLimit(limits.transfers),
      largeFiles: pLimit(MAX_LARGE_FILES),
      now,
      notices: new Notices(options.notice ?? (() => {}), now),
    });
  }

  private constructor(parts: Parts, signal?: AbortSignal) {
    this.client = parts.client;
    this.bucket = parts.bucket;
    this.prefix = parts.prefix;
    this.limits = parts.limits;
    this.transfers = parts.transfers;
    this.largeFiles = parts.largeFiles;
    this.now = parts.now;
    this.notices = parts.notices;
    this.signal = signal;
  }

  /** The same session for work that ends with a signal. */
  until(signal: AbortSignal): Session {
    return new Session(this, signal);
  }

  /** The key in the bucket. Throws for one that gets too long. */
  keyOf(key: string): string {
    const full = this.prefix + key;
    if (Buffer.byteLength(full) <= MAX_KEY_BYTES) return full;
    throw new UserError(
      `The key ${quoted(full)} is longer than ${MAX_KEY_BYTES} bytes. Choose a store with a shorter prefix, or shorter values.`,
    );
  }

  operation(verb: string, key: string): Operation {
    return { verb, bucket: this.bucket, key: this.prefix + key };
  }

  /** Bucket and full key, as every request about one object has them. */
  at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.bucket, Key: this.keyOf(key) };
  }

  retrying<T>(verb: string, key: string, action: (patience: Patience) => Promise<T>): Promise<T> {
    return retrying(this.operation(verb, key), this, action);
  }

  /** What is known of an object without its bytes; undefined if there is none. */
  async head(key: string): Promise<Head | undefined> {
    const reply = await this.look(key);
    if (!reply) return undefined;
    const { ETag, ContentLength = 0, LastModified = new Date(0), Metadata } = reply;
    const writer = Metadata?.[WRITER];
    return { etag: plainEtag(ETag), bytes: ContentLength, modified: LastModified, writer };
  }

  /** All that a server says of an object without its bytes; undefined if there is none. */
  look(
    key: string,
    asked: Pick<HeadObjectCommandInput, 'ChecksumMode'> = {},
  ): Promise<HeadObjectCommandOutput | undefined> {
    return this.retrying('look at', key, async () => {
      try {
        return await this.client.send(new HeadObjectCommand({ ...this.at(key), ...asked }));
      } catch (error) {
        if (faultOf(error)?.status === 404) return undefined;
        throw error;
      }
    });
  }

  notice(text: string): void {
    this.notices.say(text);
  }

  async renew(): Promise<void> {
    await this.client.config.credentials({ forceRefresh: true });
  }
}

type Parts = Pick<
  Session,
  'client' | 'bucket' | 'prefix' | 'limits' | 'transfers' | 'largeFiles' | 'now' | 'notices'
>;

/** An object without its bytes. */
export interface Head {
  readonly etag: string;
  readonly bytes: number;
  readonly modified: Date;
  readonly writer: string | undefined;
}

/** An etag as it stands in our entries: without quotes. */
export function plainEtag(etag: string | undefined): string {
  if (etag === undefined) throw badReply('the server gave no etag');
  return etag.replaceAll('"', '');
}

/** An etag as S3 compares it. */
export function quotedEtag(etag: string): string {
  return `"${etag}"`;
}

function createClient(options: S3Options, limits: S3Limits): S3Client {
  const { endpoint, region, credentials } = options;
  const { connectionTimeoutMs, socketTimeoutMs } = limits;
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS };
  return new S3Client({
    // The loop around whole transfers is ours: the SDK does not retry streams, nor bodies that are cut.
    maxAttempts: 1,
    // It would warn on stderr of streams that it cannot retry.
    logger: silent,
    followRegionRedirects: false,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      socketTimeout: socketTimeoutMs,
      httpAgent: agent,
      httpsAgent: agent,
    },
    ...(credentials && { credentials }),
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
  });
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Each has a thread that hashes; the parts of one are enough to fill most networks. */
const MAX_LARGE_FILES = 4;

/** More than transfers, so that a listing need not wait for them. */
const MAX_SOCKETS = 64;
