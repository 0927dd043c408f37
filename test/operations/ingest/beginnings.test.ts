import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginningsOf } from '../../../lib/operations/ingest/beginnings.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pipe-'));
});
afterAll(() => rm(folder, { recursive: true }));

function sum(bytes: Uint8Array): { readonly bytes: number; readonly sha256: string } {
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

test('tells what a file begins with from what is only as long', async () => {
  const file = path.join(folder, 'file');
  // Longer than a chunk, so that beginnings end within one and between two.
  const content = Buffer.alloc(2_500_000, 'abcdefg');
  await writeFile(file, content);
  const cuts = fc.uniqueArray(
    fc.record({
      length: fc.oneof(
        fc.integer({ min: 0, max: 2_600_000 }),
        fc.constantFrom(1, 1_048_575, 1_048_576, 1_048_577, 2_499_999, 2_500_000),
      ),
      isOther: fc.boolean(),
    }),
  );
  await fc.assert(
    fc.asyncProperty(cuts, async (pieces) => {
      const candidates = pieces.map(({ length, isOther }) => {
        const piece = Buffer.from(content.subarray(0, length));
        if (isOther && piece.length > 0) piece[piece.length - 1] = 0;
        return { ...sum(piece), isOther };
      });
      const expected = candidates.filter(
        ({ bytes, isOther }) => !isOther && bytes > 0 && bytes < content.length,
      );
      expect(await beginningsOf({ path: file, bytes: content.length }, candidates)).toEqual(
        expected,
      );
    }),
    { numRuns: 30 },
  );
});
