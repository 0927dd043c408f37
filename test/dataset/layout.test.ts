import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoted, UsageError } from '../../lib/errors.ts';
import { parsePrefix, prefixOf } from '../../lib/dataset/layout.ts';

test('the order of the keys is the order of the folders', () => {
  const keys = { site: 'a', date: '2026-11-19' };
  expect(prefixOf({ dataset: 'stats/pageloads', keys })).toBe(
    'stats/pageloads/site=a/date=2026-11-19/',
  );
  expect(prefixOf({ dataset: 'events', keys: {} })).toBe('events/');
});

test.each([
  'a',
  'www.example.com',
  'a_b-c+d@e~f',
  '007',
  '日本',
  'é',
  'e\u0301',
  'हिन्दी',
  '-x',
  'a..b',
  'x'.repeat(200),
])('the value %j is fine', (site) => {
  const partition = { dataset: 'events', keys: { site } };
  expect(parsePrefix(prefixOf(partition))).toEqual(partition);
});

test.each([
  '',
  '.',
  '..',
  '.a',
  'a/b',
  '../x',
  'a\\b',
  'a b',
  "a'b",
  'a=b',
  'a%2fb',
  'a*',
  'a\0',
  'a\n',
  '😀',
  'x'.repeat(201),
  'é'.repeat(101),
])('the value %j is refused with its key', (site) => {
  const prefix = (): string => prefixOf({ dataset: 'events', keys: { site } });
  expect(prefix).toThrow(UsageError);
  expect(prefix).toThrow(`${quoted(site)} cannot be a value of 'site'`);
});

test.each(['', '/', 'a/', '/a', '..', 'a/../b', 'a b', 'a=b', '.pipe'])(
  'the dataset %j is refused',
  (dataset) => {
    expect(() => prefixOf({ dataset, keys: {} })).toThrow(UsageError);
  },
);

test.each(['', 'a-b', '1a', 'a=b', '__proto__', '_x'])('the key %j is refused', (key) => {
  expect(() => prefixOf({ dataset: 'events', keys: Object.fromEntries([[key, 'x']]) })).toThrow(
    UsageError,
  );
});

test.each([
  'events/site=a',
  'events/site=/',
  'events/a=1/b/',
  'site=a/',
  '',
  '/',
  'events/site=a/site=b/',
  'e/site=a b/',
])('%j is no prefix of a partition', (prefix) => {
  expect(parsePrefix(prefix)).toBeUndefined();
});

test('whatever text comes in, it is refused or stays one folder', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const partition = { dataset: 'events', keys: { site: value, date: '2026-11-19' } };
      try {
        expect(prefixOf(partition).split('/')).toHaveLength(4);
        expect(parsePrefix(prefixOf(partition))).toEqual(partition);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
      }
    }),
  );
});
