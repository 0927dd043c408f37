import { expect, test } from 'vitest';
import { publish } from '../../lib/dataset/publish.ts';
import { readManifest } from '../../lib/dataset/published.ts';
import { LockedError } from '../../lib/run/locked.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import type { Store } from '../../lib/store/store.ts';
import { draft, prefix, publisher, sha256, textOf } from './drafts.ts';
import { mortalStore } from './turns.ts';

// The data that is published anew is the same, so that its etag may not tell the two publishes apart.
test.each([[false], [true]])(
  'who was replaced publishes nothing over its successor of the same data (etags are hashes: %s)',
  async (hashEtags) => {
    const outcomes: string[] = [];
    for (let stallsAt = 0; !outcomes.at(-1)?.startsWith('never'); stallsAt++) {
      outcomes.push(await race(openMemoryStore({ hashEtags }), stallsAt));
    }
    // It stands still before its journal, before the last look at the manifest, and behind that look.
    const refused = 'refused: old of generation 3';
    expect(outcomes.slice(0, 3)).toEqual([refused, refused, expect.stringMatching(/^published/)]);
    expect(outcomes.at(-1)).toBe('never stalled: new of generation 2');
    expect(outcomes.length).toBeGreaterThan(4);
  },
);

/** A run confirms its lease, stands still at one of its next calls, and is replaced by one that makes what was there before. */
async function race(store: Store, stallsAt: number): Promise<string> {
  const staging = await store.openStaging('test');
  const publishAs = async (to: Store, text: string, confirm: () => Promise<number>) =>
    publish(to, await draft(staging, { 'data.parquet': text }), { ...publisher(text), confirm });
  await publishAs(store, 'old', async () => 1);
  let [calls, isReplaced, isConfirmed] = [0, false, false];
  const slow = mortalStore(store, Infinity, async (call) => {
    if (isConfirmed && calls++ === stallsAt) {
      isReplaced = true;
      await publishAs(store, 'old', async () => 3);
    }
    return call();
  });
  const confirm = async (): Promise<number> => {
    if (isReplaced) throw new LockedError('replaced');
    isConfirmed = true;
    return 2;
  };
  const outcome = await publishAs(slow, 'new', confirm).then(
    () => 'published',
    (error: unknown) => (error instanceof LockedError ? 'refused' : String(error)),
  );
  const published = await readManifest(store, prefix);
  // Whoever came last, data and manifest are of one publish.
  const text = (await textOf(store, 'data.parquet')) ?? '';
  expect(published?.manifest.files[0]?.sha256).toBe(sha256(text));
  await staging.close();
  const left = `${text} of generation ${published?.manifest.generation}`;
  return isReplaced ? `${outcome}: ${left}` : `never stalled: ${left}`;
}
