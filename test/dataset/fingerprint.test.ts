import { expect, test } from 'vitest';
import { differences } from '../../lib/dataset/fingerprint.ts';
import type { Fingerprint, Input } from '../../lib/dataset/manifest.ts';

const fingerprint: Fingerprint = {
  task: 'stats:pageloads',
  argv: ['--site=a'],
  settings: { timezone: 'UTC' },
  code: 'abc',
  engine: 'duckdb 1.5.5',
};

const inputs: readonly Input[] = [
  { name: 'events/site=a/date=2026-11-19/', version: '1' },
  { name: 'file:///x', version: '1', bytes: 3 },
];

test('the same is no difference, whatever the order of inputs and the numbers beside', () => {
  expect(differences({ fingerprint, inputs }, { ...fingerprint }, inputs.toReversed())).toEqual([]);
  const counted = inputs.map((input) => ({ ...input, rows: 7 }));
  expect(differences({ fingerprint, inputs }, fingerprint, counted)).toEqual([]);
});

test.each<[Partial<Fingerprint>, string]>([
  [{ code: 'def' }, 'code changed from abc to def'],
  [{ argv: ['--site=b'] }, 'arguments changed from --site=a to --site=b'],
  [{ argv: ['--site=a', 'b c'] }, "arguments changed: 'b c' is new"],
  [{ argv: [] }, 'arguments changed: --site=a is gone'],
  [{ argv: ['--site=a', '--site=a'] }, 'arguments changed in number or order'],
  [{ task: 'stats:clicks' }, 'task changed from stats:pageloads to stats:clicks'],
  [{ engine: 'duckdb 1.5.6' }, 'engine changed from duckdb 1.5.5 to duckdb 1.5.6'],
  [
    { settings: { timezone: 'Europe/Berlin' } },
    'setting timezone changed from UTC to Europe/Berlin',
  ],
  [{ settings: { timezone: 'UTC', strict: 'yes' } }, 'setting strict is new'],
  [{ settings: {} }, 'setting timezone is gone'],
])('%j', (change, expected) => {
  expect(differences({ fingerprint, inputs }, { ...fingerprint, ...change }, inputs)).toEqual([
    expected,
  ]);
});

test('inputs change, come and go', () => {
  const now = [
    { name: 'file:///new', version: '1' },
    { name: 'events/site=a/date=2026-11-19/', version: '234567890', bytes: 12 },
  ];
  expect(differences({ fingerprint, inputs }, fingerprint, now)).toEqual([
    'input events/site=a/date=2026-11-19/ changed from version 1 to 12 bytes (version 23456789)',
    'input file:///x is gone',
    'input file:///new is new',
  ]);
});

test('several differences are all told, code first', () => {
  const now = { ...fingerprint, code: 'x', engine: 'duckdb 2' };
  expect(differences({ fingerprint, inputs }, now, inputs)).toEqual([
    'code changed from abc to x',
    'engine changed from duckdb 1.5.5 to duckdb 2',
  ]);
});
