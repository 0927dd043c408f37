import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDuckDB } from '../../../lib/engine/duckdb.ts';
import type { Engine, Row } from '../../../lib/engine/engine.ts';
import { identifier, join, literal, raw, sql } from '../../../lib/engine/sql.ts';
import type { Sql } from '../../../lib/engine/sql.ts';
import { parquet } from '../../../lib/engine/parquet.ts';
import { outputColumns, pairKeys } from '../../../lib/operations/join/columns.ts';
import { joinQuery } from '../../../lib/operations/join/query.ts';
import { expectedRows } from '../../../lib/operations/join/reconcile.ts';
import { hows } from '../../../lib/operations/join/spec.ts';
import type { How, JoinSpec, Key, Side, Strategy } from '../../../lib/operations/join/spec.ts';
import type { HotKey } from '../../../lib/operations/join/split.ts';
import { tally } from '../../../lib/operations/join/tally.ts';

/** More with PIPE_JOIN_RUNS. */
const numRuns = Number(process.env['PIPE_JOIN_RUNS'] ?? 6);

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

/** NULLs, duplicates, unicode, and one key on half of the rows. */
const text = fc.constantFrom(null, '', 'a', 'A', 'ä', 'naïve 💡', 'quote\' " ;', '007', '7');
const number = fc.constantFrom(null, 0, -1, 7, 2 ** 40);
const hot = { weight: 4, arbitrary: fc.constant('hot') };
const key = fc.record({
  a: fc.oneof(hot, { weight: 5, arbitrary: text }),
  b: fc.oneof({ weight: 4, arbitrary: fc.constant(7) }, { weight: 3, arbitrary: number }),
});
const rows = fc.array(key, { maxLength: 25 });
const strategies: readonly Strategy[] = ['plain', 'shards', 'hot', 'salted'];

test('every type of join by every strategy in any number of parts has the rows of one plain join', async () => {
  await fc.assert(
    fc.asyncProperty(
      rows,
      rows,
      fc.constantFrom<readonly Key[]>(
        [{ left: 'a', right: 'a' }],
        [{ left: 'b', right: 'other' }],
        [
          { left: 'a', right: 'a' },
          { left: 'b', right: 'other' },
        ],
        [{ left: 'a', right: 'other', type: 'bigint' }],
      ),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom('left' as const, 'right' as const),
      async (leftRows, rightRows, keys, parts, build) => {
        const left = await side('left', leftRows, { a: 'a', b: 'b' });
        const right = await side('right', rightRows, { a: 'a', b: 'other' });
        for (const how of hows) {
          const spec = specOf(how, left, right, keys);
          const plain = await engine.rows(plainJoin(how, keys));
          for (const isRepetitive of [false, true]) {
            const counted = await tally(engine, spec, { steps: parts, isRepetitive });
            expect(expectedRows(how, counted), how).toBe(plain.length);
          }
          const hotKeys = await hottest(spec);
          for (const strategy of strategies) {
            const found: Row[] = [];
            const n = strategy === 'plain' ? 1 : parts;
            for (let part = 0; part < n; part++) {
              const { query } = joinQuery(spec, { strategy, part, parts: n, hotKeys }, { build });
              found.push(...(await engine.rows(query)));
            }
            expect(sorted(found), `${how} ${strategy} ${n}`).toEqual(sorted(plain));
          }
          const pieces = await piecesOfShards(spec, parts, hotKeys, build);
          expect(sorted(pieces), `${how} in pieces of ${parts} shards`).toEqual(sorted(plain));
        }
      },
    ),
    { numRuns },
  );
}, 300_000);

test('several right sides with keys of their own, any of them the main one, have the rows of one plain join', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(rows, rows, rows),
      fc.constantFrom<readonly Key[]>([{ left: 'a', right: 'a' }], [{ left: 'b', right: 'other' }]),
      fc.constantFrom<readonly Key[]>(
        [{ left: 'b', right: 'd' }],
        [{ left: 'a', right: 'd', type: 'bigint' }],
        [
          { left: 'a', right: 'c' },
          { left: 'b', right: 'd' },
        ],
      ),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 1 }),
      async ([leftRows, rightRows, thirdRows], keys, thirdKeys, parts, main) => {
        const left = await side('left', leftRows, { a: 'a', b: 'b' });
        const right = await side('right', rightRows, { a: 'a', b: 'other' });
        const third = await side('third', thirdRows, { a: 'c', b: 'd' });
        const rights = [
          { side: right, keys },
          { side: third, keys: thirdKeys },
        ];
        for (const how of ['inner', 'left', 'semi', 'anti'] as const) {
          const spec = severalOf(how, left, rights, main);
          const plain = await engine.rows(plainJoinOfThree(how, keys, thirdKeys));
          const counted = await tally(engine, spec, { steps: parts });
          expect(expectedRows(how, counted), how).toBe(plain.length);
          const hotKeys = await hottest(spec, main === 0 ? 'right' : 'third');
          for (const strategy of strategies) {
            const found: Row[] = [];
            const n = strategy === 'plain' ? 1 : parts;
            for (let part = 0; part < n; part++) {
              const whole = { strategy, part, parts: n, hotKeys };
              found.push(...(await engine.rows(joinQuery(spec, whole, { build: 'right' }).query)));
            }
            expect(sorted(found), `${how} ${strategy} ${n}`).toEqual(sorted(plain));
          }
        }
      },
    ),
    { numRuns },
  );
}, 300_000);

