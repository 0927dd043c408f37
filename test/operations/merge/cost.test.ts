import { describe, expect, test } from 'vitest';
import type { Chain, StoredSet } from '../../../lib/dataset/snapshot.ts';
import { mergeCost } from '../../../lib/operations/merge/cost.ts';
import { manifestOf } from '../../dataset/drafts.ts';

/** 50 M records in 1.09 GB and increments of 1 %, as they were measured. */
const FULL_BYTES = 1.09e9;

describe('when a merge is due', () => {
  test.each([
    // √(2C/(R·a)) with C = 12.1 s and a = 0.13 s.
    [1, 13.6],
    [10, 4.3],
    [100, 1.4],
  ])('with %i reads a day: after %f increments', (reads, best) => {
    expect(mergeCost(chainOf(1), FULL_BYTES, reads).best).toBeCloseTo(best, 1);
    expect(mergeCost(chainOf(Math.floor(best)), FULL_BYTES, reads).isDue).toBe(false);
    expect(mergeCost(chainOf(Math.ceil(best)), FULL_BYTES, reads).isDue).toBe(true);
  });

  test('where nobody reads: at 30 increments, or a quarter of the records', () => {
    expect(mergeCost(chainOf(24), FULL_BYTES, 0).isDue).toBe(false);
    expect(mergeCost(chainOf(25), FULL_BYTES, 0).text).toContain('25.0 % of the rows');
    expect(mergeCost(chainOf(29, 1000), FULL_BYTES, 0).isDue).toBe(false);
    expect(mergeCost(chainOf(30, 1000), FULL_BYTES, 0).text).toContain('30 increments');
  });

  test('never for increments without changes', () => {
    expect(mergeCost(chainOf(40, 0), 0, 100).isDue).toBe(false);
  });

  test('sooner where changes fall into few buckets', () => {
    expect(mergeCost(chainOf(2), FULL_BYTES / 32, 1).best).toBeLessThan(3);
  });
});

function chainOf(increments: number, rows = 500_000): Chain {
  const sets = Array.from({ length: increments }, () => setOf('increment', rows, rows * 21.8));
  const full = setOf('full', 50_000_000, FULL_BYTES);
  return { full, increments: sets, tip: sets.at(-1) ?? full };
}

function setOf(kind: 'full' | 'increment', rows: number, bytes: number): StoredSet {
  const file = { name: 'x.parquet', bytes, sha256: '', rows };
  const bounds = { first: ['a'], last: ['b'] };
  const buckets = rows === 0 ? [] : [{ ...bounds, date: '2026-11-01', key: 'x', file }];
  const set = {
    kind,
    key: ['id'],
    buckets: buckets.map((_, place) => ({ ...bounds, file: place })),
  };
  return { day: '2026-11-01', manifest: manifestOf(''), etag: '', set, buckets };
}
