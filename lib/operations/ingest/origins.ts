import { createHash } from 'node:crypto';
import { isS3 } from '../../store/place.ts';
import type { Staging } from '../../store/store.ts';
import { findFiles } from '../sources/files.ts';
import { findObjects } from '../sources/objects.ts';
import type { FoundObject, OpenStore } from '../sources/objects.ts';
import { sourceOf } from './source.ts';
import type { Source } from './source.ts';

/** A file, or an object of S3, that arguments name. */
export interface Origin {
  /** What people know it by: its path, or its URI. */
  readonly name: string;
  readonly uri: string;
  readonly bytes: number;
  /** 64 hexadecimal digits: of a file the hash of its content, of an object that of what a listing shows of it. */
  readonly id: string;
  /** What fetching it takes on this machine's disk. */
  readonly fetchBytes: number;
  fetch(staging: Staging): Promise<Source>;
}

/**
 * The files and objects that arguments name, in order, each once. Throws NoDataError where one names
 * nothing, UserError for what cannot be read.
 */
export async function findOrigins(
  uris: readonly string[],
  effects: { readonly cwd: string; readonly openStore: OpenStore },
): Promise<Origin[]> {
  const origins = new Map<string, Origin>();
  for (const uri of uris) {
    const found = isS3(uri)
      ? (await findObjects(uri, effects.openStore)).map(originOfObject)
      : await originsOfFiles(uri, effects.cwd);
    for (const origin of found) if (!origins.has(origin.id)) origins.set(origin.id, origin);
  }
  return [...origins.values()];
}

/** Cuts origins into parts that take no more than so many bytes to fetch each, or hold one. */
export function* inBatches(origins: readonly Origin[], maxBytes: number): Generator<Origin[]> {
  let batch: Origin[] = [];
  let bytes = 0;
  for (const origin of origins) {
    if (batch.length > 0 && bytes + origin.fetchBytes > maxBytes) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(origin);
    bytes += origin.fetchBytes;
  }
  if (batch.length > 0) yield batch;
}

async function originsOfFiles(uri: string, cwd: string): Promise<Origin[]> {
  const origins: Origin[] = [];
  for (const path of await findFiles([uri], cwd)) {
    const source = await sourceOf(path);
    const { sha256: id, name, bytes } = source;
    origins.push({ name, uri: source.uri, bytes, id, fetchBytes: 0, fetch: async () => source });
  }
  return origins;
}

function originOfObject(object: FoundObject): Origin {
  const { uri, bytes, etag, key, store } = object;
  const id = createHash('sha256').update(`${etag} ${bytes}`).digest('hex');
  return {
    name: uri,
    uri,
    bytes,
    id,
    fetchBytes: bytes,
    async fetch(staging) {
      const fetched = await sourceOf(await store.download(key, staging, { bytes, etag }));
      return { ...fetched, uri, name: uri, sight: id };
    },
  };
}
