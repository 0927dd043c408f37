import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setsOf } from '../../lib/dataset/snapshot.ts';
import { messageOf } from '../../lib/errors.ts';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import { parquet } from '../../lib/engine/parquet.ts';
import { raw, sql } from '../../lib/engine/sql.ts';
import { tableOf } from '../../lib/operations/records/table.ts';
import { findPlace } from '../../lib/operations/relation/place.ts';
import { tasksOf } from '../../lib/task/load.ts';
import * as snapshot from '../../tasks/snapshot.ts';
import { runTasks } from '../rig/run.ts';
import { crashing } from './crashing.ts';
import { Runner } from './runner.ts';
import type { Ran } from './runner.ts';

let runner: Runner;
beforeEach(async () => {
  runner = await Runner.open(tasksOf(snapshot));
});
afterEach(() => runner.close());

async function put(name: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path.join(runner.folder, name), content);
}

function errorOf({ error, events }: Ran): string {
  const failed = events.flatMap((event) =>
    event.type === 'invocation-finished' && event.error ? [event.error.message] : [],
  );
  return [...failed, ...(error === undefined ? [] : [messageOf(error)])].join('\n');
}

/** Runs a command that must go through, and returns what it prints. */
async function done(command: string | readonly string[]): Promise<string> {
  const ran = await runner.run(command);
  expect(errorOf(ran)).toBe('');
  return String(ran.output ?? '');
}

async function failed(command: string | readonly string[]): Promise<string> {
  const ran = await runner.run(command);
  expect(ran.exitCode).not.toBe(0);
  return errorOf(ran);
}

const read = (day: string): Promise<string> =>
  done(`snapshot:read -- --dataset=users --as-of=${day}`);

async function storeThreeDays(): Promise<void> {
  await put('1.csv', 'id,name,age\n1,Ann,30\n2,Bob,40\n3,"Cy\nlon",50\n');
  await put('2.csv', 'id,name,age,op\n2,Rob,41,U\n4,Dan,,U\n1,,,D\n');
  await put('3.csv', 'id,name,age,op\n4,Dan,1,U\n4,Dan,2,U\n1,"",3,U\n');
  await done('snapshot:full -- --dataset=users --key=id --from=1.csv --date=2026-11-01');
  const options = '--dataset=users --deletes=op=D --bucket-rows=1';
  await done(`snapshot:increment -- ${options} --from=2.csv --date=2026-11-02`);
  await done(`snapshot:increment -- ${options} --from=3.csv --date=2026-11-03`);
}

const states = {
  '2026-11-01': 'id,name,age\n1,Ann,30\n2,Bob,40\n3,"Cy\nlon",50\n',
  '2026-11-02': 'id,name,age\n2,Rob,41\n3,"Cy\nlon",50\n4,Dan,\n',
  '2026-11-03': 'id,name,age\n1,"",3\n2,Rob,41\n3,"Cy\nlon",50\n4,Dan,2\n',
};

describe('a full set and increments', () => {
  test('read back as of every day, before and after a merge', async () => {
    await storeThreeDays();
    for (const [day, text] of Object.entries(states)) expect(await read(day)).toBe(text);
    await done('snapshot:merge -- --dataset=users --when=always --date=2026-11-02');
    for (const [day, text] of Object.entries(states)) expect(await read(day)).toBe(text);
    await done('snapshot:merge -- --dataset=users --when=always');
    for (const [day, text] of Object.entries(states)) expect(await read(day)).toBe(text);
    expect(await read('2026-11-09')).toBe(states['2026-11-03']);
  });
});

describe('diff', () => {
  test('stores dumps that read back as they were', async () => {
    for (const [day, text] of Object.entries(states)) {
      await put('dump.csv.gz', gzipSync(text));
      await done(`snapshot:diff -- --dataset=users --key=id --from=dump.csv.gz --date=${day}`);
    }
    for (const [day, text] of Object.entries(states)) expect(await read(day)).toBe(text);
  });
});

test('what is asked for twice is done once', async () => {
  await storeThreeDays();
  expect(await failed('snapshot:full -- --dataset=users --from=1.csv --date=2026-11-02')).toContain(
    'comes too late',
  );
  const again = await runner.run(
    'snapshot:full -- --dataset=users --key=id --from=1.csv --date=2026-11-01',
  );
  expect(again.leaves[0]).toMatch(/^skipped/);
});

