import { messageOf } from '../../errors.ts';
import type { ForeignObjects } from '../../store/store.ts';
import type { PackedLine } from './read.ts';
import { MAX_OBJECT_BYTES, packed } from './records.ts';
import type { Failed, Listed } from './records.ts';

/** What became of an object; `kept`: its record was there before. */
export type Fetched =
  | ({ readonly kind: 'packed' | 'kept' } & PackedLine)
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly failed: Failed; readonly error?: unknown };

/**
 * Downloads an object and checks that it is the one that was listed. Never rejects: what goes wrong
 * is a reason. Trying again within a run is up to the store.
 */
export async function fetchObject(
  source: Pick<ForeignObjects, 'read'>,
  object: Listed,
): Promise<Fetched> {
  const { key, etag, size } = object;
  if (etag === null || size === null) return { kind: 'missing' };
  if (size > MAX_OBJECT_BYTES) {
    return failure(object, `it has ${size} bytes, and ${MAX_OBJECT_BYTES} at most are packed`);
  }
  try {
    const stored = await source.read(key);
    if (!stored) return { kind: 'missing' };
    if (stored.etag !== etag || stored.bytes.length !== size) {
      return failure(
        object,
        `it has changed since it was listed (etag ${etag}, now ${stored.etag})`,
      );
    }
    const record = packed(object, stored.bytes);
    return { kind: 'packed', record, line: JSON.stringify(record) };
  } catch (error) {
    return { ...failure(object, messageOf(error)), error };
  }
}

function failure(object: Listed, reason: string): Extract<Fetched, { kind: 'failed' }> {
  return { kind: 'failed', failed: { ...object, reason } };
}
