import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../lib/engine/engine.ts';
import { EngineError } from '../../lib/engine/error.ts';
import { identifier, join, literal, literals, sql } from '../../lib/engine/sql.ts';
import type { Sql } from '../../lib/engine/sql.ts';

/** What every engine must do. */
export function engineContract(open: () => Promise<Engine>): void {
  let engine: Engine;
  let folder: string;
  beforeAll(async () => {
    engine = await open();
    folder = await mkdtemp(path.join(tmpdir(), 'pipe-'));
  });
  afterAll(async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('names itself with a version', () => {
    expect(engine.id).toMatch(/^[a-z]+ \d+\.\d+\.\d+$/);
  });

  test('hands back every bound value as it was given', async () => {
    const values = ["it's", '$1; drop table x', '', 'ünïcödé 🦆', 7, -2.5, 2 ** 40, true, null];
    const columns = values.map((value, index) => sql`${value} as ${identifier(`c${index}`)}`);
    const [row] = await engine.rows(sql`select ${columns}`);
    expect(Object.values(row ?? {})).toEqual(values);
  });

  test('hands back integers as numbers and, beyond 2^53, as bigint', async () => {
    const rows = await engine.rows(
      sql`select 9007199254740991 as a, 9007199254740992 as b, ${2n ** 60n} as c, sum(x) as d from (values (1), (2)) as t(x)`,
    );
    expect(rows).toEqual([{ a: 9007199254740991, b: 2n ** 53n, c: 2n ** 60n, d: 3 }]);
  });

  test('hands back instants as ISO text in UTC, days as days, decimals as numbers', async () => {
    const [row] = await engine.rows(sql`select
        timestamptz '2026-03-29 03:00:00+02' as a,
        timestamptz '1969-12-31 23:59:59.999999+00' as b,
        timestamp '2026-03-29 03:00:00.5' as c,
        date '2026-02-28' as d,
        cast(1.25 as decimal(9, 2)) as e`);
    expect(row).toEqual({
      a: '2026-03-29T01:00:00.000Z',
      b: '1969-12-31T23:59:59.999999Z',
      c: '2026-03-29T03:00:00.500',
      d: '2026-02-28',
      e: 1.25,
    });
  });

  test('hands back lists and structs as arrays and objects', async () => {
    const [row] = await engine.rows(
      sql`select [1, null, 3] as list, {'a': 1, 'b': [date '2026-01-01']} as struct`,
    );
    expect(row).toEqual({ list: [1, null, 3], struct: { a: 1, b: ['2026-01-01'] } });
  });

  test('writes a file in the order of its query, with values bound', async () => {
    const file = path.join(folder, "it's.parquet");
    const written = await engine.write(
      sql`select x, ${"it's"} as label from (values (3), (1), (2), (0)) as t(x) where x > ${0}`,
      file,
    );
    expect(written.rows).toBe(3);
    expect(written.bytes).toBeGreaterThan(0);
    expect(written.schema.map((column) => column.name)).toEqual(['x', 'label']);
    const back = await engine.rows(sql`select * from read_parquet(${literal(file)})`);
    expect(back.map((row) => row['x'])).toEqual([3, 1, 2]);
    expect(back[0]?.['label']).toBe("it's");
  });

  test('writes a file without rows', async () => {
    const file = path.join(folder, 'empty.parquet');
    const written = await engine.write(sql`select 1 as x where false`, file);
    expect(written).toMatchObject({ rows: 0, schema: [{ name: 'x' }] });
  });

  test('leaves no file when a query fails half way', async () => {
    const file = path.join(folder, 'half.parquet');
    const failing = sql`select case when x = 999999 then error('stop') else 'x' end as y from range(1000000) as t(x)`;
    await expect(engine.write(failing, file)).rejects.toThrow(EngineError);
    await expect(access(file)).rejects.toThrow('ENOENT');
  });

  test('an error names the engine, keeps its cause and its kind', async () => {
    const error: unknown = await engine.rows(sql`select nothing`).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ failure: 'query', cause: expect.any(Error) });
    expect(String(error)).toContain(`${engine.id}: `);
  });

  test('temporary tables live as long as the engine', async () => {
    await engine.execute(sql`create temporary table kept as select 41 + ${1} as x`);
    expect(await engine.rows(sql`select x from kept`)).toEqual([{ x: 42 }]);
  });

  test('streams rows in their order, and can be left early', async () => {
    const query = sql`select x from range(${100_000}) as t(x) order by x`;
    const seen: unknown[] = [];
    for await (const rows of engine.stream(query)) seen.push(...rows.map((row) => row['x']));
    expect(seen).toEqual(Array.from({ length: 100_000 }, (_, x) => x));
    for await (const rows of engine.stream(query)) {
      expect(rows[0]).toEqual({ x: 0 });
      break;
    }
    expect(await engine.rows(sql`select 1 as x`)).toEqual([{ x: 1 }]);
  });

  test('a stream that fails says so, at its start and midway', async () => {
    const all = async (query: Sql): Promise<void> => {
      for await (const rows of engine.stream(query)) expect(rows.length).toBeGreaterThan(0);
    };
    await expect(all(sql`select nothing`)).rejects.toThrow(EngineError);
    await expect(
      all(
        sql`select case when x = 999999 then error('stop') else 'x' end from range(1000000) as t(x)`,
      ),
    ).rejects.toThrow('stop');
  });

  test('a stream that is interrupted does not end like a whole one', async () => {
    const seen = async (): Promise<void> => {
      for await (const _ of engine.stream(sql`select x from range(10000000) as t(x)`)) {
        engine.interrupt();
      }
    };
    await expect(seen()).rejects.toMatchObject({ failure: 'interrupted' });
  });

  test('interrupt stops what runs and leaves the engine usable', async () => {
    const endless = engine.rows(
      sql`select count(*) as n from range(1000000000000) as t(x) where hash(x) = 1`,
    );
    const repeat = setInterval(() => engine.interrupt(), 20);
    await expect(endless).rejects.toMatchObject({ failure: 'interrupted' });
    clearInterval(repeat);
    expect(await engine.rows(sql`select 1 as x`)).toEqual([{ x: 1 }]);
  });

  test('no text becomes SQL, as a value, an identifier or a literal', async () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
    const awkward = fc.constantFrom(`'`, `"`, `$1`, `--`, `*/`, `;`, `\\`, `');drop table x;--`);
    const mixed = fc.array(fc.oneof(text, awkward)).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(mixed, async (value) => {
        const name = `named ${value}`;
        const [row] = await engine.rows(
          sql`select ${value} as a, ${literal(value)} as b, ${literals([value])} as c, 1 as ${identifier(name)}`,
        );
        expect(row).toEqual({ a: value, b: value, c: [value], [name]: 1 });
      }),
      { numRuns: 200 },
    );
  });

  test('lists and joined fragments keep their values in order', async () => {
    const parts = [1, 2, 3].map((x) => sql`select ${x} as x`);
    const query = sql`select x from (${join(parts, ' union all ')}) where x in (${[3, 1]}) order by x`;
    expect(await engine.rows(query)).toEqual([{ x: 1 }, { x: 3 }]);
  });
}
