import { expect, test } from 'vitest';
import { formatManifest } from '../../lib/dataset/manifest.ts';
import { parseManifest } from '../../lib/dataset/parse-manifest.ts';
import { chainOf, setsOf } from '../../lib/dataset/snapshot.ts';
import type { SnapshotSet, StoredSet } from '../../lib/dataset/snapshot.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import { manifestOf } from './drafts.ts';

const carried = { name: 'full-00000-1234.parquet', bytes: 3, sha256: 'abc', rows: 1 };
const snapshot: SnapshotSet = {
  kind: 'increment',
  key: ['a', 'b'],
  after: '2026-11-18',
  keys: 7,
  source: 'diff abc',
  buckets: [
    { first: ['1', 'x'], last: ['2', 'y'], file: 0 },
    { first: ['3', ''], last: ['4', ''], date: '2026-11-01', file: carried },
  ],
};

test('a manifest says what a set is, and reads back', () => {
  const manifest = manifestOf('text', { snapshot });
  expect(parseManifest(Buffer.from(formatManifest(manifest)), 'x')).toEqual(manifest);
});

test.each([
  [{ kind: 'half' }, 'the manifest.snapshot.kind is "half", expected full or increment'],
  [
    { buckets: [{ first: ['1'], last: ['1'], date: '../x', file: carried }] },
    'the manifest.snapshot.buckets[0].date is "../x", expected a day',
  ],
  [
    {
      buckets: [
        { first: ['1'], last: ['1'], date: '2026-11-01', file: { ...carried, name: '../x' } },
      ],
    },
    'the manifest.snapshot.buckets[0].file.name is "../x", expected a file name',
  ],
])('a set that is none is refused: %j', (change, message) => {
  const document = JSON.stringify({ ...manifestOf('text'), snapshot: { ...snapshot, ...change } });
  expect(() => parseManifest(Buffer.from(document), 'x')).toThrow(message);
});

test('a dataset that holds something else is refused', async () => {
  const store = openMemoryStore();
  const manifest = manifestOf('text', { dataset: 'd', partition: { date: '2026-11-19' } });
  await store.write('d/date=2026-11-19/data.parquet', Buffer.from('text'));
  await store.write('d/date=2026-11-19/_manifest.json', Buffer.from(formatManifest(manifest)));
  await expect(setsOf(store, 'd')).rejects.toThrow(
    "'d/date=2026-11-19/' is no day of a snapshot dataset",
  );
});

test('a chain is the last full set and what comes after it', () => {
  const sets = [setOf(1, 'full'), setOf(2), setOf(3), setOf(5, 'full'), setOf(7, 'increment', 5)];
  const days = (asOf?: string): string[] => {
    const chain = chainOf(sets, asOf);
    return chain ? [chain.full, ...chain.increments].map(({ day }) => day) : [];
  };
  expect(days()).toEqual(['2026-11-05', '2026-11-07']);
  expect(days('2026-11-06')).toEqual(['2026-11-05']);
  expect(days('2026-11-04')).toEqual(['2026-11-01', '2026-11-02', '2026-11-03']);
  expect(days('2026-10-31')).toEqual([]);
});

test('a chain with a missing link is none', () => {
  expect(() => chainOf([setOf(2), setOf(3)])).toThrow('there is no full set before it');
  const gap = [setOf(1, 'full'), setOf(3)];
  expect(() => chainOf(gap)).toThrow('there is no set of 2026-11-02, which it changes');
});

function setOf(day: number, kind: SnapshotSet['kind'] = 'increment', after = day - 1): StoredSet {
  const date = (number: number): string => `2026-11-0${number}`;
  return {
    day: date(day),
    manifest: manifestOf('text', { dataset: 'd', partition: { date: date(day) } }),
    etag: String(day),
    set: { kind, key: ['id'], buckets: [], ...(kind === 'increment' && { after: date(after) }) },
    buckets: [],
  };
}
