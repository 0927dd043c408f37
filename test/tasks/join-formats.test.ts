import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Row } from '../../lib/engine/engine.ts';
import { literal, raw, sql } from '../../lib/engine/sql.ts';
import { tasksOf } from '../../lib/task/load.ts';
import * as join from '../../tasks/join.ts';
import { Runner } from './runner.ts';
import type { Ran } from './runner.ts';

let runner: Runner;
beforeEach(async () => {
  runner = await Runner.open(tasksOf(join));
});
afterEach(() => runner.close());

const inFolder = (name: string): string => path.join(runner.folder, name);

function sharded(...args: readonly string[]): Promise<Ran> {
  return runner.run(['join:sharded', '--', '--to=j', ...args]);
}

/** The rows of the join, or what it failed with. */
async function joined(...args: readonly string[]): Promise<readonly Row[]> {
  const ran = await sharded(...args);
  expect(ran.exitCode, problems(ran)).toBe(0);
  return runner.engine.rows(
    sql`select * from read_parquet(${literal(inFolder('store/j/*.parquet'))}) order by all`,
  );
}

function problems({ events }: Ran): string {
  return events
    .flatMap((event) =>
      event.type === 'invocation-finished' && event.error ? [event.error.message] : [],
    )
    .join('\n');
}

describe('each format on both sides', () => {
  const left = `values (1::bigint, 'x', 'a, b'), (1, 'x', 'q"r'), (2, null, 'lé'),
    (null, 'y', null), (9007199254740993, 'y', '#')`;
  const right = `values (1::bigint, 'w1'), (1, 'w2'), (3, 'w3'), (null, 'w4'), (9007199254740993, 'w5')`;
  const write = {
    csv: 'format csv',
    tsv: String.raw`format csv, delim '\t'`,
    jsonl: 'format json',
    json: 'format json, array true',
    parquet: 'format parquet',
  };
  const sides = {
    left: `(from (${left}) t(id, "Größe, m", v))`,
    right: `(from (${right}) t(id, w))`,
  };

  /** Files of a side: `<side>.<end>`, with rows of both together in the folder `<side>-<end>`. */
  async function make(side: 'left' | 'right', end: string): Promise<void> {
    const format = end.replace(/\.\w+$/, '');
    const options = Object.entries(write).find(([name]) => name === format)?.[1] ?? '';
    await mkdir(inFolder(`${side}-${end}`));
    const files = { [`${side}.${end}`]: '*', [`${side}-${end}/1.${end}`]: '* limit 2' };
    const last = `${side}-${end}/2.${end}`;
    for (const name of [...Object.keys(files), last]) {
      const rows = name === last ? 'offset 2' : name.includes('/') ? 'limit 2' : '';
      const file = inFolder(name);
      await runner.engine.execute(
        sql`copy (from ${raw(sides[side])} ${raw(rows)}) to ${literal(file)} (${raw(options)})`,
      );
    }
  }

  const cases = [
    ['csv', 'jsonl.gz', 'inner', 'shards'],
    ['csv.gz', 'json', 'left', 'plain'],
    ['csv.zst', 'parquet', 'right', 'salted'],
    ['tsv', 'json.zst', 'full', 'hot'],
    ['jsonl', 'csv', 'semi', 'shards'],
    ['jsonl.gz', 'tsv', 'anti', 'hot'],
    ['jsonl.zst', 'csv.gz', 'full', 'shards'],
    ['json', 'jsonl', 'right', 'hot'],
    ['json.gz', 'json.gz', 'inner', 'salted'],
    ['parquet', 'jsonl.zst', 'full', 'plain'],
  ] as const;

  test.each(cases)('%s and %s, %s by %s', async (ofLeft, ofRight, how, strategy) => {
    await make('left', ofLeft);
    await make('right', ofRight);
    const shape =
      how === 'semi' || how === 'anti' ? 'l.*' : 'coalesce(l.id, r.id) as id, "Größe, m", v, w';
    const expected = await runner.engine.rows(
      sql`select ${raw(shape)} from ${raw(sides.left)} l ${raw(how)} join ${raw(sides.right)} r on l.id = r.id`,
    );
    const options = ['--on=id::bigint', `--how=${how}`, `--strategy=${strategy}`];
    const parts = strategy === 'plain' ? [] : ['--shards=3'];
    for (const [l, r] of [
      [`left.${ofLeft}`, `right.${ofRight}`],
      [`left-${ofLeft}`, `right-${ofRight}/*`],
    ] as const) {
      const rows = await joined(`--left=${l}`, `--right=${r}`, ...options, ...parts);
      expect(texts(rows)).toEqual(texts(expected));
    }
  });

  /** An empty text of CSV and none are the same here, and so are `1` and 1. */
  function texts(rows: readonly Row[]): string[] {
    return rows
      .map((row) =>
        Object.entries(row)
          .map(([k, v]) => `${k}: ${textOf(v)}`)
          .join('; '),
      )
      .sort();
  }

  function textOf(value: Row[string]): string {
    if (value === null || value === '') return '';
    return JSON.stringify(typeof value === 'bigint' ? String(value) : value).replaceAll(
      /^"|"$/g,
      '',
    );
  }
});

