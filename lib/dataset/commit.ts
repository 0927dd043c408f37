import pLimit from 'p-limit';
import { UserError } from '../errors.ts';
import { ConflictError } from '../store/conflict.ts';
import type { Entry, Store, WriteCondition } from '../store/store.ts';
import { JOURNAL_PREFIX, listPartition } from './catalog.ts';
import { DATA_FILE, MANIFEST_FILE } from './layout.ts';
import { formatManifest, isInPlace, type Manifest } from './manifest.ts';
import { findPublished, type Found, type Source } from './published.ts';

/** What is published, after finishing the work of a publish that was cut off behind its commit. */
export async function settle(store: Store, prefix: string): Promise<Found> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const found = await findPublished(store, prefix, { sure: true });
    const { source, listing } = found;
    if (!source || source.key === prefix + MANIFEST_FILE) return found;
    const write = store.write(prefix + MANIFEST_FILE, source.bytes, unchanged(listing.manifest));
    // After a conflict, with the publisher itself or another one that settles, everything is looked at anew.
    if (await succeeds(write)) await store.remove([...replacedBy(source, prefix), source.key]);
  }
  throw contested(prefix);
}

/**
 * Makes `paths`, the local files of `manifest` in its order, the content of a partition whose
 * state is `base`. Throws {@link ConflictError} if that state has changed; nothing has happened
 * then, and the file of a manifest in place is still there.
 *
 * Journals in `base` belong to publishes that began from `base` or before it. Their commit is
 * conditional on what this commit replaces, so it cannot come any more, and what they left can go.
 * Returns the manifest with what it replaced.
 */
export async function commit(
  store: Store,
  base: Found,
  manifest: Manifest,
  paths: readonly string[],
): Promise<Manifest> {
  const { prefix } = base.listing;
  if (isSameData(base, manifest)) return await putManifest(store, base, manifest);
  const replaced = leftovers(base, manifest);
  const next = { ...manifest, ...(replaced.length > 0 && { replaced }) };
  const bytes = bytesOf(next);
  const journal = `${prefix}${JOURNAL_PREFIX}${manifest.commit}.json`;
  await store.write(journal, bytes, { ifAbsent: true });
  try {
    if (isInPlace(manifest)) await checkManifest(store, base);
    const put = isInPlace(manifest) ? putInPlace : putBeside;
    await put(store, base, manifest, bytes, paths);
  } catch (error) {
    // After any other error the commit may have happened, and then the journal is the truth.
    if (error instanceof ConflictError) await store.remove([journal]);
    throw error;
  }
  const gone = [...replaced.map((name) => prefix + name), ...base.journals.map(({ key }) => key)];
  // The last one names the others, for whoever comes after a crash.
  await store.remove([...gone, journal]);
  return next;
}

/** Files that a publish whose journal is still there made needless, once it went as far as its commit. */
export function replacedBy({ manifest }: Source, prefix: string): string[] {
  const kept = new Set(manifest.files.map(({ name }) => name));
  const names = manifest.replaced?.filter((name) => !kept.has(name)) ?? [];
  return names.map((name) => prefix + name);
}

/** A conflict means that another publish of the partition got through, so few are to be expected. */
const MAX_ATTEMPTS = 20;

/** Whether the file in place is the published one already, byte by byte. */
function isSameData({ published }: Found, manifest: Manifest): boolean {
  if (!published || !isInPlace(manifest) || !isInPlace(published.manifest)) return false;
  return published.manifest.files[0]?.sha256 === manifest.files[0]?.sha256;
}

/**
 * The same data is not put again: where an etag is a hash of the bytes nothing would tell the old
 * from the new, and publishers that began before would not see their condition broken. So these may
 * still commit, and their journals stay.
 */
async function putManifest(
  store: Store,
  { listing }: Found,
  manifest: Manifest,
): Promise<Manifest> {
  const key = listing.prefix + MANIFEST_FILE;
  await store.write(key, bytesOf(manifest), unchanged(listing.manifest));
  return manifest;
}

function bytesOf(manifest: Manifest): Uint8Array {
  return Buffer.from(formatManifest(manifest));
}

