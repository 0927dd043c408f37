import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Seen } from '../../lib/run/seen.ts';

test('agrees with a Map, however often it grows', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.integer({ min: 1, max: 5 }))), (entries) => {
      const seen = new Seen();
      for (const [text, value] of entries) seen.set(text, value);
      for (const [text, value] of new Map(entries)) expect(seen.get(text)).toBe(value);
    }),
  );
});

test('knows a hundred thousand texts from those it has not seen', () => {
  const seen = new Seen();
  for (let n = 0; n < 100_000; n++) seen.set(`text ${n}`, 1 + (n % 5));
  for (let n = 0; n < 100_000; n++) expect(seen.get(`text ${n}`)).toBe(1 + (n % 5));
  for (let n = 100_000; n < 110_000; n++) expect(seen.get(`text ${n}`)).toBeUndefined();
});
