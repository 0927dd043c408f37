import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../lib/errors.ts';
import { formatManifest } from '../../lib/dataset/manifest.ts';
import { readManifest } from '../../lib/dataset/published.ts';
import { publish } from '../../lib/dataset/publish.ts';
import { ConflictError } from '../../lib/store/conflict.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import type { Staging, Store } from '../../lib/store/store.ts';
import { draft, manifestOf, namesIn, prefix, publisher, sha256, textOf } from './drafts.ts';

let store: Store;
let staging: Staging;

beforeEach(async () => {
  store = openMemoryStore();
  staging = await store.openStaging('publish');
});

afterEach(() => staging.close());

describe('publish', () => {
  test('a partition becomes visible with its manifest, and nothing else stays', async () => {
    const manifest = await publishText('rows');
    expect(await namesIn(store)).toEqual(['_manifest.json', 'data.parquet']);
    expect(await readManifest(store, prefix)).toEqual({ manifest, etag: manifest.commit });
    expect(manifest).toMatchObject({
      dataset: 'events',
      partition: { site: 'a', date: '2026-11-19' },
      publishedAt: '2026-11-20T00:00:00.000Z',
      files: [{ name: 'data.parquet', bytes: 4, sha256: sha256('rows'), rows: 1 }],
      inputs: [{ name: 'file:///log', version: '1' }],
    });
  });

  test('the file of a partition is replaced in place, and the etag changes with the same content', async () => {
    const first = await publishText('same');
    const second = await publishText('same', { replaces: first.commit });
    expect(second.commit).not.toBe(first.commit);
    expect(await namesIn(store)).toEqual(['_manifest.json', 'data.parquet']);
    expect((await readManifest(store, prefix))?.etag).toBe(second.commit);
  });

  test("a draft's own inputs stand instead of the publisher's", async () => {
    const inputs = [{ name: 'events/site=a/', version: '7', rows: 3 }];
    expect((await publishText('rows', { inputs })).inputs).toEqual(inputs);
  });

  test('a draft from a state that is gone is a conflict, and changes nothing', async () => {
    const first = await publishText('first');
    await publishText('second', { replaces: first.commit });
    await expect(publishText('third', { replaces: first.commit })).rejects.toBeInstanceOf(
      ConflictError,
    );
    await expect(publishText('third', { replaces: null })).rejects.toThrow(
      'published by somebody else',
    );
    expect(await textOf(store, 'data.parquet')).toBe('second');
    expect(await namesIn(store)).toEqual(['_manifest.json', 'data.parquet']);
  });

  test('rows that do not add up are published nowhere', async () => {
    const lost = { in: 10, out: 1, rejected: 2, filtered: 3 };
    await expect(publishText('rows', { rows: lost })).rejects.toThrow(
      '10 in, but 1 out + 2 rejected + 3 filtered = 6',
    );
    const elsewhere = { in: 2, out: 2, rejected: 0, filtered: 0 };
    await expect(publishText('rows', { rows: elsewhere })).rejects.toThrow('hold 1 rows, but 2');
    expect(await namesIn(store)).toEqual([]);
  });

  test.each(['../x', 'a/b', '.hidden', '_manifest.json', ''])(
    'the file name %j is refused',
    async (name) => {
      const made = await draft(staging, { x: 'rows' });
      const files = made.files.map((file) => ({ ...file, name }));
      await expect(publish(store, { ...made, files }, publisher())).rejects.toBeInstanceOf(
        UserError,
      );
    },
  );
});

describe('publish of several files', () => {
  test('each commit has names of its own, and the files of the one before go', async () => {
    const first = await publishFiles({ 'p0.parquet': 'a', 'p1.parquet': 'b' });
    const commit = first.commit.slice(0, 8);
    expect(first.files.map(({ name }) => name)).toEqual([
      `p0-${commit}.parquet`,
      `p1-${commit}.parquet`,
    ]);
    const second = await publishFiles({ 'p0.parquet': 'c' }, first.commit);
    expect(await namesIn(store)).toEqual([
      '_manifest.json',
      ...second.files.map(({ name }) => name),
    ]);
    expect(await readManifest(store, prefix)).toEqual({ manifest: second, etag: second.commit });
  });

  test('where one cannot be put, nothing is published, and those behind it are not begun', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `p${String(n).padStart(2, '0')}.parquet`);
    const drafted = await draft(staging, Object.fromEntries(names.map((name) => [name, name])));
    const begun: string[] = [];
    const upload: Store['upload'] = async (path, key, condition) => {
      begun.push(key);
      await new Promise((settle) => setTimeout(settle, 1));
      if (key.includes('/p03')) throw new UserError('the disk is full');
      return await store.upload(path, key, condition);
    };
    const refusing = new Proxy(store, {
      get(target, name) {
        const found: unknown = name === 'upload' ? upload : Reflect.get(target, name);
        return typeof found === 'function' ? found.bind(target) : found;
      },
    });
    await expect(publish(refusing, drafted, publisher())).rejects.toThrow('the disk is full');
    expect(begun.length).toBeLessThan(names.length);
    const count = begun.length;
    await new Promise((settle) => setTimeout(settle, 20));
    expect(begun.length).toBe(count);
    expect(await readManifest(store, prefix)).toBeUndefined();
  });

  test('a partition may change between one file and several, and have none', async () => {
    await publishText('one');
    await publishFiles({ 'p0.parquet': 'a', 'p1.parquet': 'b' });
    expect(await namesIn(store)).not.toContain('data.parquet');
    await publishText('one again');
    expect(await namesIn(store)).toEqual(['_manifest.json', 'data.parquet']);
    await publishFiles({});
    expect(await namesIn(store)).toEqual(['_manifest.json']);
    expect((await readManifest(store, prefix))?.manifest.files).toEqual([]);
  });
});