describe('JSON', () => {
  beforeEach(() => writeFile(inFolder('ids.csv'), 'id,w\n1,x\n'));

  test('keeps the texts and numbers that it has', async () => {
    const record = {
      id: 1,
      day: '01-02-2020',
      at: '2020-01-01T00:00:00+02:00',
      clock: '12:30',
      endless: 'infinity',
      key: '6BA7B810-9DAD-11D1-80B4-00C04FD430C8',
      nested: { 'a date DATE,': '2020-1-5', list: ['12:30'] },
      mixed: 'abc',
    };
    const text = JSON.stringify({ ...record, big: 0 }).replace(
      '"big":0',
      '"big":18446744073709551615',
    );
    await writeFile(inFolder('a.jsonl'), `${text}\n{"mixed":2,"big":1}\n`);
    const rows = await joined(
      '--left=a.jsonl',
      '--right=ids.csv',
      '--on=id::varchar',
      '--how=left',
    );
    const [big] = await runner.engine.rows(
      sql`select big::varchar as big from read_parquet(${literal(inFolder('store/j/*.parquet'))}) where id = 1`,
    );
    expect(rows[0]).toMatchObject(record);
    expect(rows[1]).toMatchObject({ id: null, mixed: '2' });
    expect(big).toEqual({ big: '18446744073709551615' });
  });

  test('numbers that a double cannot tell apart are different keys', async () => {
    await writeFile(inFolder('a.jsonl'), '{"id":18446744073709551615}\n{"id":1}\n');
    await writeFile(inFolder('b.jsonl'), '{"id":18446744073709551614}\n{"id":1}\n');
    expect(await joined('--left=a.jsonl', '--right=b.jsonl', '--on=id')).toHaveLength(1);
  });

  test('integers of both signs are integers, also within', async () => {
    await writeFile(
      inFolder('a.jsonl'),
      '{"id":1,"in":{"n":[9007199254740993]}}\n{"id":-1,"in":{"n":[-1]}}\n',
    );
    await writeFile(inFolder('b.jsonl'), '{"id":1}\n{"id":2}\n');
    expect(await joined('--left=a.jsonl', '--right=b.jsonl', '--on=id')).toEqual([
      { id: 1, in: { n: [9007199254740993n] } },
    ]);
  });

  test.each([
    ['{"id":"1","a":1,"A":2}\n', "a.jsonl' has several fields 'A' that differ in case alone"],
    ['{"id":"1","in":{"a":1,"A":2}}\n', 'Duplicate name "A"'],
    ['{}\n', 'a.jsonl'],
    ['\n \n', "a.jsonl' is empty: it has neither rows nor columns"],
  ])('%j is refused with what to do', async (text, expected) => {
    await writeFile(inFolder('a.jsonl'), text);
    const ran = await sharded('--left=a.jsonl', '--right=ids.csv', '--on=id');
    expect(problems(ran)).toContain(expected);
    expect(problems(ran)).not.toMatch(/ignore_errors|LINE 1|file:\/\//);
  });

  test('a list in one long line is read', async () => {
    const list = Array.from({ length: 17 * 1024 }, () => ({ id: 'x'.repeat(1024) }));
    await writeFile(inFolder('a.json'), JSON.stringify([...list, { id: '1' }]));
    expect(await joined('--left=a.json', '--right=ids.csv', '--on=id')).toHaveLength(1);
  });

  test('a name that only looks like a second one of the same name stays', async () => {
    await writeFile(inFolder('a.json'), '[{"id":"1","a":1,"A_1":2},{"id":"2"}]');
    expect(await joined('--left=a.json', '--right=ids.csv', '--on=id')).toEqual([
      { id: '1', a: 1, A_1: 2, w: 'x' },
    ]);
  });
});

test.each([
  ['cut.parquet', 'PAR1 and no more', "cut.parquet' is no whole Parquet file"],
  ['none.parquet', '', "none.parquet' is empty"],
  ['cut.json', '[{"id":"1"},', "cut.json' is truncated"],
])('%s is refused by its name', async (name, text, expected) => {
  await writeFile(inFolder(name), text);
  await writeFile(inFolder('ids.csv'), 'id,w\n1,x\n');
  const ran = await sharded(`--left=${name}`, '--right=ids.csv', '--on=id');
  expect(problems(ran)).toContain(expected);
  expect(problems(ran)).not.toContain('duckdb');
});

test.each([
  [
    '{"user_id":"1","user":{"id":"2"}}',
    '--flatten',
    "--flatten: --left='a.jsonl' would have two columns called 'user_id'",
  ],
  ['{"user_id":"1","v":2}', '--select=v,V', "--select: 'V' stands there twice"],
  [
    '{"user_id":"1","id":2}',
    '--left-prefix=user_',
    "--left-prefix: two columns of the result would be called 'user_id'",
  ],
])('of two columns with one name, %s with %s, none is taken', async (text, option, expected) => {
  await writeFile(inFolder('a.jsonl'), `${text}\n`);
  await writeFile(inFolder('b.jsonl'), '{"user_id":"1"}\n');
  const ran = await sharded('--left=a.jsonl', '--right=b.jsonl', '--on=user_id', option);
  expect(problems(ran)).toContain(expected);
});

describe('CSV', () => {
  test('a line that begins with # is a record, a title is the header, and names may have line breaks', async () => {
    await writeFile(inFolder('a.csv'), 'id,"of\nwhat","of\nwhat"\n#1,a,1\n2,b,""\n');
    await writeFile(inFolder('b.csv'), 'id\n#1\n2\n');
    expect(await joined('--left=a.csv', '--right=b.csv', '--on=id')).toEqual([
      { id: '#1', 'of\nwhat': 'a', 'of\nwhat_2': '1' },
      { id: '2', 'of\nwhat': 'b', 'of\nwhat_2': '' },
    ]);
  });
});
