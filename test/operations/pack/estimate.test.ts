import { expect, test } from 'vitest';
import { estimate } from '../../../lib/operations/pack/estimate.ts';
import { estimateText } from '../../../lib/operations/pack/estimate-table.ts';

const many = { listed: 35e6, objects: 35e6, bytes: 6e12, chunks: 5588 };

test('thirty-five million objects in S3 cost what was quoted for them', () => {
  const found = estimate(many, 's3://bucket/prefix', 's3://bucket/packed');
  const parts = Math.ceil(6e12 / 2 ** 23);
  expect(found).toMatchObject({
    lists: 35_000 + 10 + 5588 * 24,
    gets: 35e6 + 10 + 5588 * 16,
    puts: 20 + 5588 * 12 + parts,
  });
  // GET $14, LIST $0.175, the parts of 6 TB $3.576, and publishing.
  expect(found.dollars).toBeCloseTo(14 + 0.175 + 3.576 + 1.042, 2);
  expect(found.seconds).toBe(35e6 / 2000);
});

test('local folders are asked for nothing', () => {
  const nothing = { lists: 0, gets: 0, puts: 0, dollars: 0 };
  expect(estimate(many, 'file:///a', 'file:///b')).toMatchObject(nothing);
  expect(estimate(many, 'file:///a', 's3://b').gets).toBe(10 + 5588 * 16);
  expect(estimate(many, 's3://b', 'file:///b')).toMatchObject({
    lists: 35_000,
    gets: 35e6,
    puts: 0,
  });
});

test('nothing to do costs a listing', () => {
  const none = { listed: 10, objects: 0, bytes: 0, chunks: 0 };
  const found = estimate(none, 's3://b', 'file:///b');
  expect(found).toEqual({ lists: 1, gets: 0, puts: 0, dollars: 0.000005, seconds: 0 });
});

test('it reads as one line', () => {
  expect(estimateText(many, 's3://bucket/prefix', 'file:///b')).toBe(
    'at most 35,000 LIST, 35,000,000 GET, 0 PUT; 5.5 TiB; $14.18 and 4.9 h or so',
  );
  expect(estimateText({ ...many, bytes: undefined }, 'file:///a', 'file:///b')).toContain(
    'unknown size; $0 and ',
  );
});
