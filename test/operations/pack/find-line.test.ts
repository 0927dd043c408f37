import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findLine } from '../../../lib/operations/pack/find-line.ts';
import { Parts } from '../../../lib/operations/pack/parts.ts';
import { compareKeys } from '../../../lib/store/key.ts';
import { openMemoryStore } from '../../../lib/store/memory.ts';

const ids = fc.uniqueArray(fc.string({ maxLength: 4, unit: 'binary' }), {
  minLength: 1,
  maxLength: 40,
});

test('every id is found among sorted lines of any length, and no other', async () => {
  await fc.assert(
    fc.asyncProperty(
      ids,
      fc.infiniteStream(fc.nat(50_000)),
      fc.boolean(),
      async (some, sizes, isOpen) => {
        const lines = some.toSorted(compareKeys).map((id) => {
          const record = { id, body: 'x'.repeat(sizes.next().value ?? 0) };
          return JSON.stringify(record);
        });
        // A last line need not have a line feed.
        const content = Buffer.from(`${lines.join('\n')}${isOpen ? '' : '\n'}`);
        const store = openMemoryStore();
        await store.write('lines', content);
        const parts = new Parts(store, 'lines', content.length);
        for (const [index, id] of some.toSorted(compareKeys).entries()) {
          expect((await findLine(parts, id))?.line).toBe(lines[index]);
          expect(await findLine(parts, `${id}\u0000absent`)).toBeUndefined();
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('lines that are larger than what is read at once are found', async () => {
  const lines = ['a', 'b', 'c', 'd', 'e'].map((id) =>
    JSON.stringify({ id, body: id.repeat(200_000) }),
  );
  const content = Buffer.from(lines.join('\n'));
  const store = openMemoryStore();
  await store.write('lines', content);
  for (const id of ['a', 'b', 'c', 'd', 'e']) {
    const found = await findLine(new Parts(store, 'lines', content.length), id);
    expect(found?.record.body.length).toBe(200_000);
  }
});
