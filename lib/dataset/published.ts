import { createHash } from 'node:crypto';
import { UserError } from '../errors.ts';
import type { Entry, Store } from '../store/store.ts';
import { listPartition, type PartitionListing } from './catalog.ts';
import { MANIFEST_FILE } from './layout.ts';
import { isInPlace, type DataFile, type Manifest } from './manifest.ts';
import { parseManifest } from './parse-manifest.ts';

/** A partition as it stands: its manifest, which agrees with the data files on the store. */
export interface Published {
  readonly manifest: Manifest;
  /** Changes with every publish; a draft made from this state says so in `replaces`. */
  readonly etag: string;
}

export type Reader = Pick<Store, 'list' | 'read' | 'stream'>;

/** What {@link findPublished} saw: the published state, if any, and the listing it rests on. */
export interface Found {
  readonly listing: PartitionListing;
  readonly published?: Published;
  /** The key of the manifest or journal that holds the published state, and its bytes. */
  readonly source?: Source;
  /** Journals that were there, whether or not their publish went through. */
  readonly journals: readonly Source[];
}

/** A manifest or journal as it is stored. */
export interface Source {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
}

/**
 * The manifest of a partition, or undefined if it was never published, or if its data files are
 * missing or were changed in size by somebody else. Writes nothing.
 */
export async function readManifest(store: Reader, prefix: string): Promise<Published | undefined> {
  return (await findPublished(store, prefix)).published;
}

/** Like {@link readManifest} for a partition that was listed before, without listing it again. */
export async function readListed(
  store: Reader,
  listing: PartitionListing,
): Promise<Published | undefined> {
  return (await findPublished(store, listing.prefix, { listing })).published;
}

/**
 * Finds what is published. A publish writes its journal, then the data file, then the manifest; so
 * when it is cut off, or under way, the journal that describes the data on the store is the truth,
 * else the manifest. A listing is not made in one moment: what it says of anything but a plain,
 * whole partition counts only when nothing has changed since, and for a publisher (`sure`) that
 * goes for everything.
 */
export async function findPublished(
  store: Reader,
  prefix: string,
  options: { readonly listing?: PartitionListing; readonly sure?: boolean } = {},
): Promise<Found> {
  let listing = options.listing ?? (await listPartition(store, prefix));
  for (let attempt = 1; attempt <= MAX_LISTINGS; attempt++) {
    const found = await interpret(store, listing);
    if (!options.sure && found?.published && listing.journals.length === 0) return found;
    const again = await listPartition(store, prefix);
    const isSame = signatureOf(again) === signatureOf(listing);
    if (found && isSame && (await isCurrent(store, listing))) return found;
    listing = again;
  }
  throw new UserError(
    `The partition '${prefix}' is being published over and over by somebody else. Stop that and run the same command again.`,
    { retryable: true },
  );
}

/** A publish changes a listing three or four times, so that this many take several publishes in a row. */
const MAX_LISTINGS = 50;

/** What a listing means, or undefined if it is out of date. */
async function interpret(store: Reader, listing: PartitionListing): Promise<Found | undefined> {
  const [manifest, ...read] = await Promise.all(
    [listing.manifest, ...listing.journals].map((entry) => readEntry(store, entry)),
  );
  const journals = read.filter((source) => typeof source === 'object');
  if (manifest === 'changed' || journals.length < read.length) return undefined;
  for (const journal of journals) {
    if (await isCommitted(store, listing, journal.manifest)) {
      return foundIn(listing, journals, journal);
    }
  }
  const isPublished = manifest && isWhole(listing, manifest.manifest);
  return isPublished ? foundIn(listing, journals, manifest) : { listing, journals };
}

async function readEntry(
  store: Reader,
  entry: Entry | undefined,
): Promise<Source | 'changed' | undefined> {
  if (!entry) return undefined;
  const stored = await store.read(entry.key);
  if (stored?.etag !== entry.etag) return 'changed';
  return { key: entry.key, bytes: stored.bytes, manifest: parseManifest(stored.bytes, entry.key) };
}

/** Whether the data file a journal announces has arrived. With several files the manifest itself is what commits. */
async function isCommitted(
  store: Reader,
  listing: PartitionListing,
  journal: Manifest,
): Promise<boolean> {
  const [file] = journal.files;
  if (!file || !isInPlace(journal) || !hasFile(listing, file)) return false;
  return (await hashOf(store, `${listing.prefix}${file.name}`)) === file.sha256;
}

function isWhole(listing: PartitionListing, manifest: Manifest): boolean {
  return manifest.files.every((file) => hasFile(listing, file));
}

function hasFile(listing: PartitionListing, file: DataFile): boolean {
  return listing.files.get(file.name)?.bytes === file.bytes;
}

/** A body that arrives damaged, or is replaced while it is read, is read again from the start. */
async function hashOf(store: Reader, key: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      const hash = createHash('sha256');
      for await (const chunk of store.stream(key)) hash.update(chunk);
      return hash.digest('hex');
    } catch (error) {
      const mayPass = error instanceof UserError && error.retryable;
      if (!mayPass || attempt === MAX_READS) throw error;
    }
  }
}

const MAX_READS = 3;

function foundIn(listing: PartitionListing, journals: readonly Source[], source: Source): Found {
  const { manifest } = source;
  return { listing, journals, source, published: { manifest, etag: manifest.commit } };
}

/**
 * Whether the manifest is still the one listed. Both listings may have missed a journal, the first
 * by coming too early, the second too late; but a journal goes only when the manifest has changed.
 */
async function isCurrent(store: Reader, { prefix, manifest }: PartitionListing): Promise<boolean> {
  const stored = await store.read(prefix + MANIFEST_FILE);
  return stored?.etag === manifest?.etag;
}

/**
 * What a whole partition looks like in a listing: the same as long as it holds the same. Undefined
 * where a listing alone does not tell, since a publish is under way or was cut off.
 */
export function sightOf(listing: PartitionListing): string | undefined {
  if (!listing.manifest || listing.journals.length > 0) return undefined;
  return createHash('sha256').update(signatureOf(listing)).digest('hex').slice(0, 32);
}

function signatureOf({ manifest, journals, files }: PartitionListing): string {
  const entries = [...(manifest ? [manifest] : []), ...journals, ...files.values()];
  return entries.map(({ key, etag }) => `${key} ${etag}`).join('\n');
}
