import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { all } from './all.ts';
import { LineFile, linesOf, readLines } from '../../../lib/operations/pack/lines.ts';

async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const size of sizes) yield bytes.subarray(start, (start += size));
  yield bytes.subarray(start);
}

test('lines are the same however the bytes come', async () => {
  const line = fc
    .string({ unit: 'binary', maxLength: 20 })
    .map((text) => text.replaceAll('\n', ''));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat(9)), async (lines, sizes) => {
      const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''));
      const read = await all(linesOf(pieces(bytes, sizes)));
      expect(read.map((each) => each.toString())).toEqual(
        lines.map((each) => Buffer.from(each).toString()),
      );
    }),
  );
});

test('a last line need not end', async () => {
  const read = await all(linesOf(pieces(Buffer.from('a\n\nb'), [])));
  expect(read.map(String)).toEqual(['a', '', 'b']);
});

test('a file gives back what was added, also across its buffer', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-'));
  try {
    const file = await LineFile.create(join(folder, 'lines'));
    const lines = Array.from({ length: 40 }, (_, n) => `${n} ${'é\u2028'.repeat(n * 2000)}`);
    for (const line of lines) await file.add(line);
    await file.close();
    await file.close();
    expect((await all(readLines(file.path))).map(String)).toEqual(lines);
    expect(file.longest).toBeGreaterThanOrEqual(Buffer.byteLength(lines.at(-1) ?? '') + 1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
