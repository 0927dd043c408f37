import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../lib/errors.ts';
import { checkRows, formatManifest, versionOf } from '../../lib/dataset/manifest.ts';
import { parseManifest } from '../../lib/dataset/parse-manifest.ts';
import { manifestOf } from './drafts.ts';

const full = manifestOf('rows', {
  inputs: [
    { name: 'events/site=a/', version: '1', bytes: 5, rows: 2 },
    { name: 'file:///x', version: '2' },
  ],
  rows: { in: 5, out: 1, rejected: 1, filtered: 0, aggregated: 4 },
  schema: [{ name: 'hour', type: 'TINYINT' }],
});

test('a manifest is read as it was written', () => {
  expect(parse(formatManifest(full))).toEqual(full);
  expect(formatManifest(parse(formatManifest(full)))).toBe(formatManifest(full));
});

test('fields that this version does not know are no fault', () => {
  expect(parse(JSON.stringify({ ...full, note: 'x' }))).toEqual(full);
});

test.each<[string, object, string]>([
  ['another format', { format: 2 }, 'format is 2'],
  ['no dataset', { dataset: undefined }, 'the manifest.dataset is missing, expected a text'],
  ['a dataset that climbs', { dataset: '../x' }, "'../x' cannot be a dataset"],
  ['a value that climbs', { partition: { site: '..' } }, "'..' cannot be a value of 'site'"],
  [
    'a file that climbs',
    { files: [{ name: '../x', bytes: 1, sha256: '', rows: 0 }] },
    '.files[0].name is "../x"',
  ],
  ['a count that is none', { rows: { ...full.rows, in: -1 } }, '.rows.in is -1, expected a count'],
  ['a fraction', { rows: { ...full.rows, aggregated: 1.5 } }, '.rows.aggregated is 1.5'],
  ['a list that is none', { inputs: {} }, '.inputs is {}, expected a list'],
  ['a text that is none', { inputs: [{ name: 1 }] }, '.inputs[0].name is 1, expected a text'],
])('%s is told with the key and the field', (_name, change, message) => {
  const reading = (): unknown => parse(JSON.stringify({ ...full, ...change }));
  expect(reading).toThrow(UserError);
  expect(reading).toThrow("Cannot read the manifest 'events/_manifest.json'");
  expect(reading).toThrow(message);
});

test('whatever bytes are read, the error is one for people', () => {
  const anything = fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(anything, (bytes) => {
      expect(() => parseManifest(bytes, 'k')).toThrow(UserError);
    }),
  );
});

describe('checkRows', () => {
  test.each([
    { in: 0, out: 0, rejected: 0, filtered: 0 },
    { in: 6, out: 3, rejected: 2, filtered: 1 },
    { in: 100, out: 25, rejected: 0, filtered: 40, aggregated: 60 },
  ])('%j adds up', (rows) => {
    expect(() => checkRows(rows)).not.toThrow();
  });

  test.each([
    { in: 1, out: 0, rejected: 0, filtered: 0 },
    { in: 1, out: 1, rejected: 1, filtered: 0 },
    { in: 5, out: 5, rejected: 0, filtered: 0, aggregated: 4 },
    { in: -1, out: -1, rejected: 0, filtered: 0 },
    { in: 0.5, out: 0.5, rejected: 0, filtered: 0 },
    { in: NaN, out: NaN, rejected: 0, filtered: 0 },
  ])('%j does not', (rows) => {
    expect(() => checkRows(rows)).toThrow(/Rows do not add up: .* in, but/);
  });
});

test('the version is that of the content alone', () => {
  const again = manifestOf('rows', { commit: 'x', run: 'y', command: 'z' });
  expect(versionOf(again)).toBe(versionOf(manifestOf('rows')));
  expect(versionOf(manifestOf('other'))).not.toBe(versionOf(manifestOf('rows')));
});

function parse(text: string): ReturnType<typeof parseManifest> {
  return parseManifest(Buffer.from(text), 'events/_manifest.json');
}
