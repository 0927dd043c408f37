import { rm } from 'node:fs/promises';
import { DATA_FILE } from '../../dataset/layout.ts';
import type { Manifest } from '../../dataset/manifest.ts';
import type { Draft } from '../../dataset/publish.ts';
import type { Reader } from '../../dataset/published.ts';
import type { Engine } from '../../engine/engine.ts';
import { sql } from '../../engine/sql.ts';
import { UsageError } from '../../errors.ts';
import type { Staging } from '../../store/store.ts';
import { chunksOf, listOfChunk, listsOf, rangeOf } from './chunks.ts';
import { cut } from './cut.ts';
import type { Cut, Known, Limits } from './cut.ts';
import { LineFile } from './lines.ts';
import { recordLines } from './records.ts';
import type { Listed } from './records.ts';

/** A chunk's list is this long at most, and its objects this large, unless a number of chunks is asked for. */
export const CHUNK_LIMITS: Limits = { keys: 100_000, bytes: 1024 ** 3 };

/** The published list of a chunk. */
export interface ChunkList extends Known {
  readonly keys: number;
  readonly bytes: number;
  /** The URI of the place that the objects are in. */
  readonly source: string;
  readonly manifest: Manifest;
}

/** The lists of a dataset's chunks. Throws UsageError if they were made from another place than `source`. */
export async function publishedLists(
  store: Reader,
  dataset: string,
  source?: string,
): Promise<ChunkList[]> {
  const chunks = await chunksOf(store, listsOf(dataset));
  const lists = chunks.map(({ chunk, manifest }) => listFrom(chunk, manifest));
  const other = lists.find((list) => source !== undefined && list.source !== source);
  if (other === undefined) return lists;
  throw new UsageError(
    `--to: '${dataset}' is packed from ${other.source}, not from ${source}; ` +
      `choose another dataset, or remove the folders ${dataset}, ${listsOf(dataset)} and rejects/${dataset} from the store first`,
  );
}

/** What the manifest of a chunk's list says: its only input is the listing, with the digest as its version. */
export function listFrom(chunk: string, manifest: Manifest): ChunkList {
  const [{ name, version, bytes = 0 } = { name: '', version: '' }] = manifest.inputs;
  const first = rangeOf(manifest)?.first;
  return {
    chunk,
    source: name,
    digest: version,
    bytes,
    keys: manifest.rows.out,
    manifest,
    ...(first !== undefined && { first }),
  };
}

export interface ListEffects {
  readonly engine: Engine;
  readonly staging: Staging;
  readonly publish: (draft: Draft) => Promise<unknown>;
}

export interface ListOptions {
  readonly dataset: string;
  /** The URI of the place that is listed. */
  readonly source: string;
  readonly known: readonly Known[];
  readonly limits: Limits;
}

export interface Totals {
  readonly chunks: number;
  /** Chunks that are new or have changed. */
  readonly changed: number;
  readonly keys: number;
  /** Ids without object. */
  readonly missing: number;
  /** Of the objects. */
  readonly bytes: number;
}

/**
 * Freezes a listing: cuts it into chunks and publishes the list of each that is new or has changed
 * in the dataset `lists/<dataset>`, as rows of {@link Listed} in the order of ids.
 */
export async function writeLists(
  effects: ListEffects,
  objects: AsyncIterable<Listed>,
  { dataset, source, known, limits }: ListOptions,
): Promise<Totals> {
  const pathFor = (): string => effects.staging.path('list.jsonl');
  let total: Totals = { chunks: 0, changed: 0, keys: 0, missing: 0, bytes: 0 };
  for await (const chunk of cut(objects, known, limits, pathFor)) {
    if (chunk.isNew) await publishList(effects, dataset, source, chunk);
    await Promise.all(chunk.files.map(({ path }) => rm(path)));
    total = {
      chunks: total.chunks + 1,
      changed: total.changed + (chunk.isNew ? 1 : 0),
      keys: total.keys + chunk.keys,
      missing: total.missing + chunk.missing,
      bytes: total.bytes + chunk.bytes,
    };
  }
  return total;
}

async function publishList(
  { engine, staging, publish }: ListEffects,
  dataset: string,
  source: string,
  { chunk, keys, bytes, digest, first, last, files }: Cut,
): Promise<void> {
  const path = staging.path(DATA_FILE);
  const lines = files.length > 0 ? files : [await emptyFile(staging)];
  const longest = Math.max(...lines.map((file) => file.longest));
  const paths = lines.map((file) => file.path);
  const { rows, schema } = await engine.write(
    sql`select * from ${recordLines(paths, 'listed', longest)}`,
    path,
  );
  const range = first !== undefined && last !== undefined && { column: 'id', first, last };
  await publish({
    partition: listOfChunk(dataset, chunk),
    files: [{ name: DATA_FILE, path, rows, ...(range && { range }) }],
    rows: { in: keys, out: rows, rejected: 0, filtered: 0 },
    schema,
    inputs: [{ name: source, version: digest, bytes, rows: keys }],
  });
}

async function emptyFile(staging: Staging): Promise<LineFile> {
  const file = await LineFile.create(staging.path('list.jsonl'));
  await file.close();
  return file;
}
