import type { Entry, Staging, Store } from '../store/store.ts';
import { compareKeys } from '../store/key.ts';
import { checkDataset, MANIFEST_FILE, parsePrefix, prefixOf } from './layout.ts';
import type { Partition } from './layout.ts';
import type { Manifest } from './manifest.ts';

/** What a listing alone tells of a partition's folder. Whether its files are the manifest's takes `readListed`. */
export interface PartitionListing {
  readonly prefix: string;
  /** Data files by name. */
  readonly files: ReadonlyMap<string, Entry>;
  readonly manifest?: Entry;
  /** Manifests of publishes that are under way or were cut off. */
  readonly journals: readonly Entry[];
}

/** First part of a journal's name; the commit follows. */
export const JOURNAL_PREFIX = '_manifest.next-';

/**
 * The partitions of a dataset in byte order of their prefixes, found by listing alone.
 * `keys` narrows it down to the partitions whose first keys, in layout order, have these values.
 */
export async function* listPartitions(
  store: Pick<Store, 'list'>,
  dataset: string,
  keys: Partition['keys'] = {},
): AsyncGenerator<PartitionListing & { readonly partition: Partition }> {
  for await (const entries of byFolder(store.list(prefixOf({ dataset, keys })))) {
    const listing = listingOf(entries.prefix, entries.entries);
    const partition = parsePrefix(listing.prefix);
    if (partition?.dataset === dataset) yield { ...listing, partition };
  }
}

/** What a listing tells of one partition. */
export async function listPartition(
  store: Pick<Store, 'list'>,
  prefix: string,
): Promise<PartitionListing> {
  const entries: Entry[] = [];
  for await (const entry of store.list(prefix)) {
    if (folderOf(entry.key) === prefix) entries.push(entry);
  }
  return listingOf(prefix, entries);
}

/** Every value that a key has in a dataset, in byte order: `valuesOf(store, 'events', 'site')`. */
export async function valuesOf(
  store: Pick<Store, 'folders'>,
  dataset: string,
  key: string,
): Promise<string[]> {
  checkDataset(dataset);
  const values = new Set<string>();
  await collectValues(store, `${dataset}/`, key, values);
  return [...values].sort(compareKeys);
}

/** Local paths of a partition's data files for the engine, valid until the staging is closed. */
export async function dataPaths(
  store: Pick<Store, 'download'>,
  manifest: Pick<Manifest, 'dataset' | 'partition' | 'files'>,
  staging: Staging,
): Promise<string[]> {
  const prefix = prefixOf({ dataset: manifest.dataset, keys: manifest.partition });
  const paths: string[] = [];
  for (const file of manifest.files) {
    paths.push(await store.download(prefix + file.name, staging, file));
  }
  return paths;
}

/** Groups a listing, which is in byte order, by folder. */
async function* byFolder(
  entries: AsyncIterable<Entry>,
): AsyncGenerator<{ readonly prefix: string; readonly entries: readonly Entry[] }> {
  let group: { readonly prefix: string; readonly entries: Entry[] } | undefined;
  for await (const entry of entries) {
    const prefix = folderOf(entry.key);
    if (group?.prefix !== prefix) {
      if (group) yield group;
      group = { prefix, entries: [] };
    }
    group.entries.push(entry);
  }
  if (group) yield group;
}

function listingOf(prefix: string, entries: readonly Entry[]): PartitionListing {
  const named = entries.map((entry) => ({ name: entry.key.slice(prefix.length), entry }));
  const manifest = named.find(({ name }) => name === MANIFEST_FILE)?.entry;
  return {
    prefix,
    files: new Map(
      named.filter(({ name }) => !name.startsWith('_')).map(({ name, entry }) => [name, entry]),
    ),
    ...(manifest && { manifest }),
    journals: named.filter(({ name }) => name.startsWith(JOURNAL_PREFIX)).map(({ entry }) => entry),
  };
}

/** The folders of one level are either all of the wanted key or, above it, of another key. */
async function collectValues(
  store: Pick<Store, 'folders'>,
  prefix: string,
  key: string,
  values: Set<string>,
): Promise<void> {
  for await (const folder of store.folders(prefix)) {
    const at = folder.indexOf('=');
    if (at < 0) continue;
    const value = folder.slice(at + 1);
    if (folder.slice(0, at) === key) values.add(value);
    else await collectValues(store, `${prefix}${folder}/`, key, values);
  }
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}
