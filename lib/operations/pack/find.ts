import { createHash } from 'node:crypto';
import { dataPaths } from '../../dataset/catalog.ts';
import { prefixOf } from '../../dataset/layout.ts';
import type { Manifest } from '../../dataset/manifest.ts';
import { readManifest } from '../../dataset/published.ts';
import type { Reader } from '../../dataset/published.ts';
import type { Engine } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { textAt } from '../../engine/row.ts';
import { sql } from '../../engine/sql.ts';
import { NoDataError } from '../../errors.ts';
import { ChangedError } from '../../store/conflict.ts';
import type { Staging, Store } from '../../store/store.ts';
import { chunksOf, mayHave, rejectsOfChunk } from './chunks.ts';
import type { PublishedChunk } from './chunks.ts';
import { findLine } from './find-line.ts';
import { findRow } from './find-row.ts';
import { Parts } from './parts.ts';
import { packedRecords } from './read.ts';
import { bytesOf } from './records.ts';
import type { Packed } from './records.ts';

export interface FindEffects {
  readonly store: Reader & Pick<Store, 'uri' | 'download' | 'readRange'>;
  readonly engine: () => Promise<Engine>;
  readonly staging: () => Promise<Staging>;
}

/**
 * One record of a packed dataset. The manifests tell which chunk may have it; of that file only a
 * few parts are read. Throws NoDataError where there is none, with the reason if it is known.
 */
export async function findRecord(
  effects: FindEffects,
  dataset: string,
  id: string,
): Promise<Packed> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await find(effects, dataset, id);
    } catch (error) {
      // The chunk was packed again in between.
      if (!(error instanceof ChangedError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

const MAX_ATTEMPTS = 3;

async function find(effects: FindEffects, dataset: string, id: string): Promise<Packed> {
  const chunks = await chunksOf(effects.store, dataset);
  if (chunks.length === 0) {
    throw new NoDataError(
      `'${dataset}' has nothing packed in it; pack objects with pipe harvest:pack -- --from=<uri> --to=${dataset}`,
    );
  }
  for (const { manifest } of chunks.filter((chunk) => mayHave(chunk.manifest, id))) {
    const record = await findInChunk(effects, manifest, id);
    if (record) return record;
  }
  throw new NoDataError(
    `'${dataset}' has no record with the id '${id}'${await reasonOf(effects, dataset, chunks, id)}`,
  );
}

/** Parts of a file have no checksum of their own. What does not prove right is read with the whole file, which has one. */
async function findInChunk(
  effects: FindEffects,
  manifest: Manifest,
  id: string,
): Promise<Packed | undefined> {
  try {
    const found = await findInParts(effects, manifest, id);
    if (found && isIntact(found)) return found;
    // A damaged part can lead past a record, but hardly the same way twice.
    if (!found && !(await findInParts(effects, manifest, id))) return undefined;
  } catch (error) {
    if (error instanceof ChangedError) throw error;
  }
  const staging = await effects.staging();
  const paths = await dataPaths(effects.store, manifest, staging);
  const records = packedRecords(() => effects.engine(), staging, paths, new Set([id]));
  for await (const { record } of records) return record;
  return undefined;
}

async function findInParts(
  { store, engine, staging }: FindEffects,
  { dataset, partition, files }: Manifest,
  id: string,
): Promise<Packed | undefined> {
  for (const { name, bytes } of files) {
    const key = prefixOf({ dataset, keys: partition }) + name;
    const parts = new Parts(store, key, bytes);
    const found = name.endsWith('.jsonl')
      ? await findLine(parts, id)
      : await findRow(await engine(), await staging(), parts, id);
    if (found) return found.record;
  }
  return undefined;
}

/** Most etags of S3 are the MD5 of the object. */
function isIntact(record: Packed): boolean {
  const bytes = bytesOf(record);
  if (bytes.length !== record.size) return false;
  const { etag } = record;
  const isHash = etag !== null && /^[0-9a-f]{32}$/.test(etag);
  return !isHash || createHash('md5').update(bytes).digest('hex') === etag;
}

/** Why an object is not packed, if it is among the rejects. */
async function reasonOf(
  { store, engine, staging }: FindEffects,
  dataset: string,
  chunks: readonly PublishedChunk[],
  id: string,
): Promise<string> {
  for (const { chunk, manifest } of chunks) {
    if (manifest.rows.rejected === 0) continue;
    const rejects = await readManifest(store, prefixOf(rejectsOfChunk(dataset, chunk)));
    if (!rejects) continue;
    const paths = await dataPaths(store, rejects.manifest, await staging());
    const query = sql`select reason from ${parquet(paths)} where id = ${id}`;
    const [row] = await (await engine()).rows(query);
    if (row) return `; it could not be packed: ${textAt(row, 'reason')}`;
  }
  return '';
}