describe('readManifest', () => {
  test('knows nothing of a partition that was never published', async () => {
    expect(await readManifest(store, prefix)).toBeUndefined();
    await put('data.parquet', 'of somebody else');
    expect(await readManifest(store, prefix)).toBeUndefined();
  });

  test('does not believe a manifest whose file is missing or has another size', async () => {
    await publishText('rows');
    await put('data.parquet', 'more rows');
    expect(await readManifest(store, prefix)).toBeUndefined();
    await store.remove([`${prefix}data.parquet`]);
    expect(await readManifest(store, prefix)).toBeUndefined();
    const again = await publishText('rows', { replaces: null });
    expect((await readManifest(store, prefix))?.manifest).toEqual(again);
  });

  test('believes a journal that describes the data, and ignores one that does not', async () => {
    await put('data.parquet', 'new');
    await put('_manifest.json', formatManifest(manifestOf('old')));
    await put('_manifest.next-2.json', formatManifest(manifestOf('odd')));
    expect(await readManifest(store, prefix)).toMatchObject({ etag: 'commit-of-old' });
    await put('_manifest.next-1.json', formatManifest(manifestOf('new')));
    const before = await namesIn(store);
    expect(await readManifest(store, prefix)).toMatchObject({ etag: 'commit-of-new' });
    expect(await namesIn(store)).toEqual(before);
  });

  test('the next publish builds on a journal it believes, and removes them all', async () => {
    await put('data.parquet', 'new');
    await put('_manifest.json', formatManifest(manifestOf('old')));
    await put('_manifest.next-1.json', formatManifest(manifestOf('new')));
    await put('_manifest.next-2.json', formatManifest(manifestOf('dead')));
    await expect(publishText('x', { replaces: 'commit-of-old' })).rejects.toBeInstanceOf(
      ConflictError,
    );
    await publishText('merged', { replaces: 'commit-of-new' });
    expect(await namesIn(store)).toEqual(['_manifest.json', 'data.parquet']);
  });

  test('a publish whose manifest cannot be written is finished by the next one', async () => {
    const first = await publishText('old');
    const write = store.write.bind(store);
    store.write = (key, bytes, condition) =>
      key.endsWith('_manifest.json')
        ? Promise.reject(new UserError('disk full'))
        : write(key, bytes, condition);
    await expect(publishText('new')).rejects.toThrow('disk full');
    store.write = write;
    const published = await readManifest(store, prefix);
    expect(published?.manifest).toMatchObject({ files: [{ sha256: sha256('new') }] });
    await expect(publishText('x', { replaces: first.commit })).rejects.toBeInstanceOf(
      ConflictError,
    );
    expect(await namesIn(store)).toEqual(['_manifest.json', 'data.parquet']);
    expect(await readManifest(store, prefix)).toEqual(published);
  });

  test('a manifest that is no manifest is an error that names it', async () => {
    await put('_manifest.json', '{"format": 1}');
    await expect(readManifest(store, prefix)).rejects.toThrow(`'${prefix}_manifest.json'`);
  });
});

async function publishText(text: string, extra = {}): ReturnType<typeof publish> {
  return publish(store, await draft(staging, { 'data.parquet': text }, extra), publisher());
}

async function publishFiles(
  files: Record<string, string>,
  replaces?: string,
): ReturnType<typeof publish> {
  const extra = replaces === undefined ? {} : { replaces };
  return publish(store, await draft(staging, files, extra), publisher());
}

async function put(name: string, text: string): Promise<void> {
  await store.write(prefix + name, Buffer.from(text));
}
