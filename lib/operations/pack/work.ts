import { versionOf } from '../../dataset/manifest.ts';
import type { PublishedChunk } from './chunks.ts';
import { cut } from './cut.ts';
import type { Limits } from './cut.ts';
import type { ChunkList } from './lists.ts';
import type { Listed } from './records.ts';

/** What there is to do. */
export interface Work {
  /** Names that are listed. */
  readonly listed: number;
  /** Objects to download, at most. */
  readonly objects: number;
  /** Of these objects; undefined where it is not known before. */
  readonly bytes: number | undefined;
  readonly chunks: number;
}

/** What is to be done for chunks whose lists are published, at most: of a chunk that has changed, all. */
export function workOf(lists: readonly ChunkList[], chunks: readonly PublishedChunk[]): Work {
  const packed = new Map(chunks.map((each) => [each.chunk, each]));
  return lists
    .map((list) => workOfChunk(list, packed.get(list.chunk)))
    .reduce(add, { listed: 0, objects: 0, bytes: 0, chunks: 0 });
}

/** The same for objects that are listed now, and for nobody to see. */
export async function workOfListing(
  objects: AsyncIterable<Listed>,
  lists: readonly ChunkList[],
  chunks: readonly PublishedChunk[],
  limits: Limits,
): Promise<Work> {
  const unchanged = new Map(lists.map((list) => [list.chunk, list]));
  let work: Work = { listed: 0, objects: 0, bytes: 0, chunks: 0 };
  for await (const { chunk, isNew, keys, missing, bytes } of cut(objects, lists, limits)) {
    work = add(work, { listed: keys, objects: 0, bytes: 0, chunks: 0 });
    if (!isNew) continue;
    unchanged.delete(chunk);
    work = add(work, { listed: 0, objects: keys - missing, bytes, chunks: 1 });
  }
  return add(work, workOf([...unchanged.values()], chunks));
}

function workOfChunk(list: ChunkList, packed: PublishedChunk | undefined): Work {
  const { keys, bytes, manifest } = list;
  const isCurrent = packed?.manifest.inputs[0]?.version === versionOf(manifest);
  if (!isCurrent) return { listed: 0, objects: keys, bytes, chunks: 1 };
  const failed = packed?.manifest.rows.rejected ?? 0;
  return { listed: 0, objects: failed, bytes: 0, chunks: failed > 0 ? 1 : 0 };
}

function add(a: Work, b: Work): Work {
  return {
    listed: a.listed + b.listed,
    objects: a.objects + b.objects,
    bytes: (a.bytes ?? 0) + (b.bytes ?? 0),
    chunks: a.chunks + b.chunks,
  };
}