/**
 * The commit in place depends on the data file alone, which a publish of the same data leaves as it
 * is. So one that has come since is looked for once more, as late as can be. What comes between this
 * look and the commit is replaced whole, data and manifest, by what was made before it; whoever looks
 * at the inputs then finds the partition stale.
 */
async function checkManifest(
  store: Store,
  { listing: { prefix, manifest } }: Found,
): Promise<void> {
  const stored = await store.read(prefix + MANIFEST_FILE);
  if (stored?.etag === manifest?.etag) return;
  throw new ConflictError(
    `'${prefix}' was published by somebody else meanwhile. Run the same command again.`,
  );
}

/** One file under a fixed name: replacing it is the commit, the manifest follows. */
async function putInPlace(
  store: Store,
  { listing }: Found,
  _manifest: Manifest,
  bytes: Uint8Array,
  [path]: readonly string[],
): Promise<void> {
  if (path === undefined) throw new Error('a manifest in place has one file');
  const { prefix, files, manifest } = listing;
  const etag = await store.upload(path, prefix + DATA_FILE, unchanged(files.get(DATA_FILE)));
  let condition = unchanged(manifest);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    if (await succeeds(store.write(prefix + MANIFEST_FILE, bytes, condition))) return;
    const now = await listPartition(store, prefix);
    const isSuperseded = now.files.get(DATA_FILE)?.etag !== etag;
    if (isSuperseded || (await isSettled(store, prefix, bytes))) return;
    condition = unchanged(now.manifest);
  }
  throw contested(prefix);
}

/** Whether another publisher has found the journal and written the manifest for us. */
async function isSettled(store: Store, prefix: string, bytes: Uint8Array): Promise<boolean> {
  const current = await store.read(prefix + MANIFEST_FILE);
  return current !== undefined && Buffer.compare(current.bytes, bytes) === 0;
}

/** Files under names of their own: the manifest that names them is the commit. */
async function putBeside(
  store: Store,
  { listing }: Found,
  manifest: Manifest,
  bytes: Uint8Array,
  paths: readonly string[],
): Promise<void> {
  const keys = manifest.files.map(({ name }) => listing.prefix + name);
  try {
    await uploadAll(store, paths, keys);
    await store.write(listing.prefix + MANIFEST_FILE, bytes, unchanged(listing.manifest));
  } catch (error) {
    if (error instanceof ConflictError) await store.remove(keys);
    throw error;
  }
}

/** A store has a limit of its own for what it moves at once; this one is for all that comes with a file. */
const UPLOADS_AT_ONCE = 8;

/** Throws the first error, when all that was under way has ended. */
async function uploadAll(
  store: Store,
  paths: readonly string[],
  keys: readonly string[],
): Promise<void> {
  const limit = pLimit(UPLOADS_AT_ONCE);
  let isOver = false;
  const uploads = paths.map((path, index) =>
    limit(async () => {
      if (!isOver) await store.upload(path, keys[index] ?? '', { ifAbsent: true });
    }),
  );
  try {
    await Promise.all(uploads);
  } finally {
    isOver = true;
    await Promise.allSettled(uploads);
  }
}

/** Names of files that nobody needs after a commit. */
function leftovers({ published, journals }: Found, manifest: Manifest): string[] {
  const kept = new Set(manifest.files.map(({ name }) => name));
  const known = [published?.manifest, ...journals.map((journal) => journal.manifest)];
  const unfinished = journals.find((journal) => isOf(journal, published));
  const names = known.flatMap((old) => old?.files.map(({ name }) => name) ?? []);
  const all = new Set([...names, ...(unfinished?.manifest.replaced ?? [])]);
  return [...all].filter((name) => !kept.has(name));
}

/** Whether a journal is that of the publish that came last: it went as far as its commit. */
export function isOf({ manifest }: Source, published: Found['published']): boolean {
  return manifest.commit === published?.manifest.commit;
}

/** The condition that an object is still as it was listed. */
function unchanged(entry: Entry | undefined): WriteCondition {
  return entry ? { ifMatch: entry.etag } : { ifAbsent: true };
}

/** Waits for a conditional write; false means that the condition did not hold. */
async function succeeds(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}

function contested(prefix: string): UserError {
  return new UserError(
    `'${prefix}' is being published over and over by somebody else. Stop that and run the same command again.`,
    { retryable: true },
  );
}
