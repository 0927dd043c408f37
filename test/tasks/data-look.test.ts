import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sql } from '../../lib/engine/sql.ts';
import { dataTasks, look } from './data-look.ts';
import { Runner } from './runner.ts';

let runner: Runner;

beforeEach(async () => {
  runner = await Runner.open(dataTasks);
  for (const [site, date, n] of [
    ['a', '2026-11-18', 10],
    ['a', '2026-11-19', 20],
    ['b', '2026-11-19', 5],
  ] as const) {
    const rows = sql`select 9 as hour, ${n}::bigint as pageloads union all select null, ${n}::bigint`;
    await runner.publish({ dataset: 'stats/pageloads', keys: { site, date } }, rows);
  }
});

afterEach(() => runner.close());

const file = (name: string, content: string | Uint8Array): Promise<void> =>
  writeFile(join(runner.folder, name), content);

describe('a name', () => {
  test('is a dataset, with the keys of its partitions as columns', async () => {
    const { tables } = await look(runner, 'data:schema', 'stats/pageloads');
    expect(tables[0]?.rows).toEqual([
      ['hour', 'INTEGER', 'file'],
      ['pageloads', 'BIGINT', 'file'],
      ['site', 'VARCHAR', 'partition'],
      ['date', 'DATE', 'partition'],
    ]);
    expect((await look(runner, 'data:count', 'stats/pageloads')).text).toBe('6\n');
    expect((await look(runner, 'data:count', 'stats/pageloads/site=a')).text).toBe('4\n');
  });

  test('is a dataset rather than a path, which ./ still names', async () => {
    await mkdir(join(runner.folder, 'stats'));
    await file('stats/pageloads', 'a,b\n1,2\n');
    expect((await look(runner, 'data:count', 'stats/pageloads')).text).toBe('6\n');
    expect((await look(runner, 'data:count', './stats/pageloads')).text).toBe('1\n');
  });

  test('of nothing is told with where it was looked for', async () => {
    const { error } = await look(runner, 'data:show', 'nope');
    expect(String(error)).toMatch(
      /'nope' is neither a dataset of the store store, which has stats\/pageloads, nor a file, folder or glob \(.*nope\); check the name/,
    );
  });

  test('is a folder or a glob of files of several formats', async () => {
    await mkdir(join(runner.folder, 'in/deep'), { recursive: true });
    await file('in/a.csv', 'id,name\n1,x\n');
    await file('in/b.csv.gz', gzipSync('name,id\ny,2\n'));
    await file('in/deep/c.jsonl', '{"id":3,"extra":true}\n');
    await file('in/_ignored.csv', 'id\n9\n');
    const all = await look(runner, 'data:show', '--format=csv', 'in');
    expect(all.text).toBe('id,name,extra\n1,x,\n2,y,\n3,,true\n');
    expect((await look(runner, 'data:count', 'in/*.csv*')).text).toBe('2\n');
  });
});

describe('types', () => {
  test('are told by every value, and never at the cost of one', async () => {
    await file(
      't.csv',
      'int,zip,big,num,day,at,ok,mixed,empty\n' +
        '1,01234,12345678901234567890,1.5,2026-01-01,2026-01-01T10:00:00Z,true,1,\n' +
        ',10115,1,-2e3,2026-02-28,2026-01-01 10:00:00+02:00,FALSE,x,\n' +
        '3,99999,2,7,2026-12-31,,true,2026-01-01,\n',
    );
    const { tables } = await look(runner, 'data:schema', 't.csv');
    expect(Object.fromEntries(tables[0]?.rows.map(([name, type]) => [name, type]) ?? [])).toEqual({
      int: 'BIGINT',
      zip: 'VARCHAR',
      big: 'VARCHAR',
      num: 'DOUBLE',
      day: 'DATE',
      at: 'TIMESTAMP WITH TIME ZONE',
      ok: 'BOOLEAN',
      mixed: 'VARCHAR',
      empty: 'VARCHAR',
    });
  });

  test.each(['30', '29'])('of a day that there is not, February %s, are text', async (day) => {
    await file('t.csv', `day,b\n2026-02-${day},1\n`);
    expect((await look(runner, 'data:schema', 't.csv')).tables[0]?.rows[0]).toEqual([
      'day',
      'VARCHAR',
      'file',
    ]);
  });
});

