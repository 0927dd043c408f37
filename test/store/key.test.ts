import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareKeys } from '../../lib/store/key.ts';

test('keys compare as their UTF-8 bytes do', () => {
  const texts = fc.string({ unit: 'binary', maxLength: 4 });
  fc.assert(
    fc.property(texts, texts, texts, (start, a, b) => {
      const [x, y] = [start + a, start + b];
      expect(Math.sign(compareKeys(x, y))).toBe(Buffer.compare(Buffer.from(x), Buffer.from(y)));
    }),
    { numRuns: 1000 },
  );
});
