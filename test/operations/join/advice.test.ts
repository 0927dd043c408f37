import { expect, test } from 'vitest';
import { adviceText, advise } from '../../../lib/operations/join/advice.ts';
import type { Wishes } from '../../../lib/operations/join/advice.ts';
import type { Look, SideFacts } from '../../../lib/operations/join/look.ts';

const side = (facts: Partial<SideFacts>): SideFacts => ({
  rows: 1e6,
  width: 32,
  keyWidth: 8,
  groupBytes: 4e6,
  sampled: 1e5,
  nulls: 0,
  distinct: 1e5,
  keys: 1e6,
  ...facts,
});

const wishes = (more: Partial<Wishes> = {}): Wishes => ({
  strategy: 'auto',
  memoryBytes: 1e9,
  ...more,
});

const events = side({ rows: 5e7 });

test.each<[string, Look, Partial<ReturnType<typeof advise>>]>([
  [
    'a small right side',
    { left: events, rights: [side({})], heavy: [] },
    { strategy: 'plain', build: 'right' },
  ],
  [
    'a small left side',
    { left: side({}), rights: [events], heavy: [] },
    { strategy: 'plain', build: 'left' },
  ],
  [
    'a hot key on the side that streams by',
    { left: events, rights: [side({})], heavy: [{ values: ['1'], left: 2e7, right: 1 }] },
    { strategy: 'plain' },
  ],
  [
    'two large sides',
    { left: events, rights: [events], heavy: [] },
    { strategy: 'shards', shards: 6 },
  ],
  [
    'a hot key on the side that must be built',
    {
      left: side({ rows: 1e8 }),
      rights: [events],
      heavy: [{ values: ['1'], left: 3, right: 2e7 }],
    },
    { strategy: 'hot', hotKeys: 1 },
  ],
  [
    'rows too wide to be sorted at once',
    { left: side({ rows: 2e6 }), rights: [side({ width: 1600 })], heavy: [] },
    { strategy: 'shards', shards: 5, build: 'left' },
  ],
  [
    'row groups that do not fit into memory',
    { left: events, rights: [side({ groupBytes: 3e8 })], heavy: [] },
    { repack: [1] },
  ],
  [
    'row groups of which one fits, and not two',
    { left: events, rights: [side({ groupBytes: 1e8 })], heavy: [] },
    { threads: 1, repack: [] },
  ],
])('%s', (_, look, expected) => {
  expect(advise('inner', look, wishes())).toMatchObject(expected);
});

test('what is asked for is done', () => {
  const look = { left: events, rights: [side({})], heavy: [] };
  const advice = advise('inner', look, wishes({ strategy: 'salted', shards: 3 }));
  expect(adviceText(advice)).toBe('salted in 3 parts: asked for');
  expect(advise('inner', look, wishes({ strategy: 'plain', shards: 3 })).shards).toBe(1);
});

test('a semi join builds keys alone', () => {
  const look = { left: side({ rows: 1e8 }), rights: [side({ rows: 2e7, width: 400 })], heavy: [] };
  expect(advise('semi', look, wishes()).strategy).toBe('plain');
  expect(advise('inner', look, wishes()).strategy).toBe('shards');
});
