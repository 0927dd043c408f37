import { randomUUID } from 'node:crypto';
import { cleanJournal, finishPublish } from '../../dataset/abandoned.ts';
import { JOURNAL_PREFIX, listPartitions } from '../../dataset/catalog.ts';
import type { PartitionListing } from '../../dataset/catalog.ts';
import { MANIFEST_FILE, prefixOf } from '../../dataset/layout.ts';
import { formatManifest } from '../../dataset/manifest.ts';
import type { DataFile } from '../../dataset/manifest.ts';
import { chainOf, setPartition } from '../../dataset/snapshot.ts';
import type { StoredSet } from '../../dataset/snapshot.ts';
import { addDays, parseDay } from '../../dates/day.ts';
import type { Store } from '../../store/store.ts';

/** Which states are to stay. */
export interface Retention {
  readonly today: string;
  /** Days back from today that can be read, today included. */
  readonly keepDays: number;
  /** Full sets that stay, the newest first. */
  readonly keepFull: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How long after the full set that makes others obsolete these stay, for readers that began before it. */
  readonly graceMs: number;
}

/** What is to go: every set before a full one with which the kept days begin. */
export interface Expiry {
  /** The full set that makes the others obsolete. */
  readonly keeper: StoredSet | undefined;
  /** Oldest first. */
  readonly obsolete: readonly StoredSet[];
  /** Until when they stay, where that is not over, as ISO text. */
  readonly waitsUntil?: string;
}

/**
 * Which sets no kept day needs: those before the full set that the oldest kept day is read from.
 * A kept day is one of the last `keepDays`; its state may be that of an earlier set.
 */
export function planExpiry(sets: readonly StoredSet[], retention: Retention): Expiry {
  const fulls = sets.filter(({ set }) => set.kind === 'full');
  const byCount = fulls.at(-retention.keepFull);
  const oldestDay = addDays(parseDay(retention.today, 'today'), 1 - retention.keepDays);
  const byDays = chainOf(sets, oldestDay)?.full;
  // Without a set on or before the oldest kept day all others are needed.
  if (!byCount || !byDays) return { keeper: undefined, obsolete: [] };
  const keeper = byCount.day < byDays.day ? byCount : byDays;
  const obsolete = sets.filter(({ day }) => day < keeper.day);
  const until = Date.parse(keeper.manifest.publishedAt) + retention.graceMs;
  const waits = obsolete.length > 0 && until > retention.now;
  return { keeper, obsolete, ...(waits && { waitsUntil: new Date(until).toISOString() }) };
}

/**
 * Removes sets, the newest first, so that whatever a crash leaves of them can still be read; their
 * files, but for those that a set which stays refers to. What is about to go is written down first,
 * for {@link finishRemovals}. Returns the bytes.
 */
export async function removeSets(
  store: Store,
  dataset: string,
  sets: readonly StoredSet[],
  obsolete: readonly StoredSet[],
): Promise<number> {
  const gone = new Set<string>();
  let bytes = 0;
  for (const set of obsolete.toReversed()) {
    gone.add(set.day);
    const stay = sets.filter(({ day }) => !gone.has(day));
    const kept = new Set(stay.flatMap(({ buckets }) => buckets.map(({ key }) => key)));
    const files = set.buckets.filter(({ key }) => !kept.has(key));
    bytes += files.reduce((sum, { file }) => sum + file.bytes, 0);
    const journals: string[] = [];
    for (const day of new Set(files.map(({ date }) => date))) {
      const there = files.filter(({ date }) => date === day).map(({ file }) => file);
      journals.push(await announce(store, set, day, there));
    }
    await store.remove([prefixOf(setPartition(dataset, set.day)) + MANIFEST_FILE]);
    await store.remove([...files.map(({ key }) => key), ...journals]);
  }
  return bytes;
}

/** The names of journals that announce a removal begin so. */
const REMOVAL = `${JOURNAL_PREFIX}expired-`;

/**
 * Removes what a removal that was cut off had announced, and what a publish that was cut off behind
 * its commit had replaced. The latter's journal names files of its set: later, when that has expired and
 * another one has taken over these files, it would say that nobody needs them.
 */
export async function finishRemovals(store: Store, dataset: string): Promise<void> {
  const found: PartitionListing[] = [];
  for await (const listing of listPartitions(store, dataset)) found.push(listing);
  for (const { prefix, journals } of found) {
    const names = journals.map(({ key }) => key.slice(prefix.length));
    const removals = names.filter((name) => name.startsWith(REMOVAL));
    for (const name of removals) await cleanJournal(store, prefix + name);
    if (names.length > removals.length) await finishPublish(store, prefix);
  }
}

/** A journal of files that nobody needs: whoever cleans it removes them. */
async function announce(
  store: Store,
  { manifest }: StoredSet,
  day: string,
  files: readonly DataFile[],
): Promise<string> {
  const commit = `expired-${randomUUID()}`;
  const partition = setPartition(manifest.dataset, day);
  const key = `${prefixOf(partition)}${JOURNAL_PREFIX}${commit}.json`;
  const { snapshot: _, ...rest } = manifest;
  const journal = formatManifest({ ...rest, partition: partition.keys, commit, files });
  await store.write(key, Buffer.from(journal), { ifAbsent: true });
  return key;
}
