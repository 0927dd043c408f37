import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Engine, Row } from '../../lib/engine/engine.ts';
import { parquet } from '../../lib/engine/parquet.ts';
import { sql } from '../../lib/engine/sql.ts';
import { columnTypesOf } from '../../lib/formats/column-types.ts';
import type { ColumnTypes } from '../../lib/formats/column-types.ts';
import { openParquetFile } from '../../lib/formats/parquet-file.ts';

let folder: string;
let engine: Engine;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pipe-'));
  engine = await openDuckDB({ threads: 1 });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

async function writeAndRead(
  rows: readonly Readonly<Record<string, unknown>>[],
  columns: ColumnTypes = columnTypesOf(rows),
): Promise<Row[]> {
  const target = path.join(folder, `${++files}.parquet`);
  const file = await openParquetFile(target, columns);
  for (const row of rows) await file.append(row);
  await file.close();
  return engine.rows(sql`select * from ${parquet([target])}`);
}

test('the engine reads every type that was written', async () => {
  const at = new Date('2026-11-19T10:05:03.250Z');
  const rows = [
    { t: "it's 🦆", i: -(2 ** 53 - 1), n: 1.5, b: true, at, j: { a: [1, null] } },
    { t: '', i: 2 ** 53 - 1, n: -0.1, b: false, at: new Date('1969-12-31T23:59:59.999Z'), j: [] },
    { t: null, i: undefined, n: 7, at: null },
  ];
  expect(await writeAndRead(rows)).toEqual([
    {
      t: "it's 🦆",
      i: -(2 ** 53 - 1),
      n: 1.5,
      b: true,
      at: '2026-11-19T10:05:03.250',
      j: '{"a":[1,null]}',
    },
    { t: '', i: 2 ** 53 - 1, n: -0.1, b: false, at: '1969-12-31T23:59:59.999', j: '[]' },
    { t: null, i: null, n: 7, b: null, at: null, j: null },
  ]);
});

test('days are days, before 1970 as well', async () => {
  const rows = [{ day: '2026-02-28' }, { day: '1600-01-01' }, { day: null }];
  expect(await writeAndRead(rows, { day: 'date' })).toEqual(rows);
});

test('a file without rows has its columns', async () => {
  expect(await writeAndRead([], { id: 'text' })).toEqual([]);
});

test('a value that fits no column names row, column and value', async () => {
  const columns = { id: 'integer' } as const;
  await expect(writeAndRead([{ id: 1 }, { id: 1.5 }], columns)).rejects.toThrow(
    "row 2 has 1.5 in the column 'id', expected an integer",
  );
  await expect(writeAndRead([{ id: 2n ** 60n }], columns)).rejects.toThrow('row 1 has 1152921504');
  await expect(writeAndRead([{ id: 1, new: 'x' }], columns)).rejects.toThrow(
    "row 1 has the column 'new'",
  );
  await expect(writeAndRead([{ n: Number.NaN }], { n: 'number' })).rejects.toThrow(
    "in the column 'n'",
  );
  await expect(writeAndRead([{ d: '2026-02-30' }], { d: 'date' })).rejects.toThrow("'2026-02-30'");
});

test('values of two types make no column, integers among numbers do', () => {
  expect(() => columnTypesOf([{ a: 1 }, { a: 'x' }])).toThrow(
    "the column 'a' has values of the types integer and text",
  );
  expect(columnTypesOf([{ a: 1, b: null }, { a: 1.5 }])).toEqual({ a: 'number', b: 'text' });
  expect(() => columnTypesOf([{ a: () => 1 }])).toThrow("the column 'a' has function");
});

test('rows are the same after writing and reading, over many row groups', async () => {
  const row = fc.record({
    t: fc.option(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))),
    i: fc.option(fc.maxSafeInteger()),
    // The engine has one zero: among equal values it keeps whichever came first.
    n: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)),
    b: fc.option(fc.boolean()),
  });
  const columns = { t: 'text', i: 'integer', n: 'number', b: 'boolean' } as const;
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 50 }), async (rows) => {
      const many = Array.from(
        { length: rows.length * 200 },
        (_, index) => rows[index % rows.length],
      );
      const written = many.filter((one) => one !== undefined);
      expect(await writeAndRead(written, columns)).toEqual(
        written.map((one) => ({ ...one, i: one.i === 0 ? 0 : one.i })),
      );
    }),
    { numRuns: 20 },
  );
});
