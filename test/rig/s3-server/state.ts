/** What the server holds, and how it is set up. A test may look into it and change it. */
export interface S3State {
  readonly buckets: Map<string, Bucket>;
  readonly region: string;
  /** Secrets by access key. */
  readonly secrets: Map<string, string>;
  /** Session tokens that have expired. */
  readonly expired: Set<string>;
  /** How far the server's clock is ahead of this machine's. */
  clockAheadMs: number;
  /** Conditions of PUT and of CompleteMultipartUpload that hold here as on AWS; others are ignored. */
  conditions: { put: readonly Condition[]; complete: readonly Condition[] };
  /** Keys in one page of a listing at most. */
  maxKeys: number;
}

export type Condition = 'if-match' | 'if-none-match';

const allConditions: readonly Condition[] = ['if-match', 'if-none-match'];

export interface Bucket {
  readonly objects: Map<string, StoredObject>;
  readonly uploads: Map<string, MultipartUpload>;
}

export interface StoredObject {
  readonly bytes: Buffer;
  /** With quotes. */
  readonly etag: string;
  readonly modified: Date;
  readonly metadata: Readonly<Record<string, string>>;
  /** CRC32 in base64 of the whole object, where it is known. */
  readonly crc32?: string;
}

export interface MultipartUpload {
  readonly key: string;
  readonly initiated: Date;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parts: Map<number, StoredObject>;
}

export function newState(): S3State {
  return {
    buckets: new Map(),
    region: 'us-east-1',
    secrets: new Map([['test-key', 'test-secret']]),
    expired: new Set(),
    clockAheadMs: 0,
    conditions: { put: allConditions, complete: allConditions },
    maxKeys: 1000,
  };
}

export function newBucket(): Bucket {
  return { objects: new Map(), uploads: new Map() };
}
