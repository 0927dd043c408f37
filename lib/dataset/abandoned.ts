import type { Entry, Store } from '../store/store.ts';
import { JOURNAL_PREFIX } from './catalog.ts';
import { isOf, replacedBy, settle } from './commit.ts';
import { isInPlace } from './manifest.ts';

/** Journals last written before a time: their publishers are dead, or so slow that they may as well be. */
export async function* abandonedJournals(
  store: Pick<Store, 'list'>,
  before: Date,
): AsyncGenerator<Entry> {
  for await (const entry of store.list('')) {
    if (isJournal(entry.key) && entry.modified < before) yield entry;
  }
}

/** Whether a key is that of a journal. */
export function isJournal(key: string): boolean {
  return key.slice(key.lastIndexOf('/') + 1).startsWith(JOURNAL_PREFIX);
}

/**
 * Ends publishes of a partition that were cut off behind their commit: what they replaced goes. Whoever
 * is under way still finds all that it needs.
 */
export async function finishPublish(store: Store, prefix: string): Promise<void> {
  const { published, journals } = await settle(store, prefix);
  const journal = journals.find((each) => isOf(each, published));
  if (journal) await store.remove([...replacedBy(journal, prefix), journal.key]);
}

/**
 * Finishes the publish that a journal announces where it went as far as its commit, else removes the
 * journal and the files that came with it. A journal that is gone is no error.
 */
export async function cleanJournal(store: Store, key: string): Promise<void> {
  const prefix = key.slice(0, key.lastIndexOf('/') + 1);
  const { published, journals } = await settle(store, prefix);
  const journal = journals.find((each) => each.key === key);
  if (!journal) return;
  if (isOf(journal, published)) return await store.remove([...replacedBy(journal, prefix), key]);
  const kept = new Set(published?.manifest.files.map(({ name }) => name));
  // The file in place is another publish's: this one never got there.
  const names = isInPlace(journal.manifest) ? [] : journal.manifest.files.map(({ name }) => name);
  const files = names.filter((name) => !kept.has(name)).map((name) => prefix + name);
  await store.remove([...files, key]);
}
