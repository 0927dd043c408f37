import { createReadStream, createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { NoDataError, UsageError } from '../../errors.ts';
import { parsePrefix } from '../../dataset/layout.ts';
import type { Partition } from '../../dataset/layout.ts';
import { isS3, placeOf } from '../../store/place.ts';
import { findFiles } from '../sources/files.ts';
import { datasetNames, publishedFiles } from './dataset-files.ts';
import type { DataEffects } from './effects.ts';
import { s3Files } from './s3-files.ts';

/** What a word on the command line stands for: files on this machine, those of S3 fetched. */
export interface Place {
  /** The word. */
  readonly name: string;
  /** The dataset, where it is one of the store's. */
  readonly dataset?: string;
  readonly files: readonly DataFile[];
}

export interface DataFile {
  readonly path: string;
  /** Where it came from, for people: a URI, or the key in the store. */
  readonly uri: string;
  /** The partition's keys, which are columns to a reader. */
  readonly keys?: Partition['keys'];
}

/**
 * Finds what a word names: a dataset of the store or some of its partitions (`events`,
 * `events/site=a`), `s3://bucket/key`, a file, a folder, a glob, or `-` for stdin. A dataset wins
 * over a path of the same name; `./events` is always the path. Throws NoDataError when there is none.
 */
export async function findPlace(name: string, effects: DataEffects): Promise<Place> {
  if (name === '-') return { name, files: [await standardInput(effects)] };
  if (name.trim() === '') {
    throw new UsageError(`'' names no data; name a dataset of the store, a file or a URI`);
  }
  if (isS3(name)) return { name, files: await s3Files(name, effects) };
  const partition = parsePrefix(name.endsWith('/') ? name : `${name}/`);
  const files = partition && (await publishedFiles(partition, effects));
  if (partition && files && files.length > 0) return { name, dataset: partition.dataset, files };
  return { name, files: await localFiles(name, effects) };
}

async function localFiles(name: string, { store, cwd }: DataEffects): Promise<DataFile[]> {
  try {
    const paths = await findFiles([name], cwd);
    return paths.map((path) => ({ path, uri: pathToFileURL(path).href }));
  } catch (error) {
    if (!(error instanceof NoDataError)) throw error;
    throw new NoDataError(
      `'${name}' is neither a dataset of the store ${placeOf(store.uri, cwd)}, which has ${await datasetNames(store)}, ` +
        `nor a file, folder or glob (${resolve(cwd, name)}); check the name`,
      { cause: error },
    );
  }
}

async function standardInput(effects: DataEffects): Promise<DataFile> {
  const path = (await effects.staging()).path('stdin');
  // The descriptor, because a socket, as programs give it to each other, cannot be opened by a name.
  await pipeline(createReadStream('', { fd: 0, autoClose: false }), createWriteStream(path));
  return { path, uri: '-' };
}
