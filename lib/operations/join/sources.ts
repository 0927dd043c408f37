import { stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { listPartitions } from '../../dataset/catalog.ts';
import type { PartitionListing } from '../../dataset/catalog.ts';
import { parsePrefix, prefixOf } from '../../dataset/layout.ts';
import type { Partition } from '../../dataset/layout.ts';
import type { Input } from '../../dataset/manifest.ts';
import type { Window } from '../../dates/window.ts';
import { NoDataError } from '../../errors.ts';
import { isS3 } from '../../store/place.ts';
import type { Store } from '../../store/store.ts';
import { findFiles } from '../sources/files.ts';
import { findObjects } from '../sources/objects.ts';

/** What looking for a side touches; nothing is read but listings. */
export interface SourceEffects {
  readonly store: Pick<Store, 'uri' | 'list'>;
  readonly openStore: (uri: string) => Promise<Store>;
  readonly cwd: string;
}

/** What an argument such as `--left` names: partitions of a dataset of the store, or files. */
export type Source =
  | { readonly kind: 'dataset'; readonly partitions: readonly Partition[] }
  | { readonly kind: 'files'; readonly files: readonly SourceFile[] };

export interface SourceFile {
  readonly uri: string;
  /** Of a file on this machine. */
  readonly path?: string;
  /** Of an object in another store. */
  readonly object?: { readonly store: Store; readonly key: string };
  readonly bytes: number;
  /** Changes when the file is replaced or written to. */
  readonly version: string;
}

/**
 * Finds what a side's argument names. A dataset, or some of its partitions (`events`,
 * `events/site=a`), wins over a path of the same name; `./events` is always the path. Of partitions
 * with a date those of the window count, if there is one. Throws NoDataError where there is nothing.
 */
export async function findSource(
  text: string,
  option: string,
  window: Pick<Window, 'start' | 'end'> | undefined,
  effects: SourceEffects,
): Promise<Source> {
  if (isS3(text)) return { kind: 'files', files: await objectsOf(text, option, effects) };
  const prefix = parsePrefix(text.endsWith('/') ? text : `${text}/`);
  if (prefix) {
    const all = await partitionsOf(prefix, effects.store);
    const partitions = all.filter(({ keys: { date } }) => !window || isWithin(date, window));
    if (partitions.length > 0) return { kind: 'dataset', partitions };
    if (window && all.length > 0) {
      throw noneWithin(option, text, all, window);
    }
  }
  return { kind: 'files', files: await localFiles(text, option, effects) };
}

function isWithin(
  date: string | undefined,
  { start, end }: Pick<Window, 'start' | 'end'>,
): boolean {
  return date === undefined || (date >= start && date <= end);
}

/** Says which days there are: that nothing is there on the days asked for does not help anybody. */
function noneWithin(
  option: string,
  text: string,
  partitions: readonly Partition[],
  { start, end }: Pick<Window, 'start' | 'end'>,
): NoDataError {
  const days = partitions.flatMap(({ keys: { date } }) => date ?? []).sort();
  const [first = '', last = ''] = [days[0], days.at(-1)];
  return new NoDataError(
    `${option}: '${text}' has days from ${first} to ${last}, but none from ${start} to ${end}; ` +
      `choose others, such as with --start-date=${first} --end-date=${last}`,
  );
}

async function partitionsOf(
  { dataset, keys }: Partition,
  store: Pick<Store, 'list'>,
): Promise<readonly Partition[]> {
  const found: Partition[] = [];
  for await (const listing of listPartitions(store, dataset, keys)) {
    if (isPublished(listing)) found.push(listing.partition);
  }
  return found;
}

function isPublished({ manifest, journals }: PartitionListing): boolean {
  return manifest !== undefined || journals.length > 0;
}

async function localFiles(
  text: string,
  option: string,
  { store, cwd }: SourceEffects,
): Promise<readonly SourceFile[]> {
  const paths = await findFiles([text], cwd).catch((error: unknown) => {
    if (!(error instanceof NoDataError)) throw error;
    throw new NoDataError(
      `${option}: '${text}' is neither a dataset of the store ${store.uri} nor a file; ` +
        'check the name, and --store',
      { cause: error },
    );
  });
  return Promise.all(
    paths.map(async (path) => {
      const { size, mtimeNs, ino } = await stat(path, { bigint: true });
      const version = `${size}-${mtimeNs}-${ino}`;
      return { uri: pathToFileURL(path).href, path, bytes: Number(size), version };
    }),
  );
}

async function objectsOf(
  uri: string,
  option: string,
  { openStore }: SourceEffects,
): Promise<readonly SourceFile[]> {
  const objects = await findObjects(uri, openStore, `${option}: `);
  return objects.map((object) => ({
    uri: object.uri,
    object,
    bytes: object.bytes,
    version: object.etag,
  }));
}

/** A source as the inputs of what is made of it. */
export function inputsOf(source: Source): readonly (Partition | Input)[] {
  if (source.kind === 'dataset') return source.partitions;
  return source.files.map(({ uri, version, bytes }) => ({ name: uri, version, bytes }));
}

/** Whether the files have to be turned into Parquet first: text cannot be read by rows or in parts. */
export function isText(source: Source): boolean {
  return source.kind === 'files' && source.files.some(({ uri }) => !/\.(parquet|pq)$/i.test(uri));
}

/** Whether the text names one whole partition. */
export function isOnePartition(
  text: string,
  source: Source,
): source is Source & { kind: 'dataset' } {
  if (source.kind !== 'dataset' || source.partitions.length !== 1) return false;
  const [only] = source.partitions;
  return only !== undefined && prefixOf(only) === (text.endsWith('/') ? text : `${text}/`);
}
