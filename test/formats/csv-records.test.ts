import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvLine } from '../../lib/formats/csv.ts';
import { csvRecords } from '../../lib/formats/csv-records.ts';
import type { BadRecord } from '../../lib/formats/csv-records.ts';
import { peek } from '../../lib/formats/peek.ts';

async function read(
  text: string,
  size = 7,
): Promise<{ readonly records: unknown[]; readonly bad: BadRecord[] }> {
  const bad: BadRecord[] = [];
  const records: unknown[] = [];
  for await (const record of csvRecords(await peek(pieces(text, size)), (one) => bad.push(one))) {
    records.push(record);
  }
  return { records, bad };
}

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('values are the text they are', async () => {
  const { records } = await read('id,price,on\n007,1e3,true\n,"",\n');
  expect(records).toEqual([
    { id: '007', price: '1e3', on: 'true' },
    { id: '', price: '', on: '' },
  ]);
});

test('the delimiter is that of the first line, a byte order mark is none of its text', async () => {
  expect((await read('\uFEFFa;b\n1;"2,5"\n')).records).toEqual([{ a: '1', b: '2,5' }]);
  expect((await read('a\tb\r\n1\t2\r\n')).records).toEqual([{ a: '1', b: '2' }]);
  expect((await read('a|b\n1|2\n')).records).toEqual([{ a: '1', b: '2' }]);
  expect((await read('only\nx\n')).records).toEqual([{ only: 'x' }]);
});

test('bad records go with line and reason, and lose none that follow', async () => {
  const { records, bad } = await read('a,b\n1,"x\ny"\n2\n3,"z"q\n4,5"\n6,7\n');
  expect(records).toEqual([
    { a: '1', b: 'x\ny' },
    { a: '6', b: '7' },
  ]);
  expect(bad).toEqual([
    { line: 4, reason: expect.stringContaining('Invalid Record Length'), text: '2' },
    { line: 5, reason: expect.stringContaining('a quote'), text: '3,"z"q' },
    { line: 6, reason: expect.stringContaining('a quote'), text: '4,5"' },
  ]);
});

test('a quote that is never closed is one bad record', async () => {
  const { records, bad } = await read('a,b\n1,2\n"3,4\n5,6\n');
  expect(records).toEqual([{ a: '1', b: '2' }]);
  expect(bad).toEqual([
    expect.objectContaining({ reason: expect.stringContaining('Quote Not Closed') }),
  ]);
});

test('no records: an empty text, and a header alone', async () => {
  expect(await read('')).toEqual({ records: [], bad: [] });
  expect(await read('a,b\n')).toEqual({ records: [], bad: [] });
});

test('what is wrong with the source is thrown', async () => {
  async function* cut(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a,b\n1,2\n');
    throw new Error('cut off');
  }
  const all = async (): Promise<void> => {
    for await (const record of csvRecords(await peek(cut()), () => undefined)) {
      expect(record).toEqual({ a: '1', b: '2' });
    }
  };
  await expect(all()).rejects.toThrow('cut off');
});

test('what was written as CSV reads as it was, however the bytes come', async () => {
  const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', 'é', '🦆', ' ') });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(field, field), { maxLength: 20 }),
      fc.integer({ min: 1, max: 9 }),
      async (rows, size) => {
        const text = `a,b\n${rows.map((row) => csvLine(row)).join('')}`;
        const { records, bad } = await read(text, size);
        expect(bad).toEqual([]);
        expect(records).toEqual(rows.map(([a, b]) => ({ a, b })));
      },
    ),
    { numRuns: 100 },
  );
});
