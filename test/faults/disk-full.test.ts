import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { messageOf } from '../../lib/errors.ts';
import { readManifest } from '../../lib/dataset/published.ts';
import { publish } from '../../lib/dataset/publish.ts';
import { openLocalStore } from '../../lib/store/local.ts';
import type { Store } from '../../lib/store/store.ts';
import { draft, namesIn, prefix, publisher, textOf } from '../dataset/drafts.ts';
import { testEffects } from '../store/system.ts';
import { smallDisk } from './small-disk.ts';

const disk = smallDisk();

afterAll(() => disk?.remove());

describe.skipIf(disk === undefined)('a full disk', () => {
  const folder = disk?.folder ?? '';
  const full = /^Cannot .*: no space left on the disk \(ENOSPC\)\. .* Free some space/;
  let store: Store;

  beforeEach(async () => {
    await disk?.free();
    await rm(join(folder, 'store'), { recursive: true, force: true });
    store = openLocalStore(join(folder, 'store'), testEffects());
  });

  test('a publish that finds no space says so and changes nothing; with space it succeeds', async () => {
    const staging = await store.openStaging('run');
    const old = await publish(store, await draft(staging, { 'data.parquet': 'old' }), publisher());
    const made = await draft(staging, { 'data.parquet': 'new' }, { replaces: old.commit });
    await disk?.fill();
    await expect(publish(store, made, publisher())).rejects.toThrow(full);
    expect(await readManifest(store, prefix)).toEqual({ manifest: old, etag: old.commit });
    expect(await textOf(store, 'data.parquet')).toBe('old');
    expect(await namesIn(store)).toEqual(['_manifest.json', 'data.parquet']);
    await disk?.free();
    await publish(store, made, publisher());
    expect(await textOf(store, 'data.parquet')).toBe('new');
    expect(await namesIn(store)).toEqual(['_manifest.json', 'data.parquet']);
  });

  test('with ever more space a publish happens whole or not at all', async () => {
    const staging = await store.openStaging('run');
    await publish(store, await draft(staging, { 'data.parquet': 'old' }), publisher());
    const outcomes: string[] = [];
    for (let pages = 0; outcomes.at(-1) !== 'published' && pages < 20; pages++) {
      const text = `new ${pages}`;
      const made = await draft(staging, { 'data.parquet': text });
      await disk?.fill(pages);
      const outcome = publish(store, made, publisher()).then(() => 'published', messageOf);
      outcomes.push(await outcome);
      const published = await readManifest(store, prefix);
      expect(published?.manifest.files[0]?.bytes).toBe(
        (await textOf(store, 'data.parquet'))?.length,
      );
      await disk?.free();
    }
    expect(outcomes.at(-1)).toBe('published');
    expect(outcomes[0]).toMatch(full);
  });

  test('a write of a small object leaves the old one and no rest', async () => {
    await store.write('k', Buffer.from('old'));
    await disk?.fill();
    await expect(store.write('k', Buffer.alloc(100_000))).rejects.toThrow(full);
    expect(Buffer.from((await store.read('k'))?.bytes ?? []).toString()).toBe('old');
    expect(await readdir(join(folder, 'store/.pipe/staging'))).toEqual([]);
  });

  test('an append tells it at the next flush', async () => {
    const appender = await store.append('.pipe/log');
    await disk?.fill();
    appender.append(Buffer.alloc(100_000));
    await expect(appender.flush()).rejects.toThrow(full);
    await expect(appender.close()).rejects.toThrow(full);
  });
});