describe('a query', () => {
  const query =
    'select site, date, sum(pageloads) as n from stats.pageloads where hour is null group by all order by all';

  test('has the datasets as tables', async () => {
    const { text } = await look(runner, 'data:sql', '--format=jsonl', query);
    expect(text).toBe(
      '{"site":"a","date":"2026-11-18","n":10}\n{"site":"a","date":"2026-11-19","n":20}\n{"site":"b","date":"2026-11-19","n":5}\n',
    );
  });

  test('may end in a semicolon or a comment', async () => {
    for (const end of [';', ' -- all', ' ;  ', '; -- all', ` having '; --' <> ''`]) {
      const found = await look(
        runner,
        'data:sql',
        '--format=csv',
        `with p as (from "stats/pageloads") select count(*) as n from p${end}`,
      );
      expect(found.text, end).toBe('n\n6\n');
    }
  });

  test.each([
    ["select * from read_csv('SECRET')", 'disabled by configuration'],
    ["select * from 'SECRET'", 'no dataset of the store'],
    ["select * from glob('/*')", 'disabled by configuration'],
    ["copy (select 1) to 'SECRET'", 'expected a SELECT'],
    ['select 1; drop table x', 'expected a SELECT'],
    ['select 1; select 2', 'one statement'],
    ['set memory_limit = 1', 'expected a SELECT'],
    ["select 1) to 'SECRET'; --", 'syntax error'],
    ["attach 'SECRET'", 'expected a SELECT'],
    ['pivot stats.pageloads on site using sum(pageloads)', 'PIVOT has to name its columns'],
    ["pivot (from 'SECRET') on a in ('1') using count(*)", 'no dataset of the store'],
    ['select * from nope', 'no dataset'],
    [' ', "' ' is empty"],
    ['select * frm stats.pageloads', '^'],
  ])('reaches nothing else: %s', async (text, message) => {
    await file('secret.csv', 'a,b\n1,2\n');
    const { error, text: out } = await look(
      runner,
      'data:sql',
      '--format=csv',
      text.replace('SECRET', join(runner.folder, 'secret.csv')),
    );
    expect(String(error)).toContain(message);
    expect(out).toBe('');
  });

  test('turns values that are named into columns', async () => {
    const { text, error } = await look(
      runner,
      'data:sql',
      '--format=csv',
      `pivot (select site, date, pageloads from stats.pageloads where hour is null)
       on site in ('a', 'b') using sum(pageloads) order by date;`,
    );
    expect(error).toBeUndefined();
    expect(text).toBe('date,a,b\n2026-11-18,10,\n2026-11-19,20,5\n');
  });

  test('reads a file that it is given', async () => {
    await file('people.csv', 'name,age\nAnn,31\nBob,7\n');
    const found = await look(
      runner,
      'data:sql',
      '--table=people=people.csv',
      '--format=csv',
      'select name from people where age > 18',
    );
    expect(found.text).toBe('name\nAnn\n');
  });

  test('does not read a file of which it would leave lines out', async () => {
    await file('people.csv', 'name,age\nAnn,31\nBob\n');
    const { error } = await look(runner, 'data:sql', '--table=people=people.csv', 'from people');
    expect(String(error)).toMatch(
      /1 record cannot be read, the first in line 3 \(too few columns\); .*data:convert/,
    );
  });

  test('writes a file that is there when it is whole', async () => {
    const done = await look(runner, 'data:sql', '--out=o/rows.tsv', query);
    expect(done.text).toBe('3 rows in o/rows.tsv\n');
    expect((await look(runner, 'data:count', 'o')).text).toBe('3\n');
    const failed = await look(
      runner,
      'data:sql',
      '--out=o/more.csv',
      `select error('no') from stats.pageloads`,
    );
    expect(String(failed.error)).toContain('no');
    expect((await look(runner, 'data:count', 'o')).text).toBe('3\n');
  });
});

