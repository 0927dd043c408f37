import { describe, expect, test } from 'vitest';
import { UserError } from '../../lib/errors.ts';
import { readManifest } from '../../lib/dataset/published.ts';
import { publish } from '../../lib/dataset/publish.ts';
import { ConflictError } from '../../lib/store/conflict.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import { contentOf, draft, prefix, publisher } from './drafts.ts';

describe('publish', () => {
  test('a partition becomes visible with its manifest, and nothing else stays', async () => {
    const store = openMemoryStore();
    const manifest = await publish(
      store,
      await draft(store, { 'data.parquet': 'rows' }),
      publisher(),
    );
    expect(Object.keys(await contentOf(store))).toEqual([
      `${prefix}_manifest.json`,
      `${prefix}data.parquet`,
    ]);
    expect(await readManifest(store, prefix)).toEqual({ manifest, etag: manifest.commit });
    expect(manifest.files).toEqual(
      [
        {
          name: 'data.parquet',
          bytes: 4,
          sha256: 'c9ff8f3ed8e0f9c7e0d0a0b3c8e4f0f0',
          rows: 1,
        },
      ].map((file) => ({ ...file, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })),
    );
  });
});