describe('guards', () => {
  beforeEach(storeThreeDays);

  test('a state that has shrunk is refused, unless it is allowed', async () => {
    await put('small.csv', 'id,name,age\n1,Ann,30\n');
    const command = 'snapshot:full -- --dataset=users --from=small.csv --date=2026-11-04';
    expect(await failed(command)).toContain(
      'the new state has 1 records; the set of 2026-11-01 has 3',
    );
    await done(`${command} --allow-shrink`);
    expect(await read('2026-11-04')).toBe('id,name,age\n1,Ann,30\n');
    await put('empty.csv', 'id,name,age\n');
    expect(
      await failed('snapshot:diff -- --dataset=users --from=empty.csv --date=2026-11-05'),
    ).toContain('the new state has 0 records');
  });

  test('records without a key, and two of one key, are refused with examples', async () => {
    await put('null.csv', 'id,name\n1,a\n,b\n2,c\n');
    await put('twice.csv', 'id,name\n7,a\n8,b\n7,c\n');
    expect(
      await failed('snapshot:full -- --dataset=users --from=null.csv --date=2026-11-05'),
    ).toContain('record 2 has no id, which is its key');
    expect(
      await failed('snapshot:diff -- --dataset=users --from=twice.csv --date=2026-11-05'),
    ).toContain("id '7' (2 records)");
    expect(Object.keys(states)).toContain('2026-11-03');
    expect(await read('2026-11-05')).toBe(states['2026-11-03']);
  });

  test('other columns: new ones are NULL before, those that are gone stay NULL', async () => {
    await put('more.csv', 'id,name,town\n1,Ann,Oslo\n2,Bob,Rom\n3,Cy,Bonn\n');
    await done('snapshot:diff -- --dataset=users --from=more.csv --date=2026-11-04');
    expect(await read('2026-11-04')).toBe(
      'id,name,age,town\n1,Ann,,Oslo\n2,Bob,,Rom\n3,Cy,,Bonn\n',
    );
    expect(await read('2026-11-03')).toBe(states['2026-11-03']);
    await done('snapshot:merge -- --dataset=users --when=always');
    expect(await read('2026-11-04')).toBe(
      'id,name,age,town\n1,Ann,,Oslo\n2,Bob,,Rom\n3,Cy,,Bonn\n',
    );
  });

  test('a type that does not fit stops with both types and the way to accept it', async () => {
    await put('typed.jsonl', '{"id":"9","name":"Ida","age":9}\n');
    const command = 'snapshot:increment -- --dataset=users --from=typed.jsonl --date=2026-11-04';
    const error = await failed(command);
    expect(error).toContain('age: was VARCHAR, is BIGINT');
    expect(error).toContain('--accept-schema');
    await done(`${command} --accept-schema`);
    expect(await read('2026-11-04')).toBe(`${states['2026-11-03']}9,Ida,9\n`);
  });
});

test('integers become decimals where that is accepted', async () => {
  await put('1.jsonl', '{"id":1,"n":1}\n{"id":2,"n":2}\n');
  await put('2.jsonl', '{"id":2,"n":2.5}\n');
  await done('snapshot:full -- --dataset=users --key=id --from=1.jsonl --date=2026-11-01');
  const command = 'snapshot:increment -- --dataset=users --from=2.jsonl --date=2026-11-02';
  expect(await failed(command)).toContain('n: was BIGINT, is DOUBLE, would be DOUBLE');
  await done(`${command} --accept-schema`);
  expect(await read('2026-11-02')).toBe('id,n\n1,1.0\n2,2.5\n');
  expect(await read('2026-11-01')).toBe('id,n\n1,1\n2,2\n');
});

test('the last record of a key counts by the order column, as a number where all are numbers', async () => {
  await put('1.csv', 'id,v,seq\n1,old,0\n');
  await put('2.csv', 'id,v,seq\n1,ten,10\n1,nine,9\n1,tie,10\n2,a,3\n2,b,\n');
  await done('snapshot:full -- --dataset=users --key=id --from=1.csv --date=2026-11-01');
  await done('snapshot:increment -- --dataset=users --from=2.csv --order=seq --date=2026-11-02');
  expect(await read('2026-11-02')).toBe('id,v,seq\n1,tie,10\n2,a,3\n');
});

