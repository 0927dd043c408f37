import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDuckDB } from '../../../lib/engine/duckdb.ts';
import type { Engine } from '../../../lib/engine/engine.ts';
import { identifier, join, raw, sql } from '../../../lib/engine/sql.ts';
import { parquet } from '../../../lib/engine/parquet.ts';
import { outputColumns, pairKeys } from '../../../lib/operations/join/columns.ts';
import type { Joined } from '../../../lib/operations/join/part.ts';
import { joinQuery } from '../../../lib/operations/join/query.ts';
import type { How, JoinSpec, Key, Side } from '../../../lib/operations/join/spec.ts';
import { areUnique, tally } from '../../../lib/operations/join/tally.ts';
import { tallyOfAll } from '../../../lib/operations/join/tally-all.ts';

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pipe-'));
  engine = await openDuckDB({ threads: 2 });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

type Pair = readonly [string | null, number];

const pairs = fc.uniqueArray(
  fc.tuple(fc.constantFrom('', 'a', 'A', 'ä', '007', '7'), fc.constantFrom(0, -1, 7, 2 ** 40)),
  { selector: String, minLength: 1 },
);
const both: readonly Key[] = [
  { left: 'a', right: 'a' },
  { left: 'b', right: 'b' },
];
const one: readonly Key[] = [{ left: 'a', right: 'a' }];

test('where every row has its partner, the result tells what both sides tell', async () => {
  await fc.assert(
    fc.asyncProperty(
      pairs,
      fc.array(fc.nat(), { minLength: 1, maxLength: 30 }),
      async (right, picks) => {
        const left = picks.flatMap((pick) =>
          right.slice(pick % right.length, (pick % right.length) + 1),
        );
        const spec = await specOf('inner', left, right, both);
        const joined = await joinedBy(spec);
        const found = await tallyOfAll(engine, spec, [joined], left.length);
        expect(found).toEqual(await tally(engine, spec, { steps: 1 }));
      },
    ),
    { numRuns: 20 },
  );
});

test.each<[string, How, readonly Pair[], readonly Key[], readonly string[] | undefined]>([
  [
    'a row has no partner',
    'inner',
    [
      ['a', 1],
      ['x', 1],
    ],
    one,
    undefined,
  ],
  ['a row has NULL for a key', 'inner', [[null, 1]], one, undefined],
  ['rows without a partner are in the result', 'left', [['a', 1]], one, undefined],
  ['only one side is in the result', 'semi', [['a', 1]], one, undefined],
  ['the result has no key', 'inner', [['a', 1]], one, ['b']],
  [
    'keys are compared as another type',
    'inner',
    [
      ['7', 1],
      ['07', 1],
    ],
    [{ left: 'a', right: 'b', type: 'bigint' }],
    undefined,
  ],
])('it has to be counted where %s', async (_, how, left, keys, select) => {
  const spec = await specOf(
    how,
    left,
    [
      ['a', 7],
      ['b', 8],
    ],
    keys,
    select,
  );
  expect(await tallyOfAll(engine, spec, [await joinedBy(spec)], left.length)).toBeUndefined();
});

test('keys that occur twice are found', async () => {
  const unique = await specOf(
    'inner',
    [],
    [
      ['a', 1],
      ['b', 1],
    ],
    one,
  );
  expect(await areUnique(engine, unique)).toBe(true);
  const twice = await specOf(
    'inner',
    [],
    [
      ['a', 1],
      ['a', 2],
    ],
    one,
  );
  expect(await areUnique(engine, twice)).toBe(false);
});

async function joinedBy(spec: JoinSpec): Promise<Joined> {
  const part = { strategy: 'plain', part: 0, parts: 1, hotKeys: [] } as const;
  const file = path.join(folder, 'joined.parquet');
  const { rows, schema } = await engine.write(
    joinQuery(spec, part, { build: 'right' }).query,
    file,
  );
  return { file: { name: 'data.parquet', path: file, rows }, schema };
}

async function specOf(
  how: How,
  leftRows: readonly Pair[],
  rightRows: readonly Pair[],
  keys: readonly Key[],
  select?: readonly string[],
): Promise<JoinSpec> {
  const left = await side('left', leftRows);
  const right = await side('right', rightRows);
  const columns = outputColumns(how, left, [{ side: right, keys }], {
    rightPrefixes: ['r_'],
    ...(select && { select }),
  });
  return { how, left, rights: [{ ...right, keys: pairKeys(left, right, keys) }], columns, main: 0 };
}

async function side(name: string, rows: readonly Pair[]): Promise<Side> {
  const file = path.join(folder, `${name}.parquet`);
  const all = rows.map(([a, b]) => sql`(${a}::varchar, ${b}::bigint)`);
  await engine.write(
    sql`select a, b from (values ${join([raw("('', -5)"), ...all], ', ')}) t(a, b) where b <> -5`,
    file,
  );
  return {
    source: parquet([file]),
    place: raw('file_row_number'),
    columns: [
      { name: 'a', type: 'VARCHAR', value: identifier('a') },
      { name: 'b', type: 'BIGINT', value: identifier('b') },
    ],
  };
}
