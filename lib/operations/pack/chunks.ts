import pLimit from 'p-limit';
import { listPartitions } from '../../dataset/catalog.ts';
import { checkDataset } from '../../dataset/layout.ts';
import type { Partition } from '../../dataset/layout.ts';
import type { Manifest, Range } from '../../dataset/manifest.ts';
import { readListed } from '../../dataset/published.ts';
import type { Reader } from '../../dataset/published.ts';
import { UsageError } from '../../errors.ts';
import { compareKeys } from '../../store/key.ts';

/** A chunk of a packed dataset; its number is the value of the key `chunk`. */
export function packedChunk(dataset: string, chunk: string): Partition {
  return { dataset, keys: { chunk } };
}

/** The frozen list of what a chunk is packed from. */
export function listOfChunk(dataset: string, chunk: string): Partition {
  return { dataset: listsOf(dataset), keys: { chunk } };
}

/** The objects of a chunk that could not be packed. */
export function rejectsOfChunk(dataset: string, chunk: string): Partition {
  return { dataset: `rejects/${dataset}`, keys: { chunk } };
}

export function listsOf(dataset: string): string {
  return `lists/${dataset}`;
}

/** Throws UsageError for what cannot be the name of a packed dataset. `option` is what to blame. */
export function checkPacked(dataset: string, option: string): void {
  checkDataset(dataset);
  const [first = ''] = dataset.split('/');
  if (first !== 'lists' && first !== 'rejects') return;
  throw new UsageError(
    `${option}: '${dataset}' begins with '${first}/', where the lists and rejects of other datasets are; choose another name`,
  );
}

/** What is published of a chunk, or of its list. */
export interface PublishedChunk {
  readonly chunk: string;
  readonly manifest: Manifest;
  /** Changes with every publish. */
  readonly etag: string;
}

/** How many manifests are read at once. */
const READ_AT_ONCE = 32;

/** All chunks of a dataset in the order of their numbers: one listing, and a small read each. */
export async function chunksOf(store: Reader, dataset: string): Promise<PublishedChunk[]> {
  const limit = pLimit(READ_AT_ONCE);
  const chunks: Promise<PublishedChunk | undefined>[] = [];
  for await (const listing of listPartitions(store, dataset)) {
    const { chunk } = listing.partition.keys;
    if (chunk === undefined) continue;
    chunks.push(
      limit(async () => {
        const published = await readListed(store, listing);
        return published && { chunk, ...published };
      }),
    );
  }
  return (await Promise.all(chunks)).filter((chunk) => chunk !== undefined);
}

/** The ids that a chunk has; undefined if it is empty. */
export function rangeOf({ files }: Pick<Manifest, 'files'>): Range | undefined {
  return files[0]?.range;
}

/** Whether an id may be one of a chunk's, as far as its manifest tells. */
export function mayHave(manifest: Pick<Manifest, 'files'>, id: string): boolean {
  const range = rangeOf(manifest);
  return (
    range !== undefined && compareKeys(range.first, id) <= 0 && compareKeys(id, range.last) <= 0
  );
}