describe('one record', () => {
  beforeEach(storeThreeDays);

  test('is found as of a day', async () => {
    const get = 'snapshot:get -- --dataset=users';
    expect(await done(`${get} --key=2`)).toBe('{"id":"2","name":"Rob","age":"41"}\n');
    expect(await done(`${get} --key=2 --as-of=2026-11-01`)).toBe(
      '{"id":"2","name":"Bob","age":"40"}\n',
    );
    expect(await failed(`${get} --key=1 --as-of=2026-11-02`)).toContain(
      "no record with the key '1'",
    );
    expect(await failed(`${get} --key=1 --key=2`)).toContain('--key=<id>');
  });

  test.each(['before', 'after'])('has a history, %s a merge', async (when) => {
    if (when === 'after') {
      await done('snapshot:merge -- --dataset=users --when=always --date=2026-11-02');
      await done('snapshot:merge -- --dataset=users --when=always');
    }
    const lines = (await done('snapshot:get -- --dataset=users --key=1 --history'))
      .trim()
      .split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { date: '2026-11-01', change: 'added', record: { id: '1', name: 'Ann', age: '30' } },
      { date: '2026-11-02', change: 'deleted', record: null },
      { date: '2026-11-03', change: 'added', record: { id: '1', name: '', age: '3' } },
    ]);
  });
});

describe('a condition', () => {
  beforeEach(storeThreeDays);
  const where = (text: string): readonly string[] => [
    'snapshot:read',
    '--',
    '--dataset=users',
    `--where=${text}`,
  ];

  test('chooses records', async () => {
    expect(await done(where("age::int > 2 and name <> ''"))).toBe(
      'id,name,age\n2,Rob,41\n3,"Cy\nlon",50\n',
    );
    expect(await done(where("id = '1' -- the first"))).toBe('id,name,age\n1,"",3\n');
  });

  test.each([
    'true) union select * from (select 1 a, 2 b, 3 c) where (true',
    'true); drop table x; select (1',
    "id in (select content from read_text('/etc/passwd'))",
    'true) order by (id',
    'id =',
    '',
  ])('is one expression without queries: %s', async (text) => {
    expect(await failed(where(text))).toMatch(/^--where: /m);
  });
});

test('a merge rewrites only the buckets with changes, and refers to the others', async () => {
  const lines = Array.from({ length: 100 }, (_, n) => `${100 + n},a\n`);
  await put('1.csv', `id,v\n${lines.join('')}`);
  await put('2.csv', 'id,v\n111,b\n112,b\n');
  await done(
    'snapshot:full -- --dataset=users --key=id --from=1.csv --date=2026-11-01 --bucket-rows=10',
  );
  await done('snapshot:increment -- --dataset=users --from=2.csv --date=2026-11-02');
  await done('snapshot:merge -- --dataset=users --when=always --bucket-rows=10');
  const [, merged] = await setsOf(runner.store, 'users');
  expect(merged?.manifest.files).toHaveLength(1);
  expect(merged?.buckets.filter(({ date }) => date === '2026-11-01')).toHaveLength(9);
  expect(merged?.manifest.rows).toEqual({ in: 12, out: 10, rejected: 0, filtered: 2 });
  expect(merged?.set.keys).toBe(100);
});

describe('expiry', () => {
  beforeEach(async () => {
    await storeThreeDays();
    await done('snapshot:merge -- --dataset=users --when=always');
  });
  const command = 'snapshot:expire -- --dataset=users --keep-days=1 --grace-hours=0';
  const today = { now: '2026-11-04T12:00:00Z' };
  const days = async (): Promise<readonly string[]> =>
    (await setsOf(runner.store, 'users')).map(({ day }) => day);

  test('deletes what no kept day needs, but for files that others refer to', async () => {
    expect((await runner.run(command, today)).exitCode).toBe(0);
    expect(await days()).toEqual(['2026-11-03']);
    expect(await read('2026-11-03')).toBe(states['2026-11-03']);
    await done('snapshot:verify -- --dataset=users');
  });

  test('cut off anywhere, leaves days that can be read, and the next one leaves nothing else', async () => {
    for (let changes = 0; changes < 12; changes++) {
      const [task = '', , ...args] = command.split(' ');
      await runTasks(tasksOf(snapshot), task, args, {
        store: crashing(runner.store, changes),
        now: Date.parse(today.now),
        clock: () => Date.now() + 1,
        cwd: runner.folder,
        engineId: runner.engine.id,
        openEngine: () => openDuckDB({ threads: 1 }),
      });
      for (const day of await days())
        expect(await read(day)).toBe(new Map(Object.entries(states)).get(day));
    }
    await runner.run(command, today);
    expect(await days()).toEqual(['2026-11-03']);
    const keys: string[] = [];
    for await (const { key } of runner.store.list('users/')) keys.push(key);
    const [set] = await setsOf(runner.store, 'users');
    const kept = set?.buckets.map(({ key }) => key) ?? [];
    expect(keys).toEqual(['users/date=2026-11-03/_manifest.json', ...kept].toSorted());
  });

  test('waits until the grace is over', async () => {
    await runner.run(command.replace('=0', '=24'), today);
    expect(await days()).toHaveLength(3);
  });

  test('deletes nothing when the newer set is damaged', async () => {
    const [, , merged] = await setsOf(runner.store, 'users');
    await put(
      `store/${merged?.buckets[0]?.key}`,
      Buffer.alloc(merged?.buckets[0]?.file.bytes ?? 0),
    );
    const ran = await runner.run(command, today);
    expect(errorOf(ran)).toContain('is not the file that was published');
    expect(await days()).toHaveLength(3);
    expect(await failed('snapshot:verify -- --dataset=users')).toContain('2026-11-03: users/date=');
  });
});