describe('a comparison', () => {
  test('of the same data says so', async () => {
    const { tables, error } = await look(
      runner,
      'data:diff',
      '--key=site,date,hour',
      'stats/pageloads',
      'stats/pageloads',
    );
    expect(error).toBeUndefined();
    expect(tables[0]?.rows.map(([, count]) => count)).toEqual([6, 6, 6, 0, 0, 0]);
  });

  test('counts what was added, removed and changed, and shows it', async () => {
    await file('a.csv', 'id,name,n\n1,x,1\n2,y,2\n3,z,\n');
    await file('b.csv', 'id,name,m\n2,Y,2\n3,z,\n4,w,4\n');
    const { tables, error } = await look(runner, 'data:diff', '--key=id', 'a.csv', 'b.csv');
    expect(error).toMatchObject({ exitCode: 5, message: "'a.csv' and 'b.csv' differ" });
    const [counts, columns, examples] = tables;
    expect(counts?.rows.map(([, count]) => count)).toEqual([3, 3, 1, 1, 1, 1]);
    expect(counts?.notes).toEqual(['Changed: name (1)']);
    expect(columns?.rows).toEqual([
      ['n', 'BIGINT', 'none'],
      ['m', 'none', 'BIGINT'],
    ]);
    expect(examples?.rows).toEqual([
      ['removed', '1', 'x'],
      ['added', '4', 'w'],
      ['changed', '2', 'y -> Y'],
    ]);
  });

  test.each([
    ['{"id":"1","v":"1"}', [1, 1, 1, 0, 0, 0], []],
    ['{"id":"x","v":"1"}', [1, 1, 0, 0, 1, 1], ['removed', 'added']],
    ['{"id":1,"v":{"a":1}}', [1, 1, 0, 1, 0, 0], ['changed']],
    ['{"id":[1],"v":true}', [1, 1, 0, 0, 1, 1], ['removed', 'added']],
  ])('of columns of different types is one of texts: %s', async (text, expected, examples) => {
    await file('a.csv', 'id,v\n1,1\n');
    await file('b.jsonl', text);
    const { tables, error } = await look(runner, 'data:diff', '--key=id', 'a.csv', 'b.jsonl');
    expect(error).toMatchObject({ exitCode: 5, message: "'a.csv' and 'b.jsonl' differ" });
    expect(tables[0]?.rows.map(([, count]) => count)).toEqual(expected);
    expect(tables[2]?.rows.map(([what]) => what) ?? []).toEqual(examples);
  });

  test('takes no key that does not tell rows apart', async () => {
    const { error } = await look(
      runner,
      'data:diff',
      '--key=site',
      'stats/pageloads',
      'stats/pageloads',
    );
    expect(String(error)).toContain(
      "'site' does not tell the rows of 'stats/pageloads' apart: 'a' is there 4 times",
    );
  });
});

