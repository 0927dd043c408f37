import { createHash } from 'node:crypto';
import type { Store } from '../store/store.ts';

/** The process that holds a lease. `start` tells it from another one that got the same pid. */
export interface Owner {
  readonly run: string;
  readonly host: string;
  readonly pid: number;
  readonly start: string;
}

/** A lease as it is stored. No time in it means anything to anybody but a person. */
export interface LeaseRecord extends Owner {
  /** The prefix of the partition, or of several that are made together. */
  readonly scope: string;
  /** Fencing: every publish of a partition has a higher one than the publish before. */
  readonly generation: number;
  /** Unique to each taking of the lease. */
  readonly token: string;
  /** Counts up while the owner lives. */
  readonly beat: number;
  /** When it was taken, by the owner's clock, as ISO text. */
  readonly since: string;
}

/** A lease that is there. Without a record: somebody else wrote what cannot be read. */
export interface StoredLease {
  readonly etag: string;
  readonly record?: LeaseRecord;
}

/** Where all leases lie. */
export const LEASES_PREFIX = '.pipe/leases/';

/** A name of fixed length: prefixes may be as long as keys may be. */
export function leaseKey(scope: string): string {
  return `${LEASES_PREFIX}${createHash('sha256').update(scope).digest('hex').slice(0, 32)}.json`;
}

export async function readLease(
  store: Pick<Store, 'read'>,
  scope: string,
): Promise<StoredLease | undefined> {
  const stored = await store.read(leaseKey(scope));
  if (!stored) return undefined;
  const record = parseLease(stored.bytes);
  return { etag: stored.etag, ...(record && { record }) };
}

export function formatLease(record: LeaseRecord): Uint8Array {
  return Buffer.from(`${JSON.stringify(record)}\n`);
}

function parseLease(bytes: Uint8Array): LeaseRecord | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isLease(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isLease(value: unknown): value is LeaseRecord {
  const fields = new Map(Object.entries(Object(value)));
  return (
    ['run', 'host', 'start', 'scope', 'token', 'since'].every(
      (name) => typeof fields.get(name) === 'string',
    ) && ['pid', 'generation', 'beat'].every((name) => Number.isSafeInteger(fields.get(name)))
  );
}