describe('the daily task', () => {
  const command =
    'snapshot:daily -- --dataset=users --key=id --from=dump-{date}.csv --when=always --bucket-rows=2';

  test('catches up in order, twice is once', async () => {
    for (const [day, text] of Object.entries(states)) await put(`dump-${day}.csv`, text);
    await runner.run(`${command} --date=2026-11-01`);
    const ran = await runner.run(`${command} --date=2026-11-03`);
    expect(errorOf(ran)).toBe('');
    for (const [day, text] of Object.entries(states)) expect(await read(day)).toBe(text);
    const sets = await setsOf(runner.store, 'users');
    await done(`${command} --date=2026-11-03`);
    expect(await setsOf(runner.store, 'users')).toEqual(sets);
  });

  test('stops at a day without a file, unless it may be left out', async () => {
    for (const day of ['2026-11-01', '2026-11-03'] as const)
      await put(`dump-${day}.csv`, states[day]);
    await runner.run(`${command} --date=2026-11-01`);
    const ran = await runner.run(`${command} --date=2026-11-03`);
    expect(ran.exitCode).not.toBe(0);
    expect(errorOf(ran)).toContain('dump-2026-11-02.csv');
    await done(`${command} --date=2026-11-03 --skip-missing`);
    expect(await read('2026-11-03')).toBe(states['2026-11-03']);
  });

  test('an increment that comes too early names what to run first', async () => {
    await storeThreeDays();
    const daily = 'snapshot:daily -- --dataset=users --as=increment --from=2.csv --date=2026-11-06';
    expect(await failed(daily)).toContain(
      'pipe snapshot:increment -- --dataset=users --date=2026-11-04',
    );
  });
});

test('a source that ends too early is refused', async () => {
  const whole = gzipSync(states['2026-11-01'].repeat(100));
  await put('cut.csv.gz', whole.subarray(0, whole.length - 20));
  expect(
    await failed('snapshot:full -- --dataset=users --key=id --from=cut.csv.gz --date=2026-11-01'),
  ).toContain('truncated or damaged');
});

test('a record that cannot be read is told of with its line', async () => {
  await put('fields.csv', 'id,name\n1,ann\n2,bob,x\n');
  expect(
    await failed('snapshot:full -- --dataset=users --key=id --from=fields.csv --date=2026-11-01'),
  ).toContain("fields.csv': 1 record cannot be read, the first in line 3 (too many columns)");
});

test('a query of a task reads the state of a day as a table', async () => {
  await storeThreeDays();
  const staging = await runner.store.openStaging('test');
  const partitions = Object.keys(states).map((date) => ({ dataset: 'users', keys: { date } }));
  const table = await tableOf(runner.store, staging, partitions);
  const rows = await runner.engine.rows(
    sql`select date, string_agg(id, ',' order by id) as ids from ${table.sql} group by date order by date`,
  );
  expect(rows).toEqual([
    { date: '2026-11-01', ids: '1,2,3' },
    { date: '2026-11-02', ids: '2,3,4' },
    { date: '2026-11-03', ids: '1,2,3,4' },
  ]);
  await staging.close();
});

test.each([
  ['users', 4],
  ['users/date=2026-11-01', 3],
])('%s is a table to the tasks of data', async (name, rows) => {
  await storeThreeDays();
  const staging = await runner.store.openStaging('test');
  const place = await findPlace(name, {
    store: runner.store,
    cwd: runner.folder,
    openStore: () => Promise.reject(new Error('no other store')),
    engine: () => Promise.resolve(runner.engine),
    staging: () => Promise.resolve(staging),
  });
  const paths = place.files.map((file) => file.path);
  const [count] = await runner.engine.rows(sql`select count(*) as rows from ${parquet(paths)}`);
  expect(count).toEqual({ rows });
  await staging.close();
});

