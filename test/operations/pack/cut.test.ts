import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { all } from './all.ts';
import { cut } from '../../../lib/operations/pack/cut.ts';
import type { Cut, Known, Limits } from '../../../lib/operations/pack/cut.ts';
import type { Listed } from '../../../lib/operations/pack/records.ts';
import { compareKeys } from '../../../lib/store/key.ts';

const limits: Limits = { keys: 4, bytes: 100 };

function object(id: string, size = 10, etag = 'e'): Listed {
  return { id, key: id, etag, size, last_modified: '2026-11-19T00:00:00.000Z' };
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function cutAll(objects: readonly Listed[], known: readonly Known[] = []): Promise<Cut[]> {
  const sorted = objects.toSorted((a, b) => compareKeys(a.id, b.id));
  return all(cut(each(sorted), known, limits));
}

const ids = (count: number, prefix = ''): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n).padStart(3, '0')}`);

const shape = (cuts: readonly Cut[]): string[] =>
  cuts.map(
    ({ chunk, first, last, keys, isNew }) =>
      `${chunk} ${first}-${last} ${keys}${isNew ? '' : ' same'}`,
  );

test('a first list is cut by keys, and by bytes', async () => {
  expect(shape(await cutAll(ids(9).map((id) => object(id))))).toEqual([
    '00000 000-003 4',
    '00001 004-007 4',
    '00002 008-008 1',
  ]);
  const large = [object('a', 90), object('b', 20), object('c', 300), object('d', 1)];
  expect(shape(await cutAll(large))).toEqual([
    '00000 a-a 1',
    '00001 b-b 1',
    '00002 c-c 1',
    '00003 d-d 1',
  ]);
});

test('nothing is cut into nothing', async () => {
  expect(await cutAll([])).toEqual([]);
});

test('what is new changes the chunk that it lies in', async () => {
  const objects = ids(12).map((id) => object(id));
  const known = await cutAll(objects);
  expect(shape(await cutAll([...objects, object('0045')], known))).toEqual([
    '00000 000-003 4 same',
    '00001 004-007 5',
    '00002 008-011 4 same',
  ]);
  expect(shape(await cutAll([...objects, object('-'), object('z')], known))).toEqual([
    '00000 --003 5',
    '00001 004-007 4 same',
    '00002 008-z 5',
  ]);
});

test('a chunk that has outgrown its limits twice is split; its beginning keeps the number', async () => {
  const objects = ids(8).map((id) => object(id));
  const known = await cutAll(objects);
  const more = [...objects, ...ids(5, '003-').map((id) => object(id))];
  const split = await cutAll(more, known);
  expect(shape(split)).toEqual([
    '00000 000-003 4 same',
    '00002 003-000-003-003 4',
    '00003 003-004-003-004 1',
    '00001 004-007 4 same',
  ]);
  expect((await cutAll(more, split)).every(({ isNew }) => !isNew)).toBe(true);
});

test('a chunk whose objects have all gone is empty, and its number is not used again', async () => {
  const objects = ids(8).map((id) => object(id));
  const known = await cutAll(objects);
  const fewer = await cutAll(objects.slice(0, 4), known);
  expect(shape(fewer)).toEqual(['00000 000-003 4 same', '00001 undefined-undefined 0']);
  const later = await cutAll(
    [...objects.slice(0, 4), ...ids(6, 'x').map((id) => object(id))],
    fewer,
  );
  expect(later.map(({ chunk }) => chunk)).toEqual(['00000', '00002', '00003']);
});

test.each([
  ['etag', { etag: 'f' }],
  ['size', { size: 11 }],
  ['time', { last_modified: '2026-11-19T00:00:00.001Z' }],
  ['absence', { etag: null, size: null, last_modified: null }],
])('another %s changes the chunk', async (_, change) => {
  const objects = ids(8).map((id) => object(id));
  const known = await cutAll(objects);
  const changed = objects.map((each) => (each.id === '005' ? { ...each, ...change } : each));
  const cuts = await cutAll(changed, known);
  expect(cuts.map(({ isNew }) => isNew)).toEqual([false, true]);
});

test('every object is in one chunk, in order, whatever came and went before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-'));
  let files = 0;
  const someIds = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }), {
    maxLength: 40,
  });
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(someIds, { minLength: 1, maxLength: 4 }), async (versions) => {
        let known: Cut[] = [];
        for (const version of versions) {
          const objects = version
            .map((id) => object(id))
            .toSorted((a, b) => compareKeys(a.id, b.id));
          const pathFor = (): string => join(folder, String(files++));
          const cuts = await all(cut(each(objects), known, limits, pathFor));
          expect(new Set(cuts.map(({ chunk }) => chunk)).size).toBe(cuts.length);
          const lines: string[] = [];
          for (const { keys, files: parts } of cuts) {
            const before = lines.length;
            for (const { path } of parts)
              lines.push(...(await readFile(path, 'utf8')).split('\n').slice(0, -1));
            expect(lines.length - before).toBe(keys);
            expect(keys).toBeLessThanOrEqual(2 * limits.keys);
          }
          expect(lines.map((line) => JSON.parse(line))).toEqual(objects);
          const names = new Set(cuts.map(({ chunk }) => chunk));
          known = [...cuts, ...known.filter(({ chunk }) => !names.has(chunk))];
          expect((await all(cut(each(objects), known, limits))).some(({ isNew }) => isNew)).toBe(
            false,
          );
        }
      }),
      { numRuns: 60 },
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