describe('rules', () => {
  const check = (...rules: readonly string[]) =>
    look(
      runner,
      'data:check',
      '--dataset=stats/pageloads',
      ...rules.map((rule) => `--rule=${rule}`),
    );

  test('hold in a file of no rows, whose columns have no types', async () => {
    await file('none.csv', 'id,day\n');
    const rule = "--rule=id > 0 and day > date '2026-01-01'";
    const { tables, error } = await look(runner, 'data:check', '--dataset=none.csv', rule);
    expect(error).toBeUndefined();
    expect(tables[0]?.rows.map(([, ...numbers]) => numbers)).toEqual([[0, 0, 'ok']]);
  });

  test('that hold give a table', async () => {
    const { tables, error } = await check('pageloads > 0', 'known: hour is null or hour < 24');
    expect(error).toBeUndefined();
    expect(tables[0]?.rows.map(([, ...rest]) => rest)).toEqual([
      [6, 0, 'ok'],
      [6, 0, 'ok'],
    ]);
  });

  test('that are broken, or NULL, show rows and have an exit code of their own', async () => {
    const { tables, error } = await check('few: pageloads::int < 20', 'hour >= 0');
    expect(error).toMatchObject({ exitCode: 5 });
    expect(tables[0]?.rows.map(([, , violations]) => violations)).toEqual([2, 3]);
    expect(tables[1]?.rows).toContainEqual(['9', '20', 'a', '2026-11-19']);
  });

  test.each([
    ['true) or (true', 'is no condition in SQL; write for example'],
    ['exists (from nope)', 'names a table'],
    ['pageloads > 0 from data; select true', 'is no condition in SQL'],
    ['nope > 0', 'nope'],
  ])('that are no conditions are refused: %s', async (rule, message) => {
    const { error, tables } = await check(rule);
    expect(String(error)).toContain(message);
    expect(tables).toEqual([]);
  });
});

test('a profile tells of every column', async () => {
  await file('p.csv', 'id,name,n\n1,x,1.5\n2,x,\n3,,4.5\n4,y,-1\n');
  const { tables } = await look(runner, 'data:profile', 'p.csv');
  expect(tables[0]?.rows).toEqual([
    ['id', 'BIGINT', null, 4, 'every value once'],
    ['name', 'VARCHAR', '25 %', 2, 'x (2), y (1)'],
    ['n', 'DOUBLE', '25 %', 3, '-1.0 (1), 1.5 (1), 4.5 (1)'],
  ]);
  expect(tables[1]?.rows[1]?.slice(0, 6)).toEqual(['n', '-1.0', '0.25', '1.5', '3', '4.5']);
});

describe('a chart', () => {
  const plot = (...args: readonly string[]) => look(runner, 'data:plot', ...args);

  test('has a series for each value and adds up what is at one place', async () => {
    const { plots } = await plot('--x=date', '--y=pageloads', '--by=site', 'stats/pageloads');
    const [first, second] = [Date.parse('2026-11-18'), Date.parse('2026-11-19')];
    expect(plots[0]).toMatchObject({
      x: { name: 'date', scale: 'day' },
      series: [
        {
          name: 'a',
          points: [
            { x: first, y: 20 },
            { x: second, y: 40 },
          ],
        },
        {
          name: 'b',
          points: [
            { x: first, y: null },
            { x: second, y: 10 },
          ],
        },
      ],
      notes: ['pageloads is added up where rows have the same date and site'],
    });
  });

  test('says what it leaves out', async () => {
    const { plots } = await plot(
      '--x=hour',
      '--y=pageloads',
      '--kind=bar',
      "from stats.pageloads where site = 'b'",
    );
    expect(plots[0]?.notes).toEqual(['Rows without hour are left out: 1']);
  });

  test.each([
    [
      ['--x=nope', '--y=pageloads', 'stats/pageloads'],
      "--x: 'stats/pageloads' has no column 'nope'",
    ],
    [['--x=date', '--y=site', 'stats/pageloads'], "--y: 'site' is no number (VARCHAR)"],
    [['--x=site', '--y=pageloads', '--kind=scatter', 'stats/pageloads'], "--x: 'site' is text"],
    [
      ['--x=date', '--y=pageloads', '--out=chart.gif', 'stats/pageloads'],
      "--out: 'chart.gif' does not say",
    ],
  ])('is not drawn of %j', async (args, message) => {
    expect(String((await plot(...args)).error)).toContain(message);
  });

  test('is written as SVG and as a page', async () => {
    for (const name of ['chart.svg', 'chart.html']) {
      const { text, error } = await plot(
        '--x=date',
        '--y=pageloads',
        `--out=${name}`,
        'stats/pageloads',
      );
      expect(error).toBeUndefined();
      expect(text).toBe(`${name}\n`);
    }
  });
});
