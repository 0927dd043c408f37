import { dataPaths } from '../../dataset/catalog.ts';
import { prefixOf } from '../../dataset/layout.ts';
import { readManifest } from '../../dataset/published.ts';
import type { Reader } from '../../dataset/published.ts';
import type { Engine } from '../../engine/engine.ts';
import { NoDataError, UserError } from '../../errors.ts';
import type { ForeignObjects, Staging, Store } from '../../store/store.ts';
import { mayHave, packedChunk } from './chunks.ts';
import type { PublishedChunk } from './chunks.ts';
import { inOrder } from './in-order.ts';
import { packedRecords } from './read.ts';
import { bytesOf } from './records.ts';
import type { Packed } from './records.ts';

export interface UnpackEffects {
  readonly store: Reader & Pick<Store, 'uri' | 'download'>;
  readonly engine: () => Promise<Engine>;
  readonly staging: () => Promise<Staging>;
}

export interface UnpackOptions {
  readonly dataset: string;
  readonly chunk: string;
  readonly concurrency: number;
  /** Default: all. */
  readonly ids?: AsyncIterable<string>;
}

/** Bodies that are being written. */
const BUFFER_BYTES = 64 * 1024 * 1024;

/** Writes the objects of a chunk below another place, under the keys they had; returns how many. */
export async function unpackChunk(
  effects: UnpackEffects & { readonly signal: AbortSignal },
  target: Pick<ForeignObjects, 'write'>,
  { dataset, chunk, concurrency, ids }: UnpackOptions,
): Promise<{ readonly objects: number; readonly bytes: number }> {
  const prefix = prefixOf(packedChunk(dataset, chunk));
  const published = await readManifest(effects.store, prefix);
  if (!published)
    throw new NoDataError(
      `'${prefix}': nothing is packed in this chunk; pack it with pipe harvest:pack`,
    );
  const wanted = ids && (await idsOf(published.manifest, ids));
  if (wanted?.size === 0) return { objects: 0, bytes: 0 };
  const staging = await effects.staging();
  const paths = await dataPaths(effects.store, published.manifest, staging);
  const records = packedRecords(() => effects.engine(), staging, paths, wanted);
  const window = {
    concurrency,
    maxBytes: BUFFER_BYTES,
    bytesOf: ({ record }: { readonly record: Packed }) => record.size ?? 0,
  };
  let objects = 0;
  let bytes = 0;
  for await (const size of inOrder(records, window, ({ record }) => put(target, record))) {
    effects.signal.throwIfAborted();
    objects += 1;
    bytes += size;
  }
  return { objects, bytes };
}

async function idsOf(
  manifest: PublishedChunk['manifest'],
  ids: AsyncIterable<string>,
): Promise<ReadonlySet<string>> {
  const wanted = new Set<string>();
  for await (const id of ids) if (mayHave(manifest, id)) wanted.add(id);
  return wanted;
}

async function put(target: Pick<ForeignObjects, 'write'>, record: Packed): Promise<number> {
  const bytes = bytesOf(record);
  if (bytes.length !== record.size) {
    throw new UserError(
      `The record '${record.id}' has ${bytes.length} bytes, but ${record.size} were packed; its file was changed by somebody else. Pack it again with --force.`,
    );
  }
  await target.write(record.key, bytes);
  return bytes.length;
}