test('a set that has lost a file is told of, and nothing is stored on top of it', async () => {
  await storeThreeDays();
  const last = (await setsOf(runner.store, 'users')).at(-1);
  await runner.store.remove([last?.buckets[0]?.key ?? '']);
  expect(await failed('snapshot:verify -- --dataset=users')).toContain(
    '2026-11-03: has lost files',
  );
  await put('4.csv', 'id,name,age\n9,Eve,1\n');
  const command = 'snapshot:increment -- --dataset=users --from=4.csv --date=2026-11-04';
  expect(await failed(command)).toContain('2026-11-03 has lost files');
});

test.each([
  ['BIGINT', 'i - 50'],
  ['DOUBLE', 'i / 7.0 - 3'],
  ['TIMESTAMP', "timestamp '2026-01-01 00:00:00.000001' + to_seconds(i * 1.000001)"],
  ['TIMESTAMP WITH TIME ZONE', "timestamptz '2026-01-01 00:00:00.5+02' + to_hours(i)"],
  ['BLOB', "encode('a' || i) || '\\x00\\xFF'::blob"],
  ['VARCHAR', "chr((i * 577)::int % 55000 + 1) || '''' || i"],
])('a key of %s finds its bucket', async (type, expression) => {
  const file = (name: string): string => path.join(runner.folder, name);
  const rows = sql`select cast(${raw(expression)} as ${raw(type)}) as k, i, 'x' as t from range(100) r(i)`;
  await runner.engine.write(rows, file('1.parquet'));
  const changed = sql`select k, i + 1 as i, t from (${rows}) where i % 9 = 0`;
  await runner.engine.write(changed, file('2.parquet'));
  const options = '--dataset=users --bucket-rows=7';
  await done(`snapshot:full -- ${options} --key=k,t --from=1.parquet --date=2026-11-01`);
  await done(`snapshot:increment -- ${options} --from=2.parquet --date=2026-11-02`);
  await done(`snapshot:merge -- --when=always ${options}`);
  await done('snapshot:verify -- --dataset=users');
  await done('snapshot:read -- --dataset=users --to=out.parquet');
  const isText = type === 'VARCHAR' || type === 'BLOB';
  expect(await failed('snapshot:get -- --dataset=users --key=odd --key=x')).toContain(
    isText ? 'no record with the key' : `--key: 'odd' is no ${type}`,
  );
  const [sum] = await runner.engine.rows(
    sql`select sum(i) as sum, count(*) as rows from ${parquet([file('out.parquet')])}`,
  );
  expect(sum).toEqual({ sum: 99 * 50 + 12, rows: 100 });
});

test('columns may have any names but those that are used beside them', async () => {
  await put('1.csv', 'k0,_place,place,bucket,changes,k1\nb,1,2,3,4,x\na,5,6,7,8,y\n');
  await put('2.csv', 'k0,_place,place,bucket,changes,k1\nb,9,2,3,4,x\nb,8,2,3,4,x\n');
  await done(
    'snapshot:full -- --dataset=users --key=k0,k1 --from=1.csv --date=2026-11-01 --bucket-rows=1',
  );
  await done('snapshot:increment -- --dataset=users --from=2.csv --date=2026-11-02');
  await done('snapshot:merge -- --dataset=users --when=always');
  const state = 'k0,_place,place,bucket,changes,k1\na,5,6,7,8,y\nb,8,2,3,4,x\n';
  expect(await read('2026-11-02')).toBe(state);
  await put('3.csv', 'k0,k1,file_row_number\nb,x,1\n');
  expect(
    await failed('snapshot:increment -- --dataset=users --from=3.csv --date=2026-11-03'),
  ).toContain("'file_row_number', a name that Pipe uses");
});

test('an unchanged source gives an empty increment, the same file or another one', async () => {
  const [first] = Object.values(states);
  await put('1.csv', first ?? '');
  await put('2.csv', 'id,name,age\n3,"Cy\nlon",50\n2,Bob,40\n1,Ann,30\n');
  const command = 'snapshot:diff -- --dataset=users --key=id';
  await done(`${command} --from=1.csv --date=2026-11-01`);
  await done(`${command} --from=1.csv --date=2026-11-02`);
  await done(`${command} --from=2.csv --date=2026-11-03`);
  const sets = await setsOf(runner.store, 'users');
  expect(sets.map(({ set, buckets }) => [set.kind, set.keys, buckets.length])).toEqual([
    ['full', 3, 1],
    ['increment', 3, 0],
    ['increment', 3, 0],
  ]);
  expect(await read('2026-11-03')).toBe(first);
  await done('snapshot:merge -- --dataset=users --when=always');
  expect((await setsOf(runner.store, 'users')).at(-1)?.manifest.files).toEqual([]);
  expect(await read('2026-11-03')).toBe(first);
  await done('snapshot:verify -- --dataset=users');
});
