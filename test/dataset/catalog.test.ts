import { readFile } from 'node:fs/promises';
import { beforeEach, expect, test } from 'vitest';
import { dataPaths, listPartitions, valuesOf } from '../../lib/dataset/catalog.ts';
import type { PartitionListing } from '../../lib/dataset/catalog.ts';
import type { Partition } from '../../lib/dataset/layout.ts';
import { formatManifest } from '../../lib/dataset/manifest.ts';
import { readListed, readManifest } from '../../lib/dataset/published.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import type { Store } from '../../lib/store/store.ts';
import { manifestOf } from './drafts.ts';

type Listed = PartitionListing & { readonly partition: Partition };

let store: Store;

beforeEach(async () => {
  store = openMemoryStore();
  for (const site of ['b', 'a', 'a-b'])
    for (const date of ['2026-11-20', '2026-11-19'])
      await put(`events/site=${site}/date=${date}`, site);
  await put('stats/pageloads/site=a/date=2026-11-19', 'x');
  await put('stats/clicks/site=c/date=2026-11-19', 'x');
});

test('partitions are listed in byte order with what the listing tells', async () => {
  const partitions = await listed('events');
  expect(partitions.map(({ prefix }) => prefix)).toEqual([
    'events/site=a-b/date=2026-11-19/',
    'events/site=a-b/date=2026-11-20/',
    'events/site=a/date=2026-11-19/',
    'events/site=a/date=2026-11-20/',
    'events/site=b/date=2026-11-19/',
    'events/site=b/date=2026-11-20/',
  ]);
  expect(partitions[2]).toMatchObject({
    partition: { dataset: 'events', keys: { site: 'a', date: '2026-11-19' } },
    manifest: { key: 'events/site=a/date=2026-11-19/_manifest.json' },
    journals: [],
  });
  expect(partitions[2]?.files.get('data.parquet')).toMatchObject({ bytes: 1 });
});

test('leading keys narrow the listing down', async () => {
  expect(
    (await listed('events', { site: 'a' })).map(({ partition }) => partition.keys['date']),
  ).toEqual(['2026-11-19', '2026-11-20']);
  expect(await listed('events', { site: 'none' })).toEqual([]);
});

test('a dataset is not the ones whose names begin alike', async () => {
  expect(await listed('stats')).toEqual([]);
  expect(await listed('stats/clicks')).toHaveLength(1);
  expect(await listed('event')).toEqual([]);
});

test('a listing can be left after the first partition, and read without listing again', async () => {
  for await (const partition of listPartitions(store, 'events')) {
    const noListing = {
      read: store.read.bind(store),
      stream: store.stream.bind(store),
      list: () => expect.fail('listed again'),
    };
    const published = await readListed(noListing, partition);
    expect(published?.manifest.partition).toEqual(partition.partition.keys);
    break;
  }
});

test('values of a key are found on any level, once each', async () => {
  expect(await valuesOf(store, 'events', 'site')).toEqual(['a', 'a-b', 'b']);
  expect(await valuesOf(store, 'events', 'date')).toEqual(['2026-11-19', '2026-11-20']);
  expect(await valuesOf(store, 'events', 'none')).toEqual([]);
  expect(await valuesOf(store, 'absent', 'site')).toEqual([]);
});

test('data files are local paths in the order of the manifest', async () => {
  const staging = await store.openStaging('test');
  const published = await readManifest(store, 'events/site=a-b/date=2026-11-19/');
  const paths = await dataPaths(store, published?.manifest ?? manifestOf('none'), staging);
  expect(await Promise.all(paths.map((path) => readFile(path, 'utf8')))).toEqual(['a-b']);
  await staging.close();
});

async function put(folder: string, text: string): Promise<void> {
  const [, site, date] = /site=(.*)\/date=(.*)/.exec(folder) ?? [];
  const keys = { site: site ?? '', date: date ?? '' };
  const manifest = manifestOf(text, {
    dataset: folder.slice(0, folder.indexOf('/site')),
    partition: keys,
  });
  await store.write(`${folder}/data.parquet`, Buffer.from(text));
  await store.write(`${folder}/_manifest.json`, Buffer.from(formatManifest(manifest)));
}

async function listed(dataset: string, keys = {}): Promise<Listed[]> {
  const partitions: Listed[] = [];
  for await (const partition of listPartitions(store, dataset, keys)) partitions.push(partition);
  return partitions;
}
