import { dataPaths } from '../../dataset/catalog.ts';
import { parquet } from '../../engine/parquet.ts';
import { prefixOf } from '../../dataset/layout.ts';
import { readManifest } from '../../dataset/published.ts';
import type { Reader } from '../../dataset/published.ts';
import type { Engine } from '../../engine/engine.ts';
import { textAt } from '../../engine/row.ts';
import { sql } from '../../engine/sql.ts';
import { NoDataError, UserError } from '../../errors.ts';
import type { ForeignObjects, Staging, Store } from '../../store/store.ts';
import { chunksOf, mayHave, packedChunk, rejectsOfChunk } from './chunks.ts';
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

/**
 * One record of a packed dataset. The manifests tell which chunk may have it; of that file only the
 * row groups are read that may. Throws NoDataError where there is none, with the reason if it is known.
 */
export async function findRecord(
  effects: UnpackEffects,
  dataset: string,
  id: string,
): Promise<Packed> {
  const chunks = await packedChunks(effects.store, dataset);
  for (const { manifest } of chunks.filter((chunk) => mayHave(chunk.manifest, id))) {
    const staging = await effects.staging();
    const paths = await dataPaths(effects.store, manifest, staging);
    const records = packedRecords(() => effects.engine(), staging, paths, new Set([id]));
    for await (const { record } of records) return record;
  }
  throw new NoDataError(
    `${dataset} has no record with the id '${id}'${await reasonOf(effects, dataset, chunks, id)}`,
  );
}

/** The chunks of a dataset; NoDataError if there are none. */
export async function packedChunks(store: Reader, dataset: string): Promise<PublishedChunk[]> {
  const chunks = await chunksOf(store, dataset);
  if (chunks.length > 0) return chunks;
  throw new NoDataError(
    `${dataset}: nothing is packed in this dataset; pack objects with harvest:pack`,
  );
}

/** Why an object is not packed, if it is among the rejects. */
async function reasonOf(
  { store, engine, staging }: UnpackEffects,
  dataset: string,
  chunks: readonly PublishedChunk[],
  id: string,
): Promise<string> {
  for (const { chunk, manifest } of chunks.filter((each) => each.manifest.rows.rejected > 0)) {
    const rejects = await readManifest(store, prefixOf(rejectsOfChunk(dataset, chunk)));
    if (!rejects || manifest.rows.rejected === 0) continue;
    const paths = await dataPaths(store, rejects.manifest, await staging());
    const [row] = await (
      await engine()
    ).rows(sql`select reason from ${parquet(paths)} where id = ${id}`);
    if (row) return `; it could not be packed: ${textAt(row, 'reason')}`;
  }
  return '';
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
  if (!published) throw new NoDataError(`${prefix}: nothing is packed in this chunk`);
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