/** What comes of shards that do not fit into memory: each in three pieces of its own. */
async function piecesOfShards(
  spec: JoinSpec,
  shards: number,
  hotKeys: readonly HotKey[],
  build: 'left' | 'right',
): Promise<Row[]> {
  const found: Row[] = [];
  for (let shard = 0; shard < shards; shard++) {
    const within = { part: shard, parts: shards };
    for (let part = 0; part < 3; part++) {
      const piece = { strategy: 'hot' as const, within, part, parts: 3, hotKeys };
      found.push(...(await engine.rows(joinQuery(spec, piece, { build }).query)));
    }
  }
  return found;
}

async function side(
  name: string,
  values: readonly { readonly a: string | null; readonly b: number | null }[],
  names: { readonly a: string; readonly b: string },
): Promise<Side> {
  const file = path.join(folder, `${name}.parquet`);
  const all = values.map(({ a, b }, index) => sql`(${a}, ${b}, ${index})`);
  await engine.execute(sql`create or replace temp table ${identifier(name)} as
    select * from (values (null::varchar, null::bigint, null::integer)${join([raw(''), ...all], ', ')})
      t(${identifier(names.a)}, ${identifier(names.b)}, ${identifier(`${name}_id`)}) where ${identifier(`${name}_id`)} is not null`);
  await engine.execute(
    sql`copy ${identifier(name)} to ${literal(file)} (format parquet, row_group_size 2048)`,
  );
  return {
    source: parquet([file]),
    place: raw('file_row_number'),
    columns: [
      { name: names.a, type: 'VARCHAR', value: identifier(names.a) },
      { name: names.b, type: 'BIGINT', value: identifier(names.b) },
      { name: `${name}_id`, type: 'INTEGER', value: identifier(`${name}_id`) },
    ],
  };
}

function specOf(how: How, left: Side, right: Side, keys: readonly Key[]): JoinSpec {
  return severalOf(how, left, [{ side: right, keys }], 0);
}

function severalOf(
  how: How,
  left: Side,
  named: readonly { readonly side: Side; readonly keys: readonly Key[] }[],
  main: number,
): JoinSpec {
  const rights = named.map((each) => ({
    ...each.side,
    keys: pairKeys(left, each.side, each.keys),
  }));
  return {
    how,
    left,
    rights,
    columns: outputColumns(how, left, named, { rightPrefixes: [] }),
    main,
  };
}

function plainJoinOfThree(
  how: 'inner' | 'left' | 'semi' | 'anti',
  keys: readonly Key[],
  thirdKeys: readonly Key[],
): Sql {
  const isShared = keys.some(({ left, right }) => left === 'a' && right === 'a');
  const columns = raw(
    how === 'semi' || how === 'anti'
      ? 'l.*'
      : `l.a, l.b, l.left_id, ${isShared ? '' : 'r.a as right_a, '}r.other, r.right_id, t.c, t.d, t.third_id`,
  );
  return sql`select ${columns} from "left" l ${raw(how)} join "right" r on ${conditionOf(keys, 'r')}
    ${raw(how)} join third t on ${conditionOf(thirdKeys, 't')}`;
}

/** The join as a person writes it. */
function plainJoin(how: How, keys: readonly Key[]): Sql {
  const on = conditionOf(keys, 'r');
  const isShared = keys.some(({ left, right }) => left === 'a' && right === 'a');
  const [a, b] = isShared ? ['coalesce(l.a, r.a) as a', ''] : ['l.a', 'r.a as right_a, '];
  const columns = raw(`${a}, l.b, l.left_id, ${b}r.other, r.right_id`);
  if (how === 'semi' || how === 'anti') {
    return sql`select l.* from "left" l ${raw(how)} join "right" r on ${on}`;
  }
  if (how === 'rest') {
    return sql`select ${columns} from "left" l full join "right" r on ${on} where left_id is null`;
  }
  return sql`select ${columns} from "left" l ${raw(how)} join "right" r on ${on}`;
}

function conditionOf(keys: readonly Key[], table: 'r' | 't'): Sql {
  const equal = keys.map((each) => {
    const [l, r] = [sql`l.${identifier(each.left)}`, sql`${raw(table)}.${identifier(each.right)}`];
    return each.type
      ? sql`try_cast(${l} as ${raw(each.type)}) = try_cast(${r} as ${raw(each.type)})`
      : sql`${l} = ${r}`;
  });
  return join(equal, ' and ');
}

/** The keys that occur more than once, and the side that has more of them. */
async function hottest({ rights, main }: JoinSpec, right = 'right'): Promise<HotKey[]> {
  const keys = rights[main]?.keys ?? [];
  const texts = (of: 'left' | 'right'): Sql =>
    sql`[${keys.map((pair) => sql`cast(${pair[of]} as varchar)`)}]`;
  const found = await engine.rows(sql`
    select values, count(*) filter (side = 'left') as l, count(*) filter (side = 'right') as r
    from (select ${texts('left')} as values, 'left' as side from "left" union all
      select ${texts('right')}, 'right' from ${identifier(right)})
    where len(list_filter(values, lambda v: v is null)) = 0
    group by values having count(*) > 2 order by all limit 3`);
  return found.map(({ values, l, r }) => ({
    values: Array.isArray(values) ? values.map(String) : [],
    side: Number(l) >= Number(r) ? 'left' : 'right',
  }));
}

function sorted(found: readonly Row[]): string[] {
  return found.map((row) => JSON.stringify(row)).sort();
}
