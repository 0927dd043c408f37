import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setsOf } from '../../lib/dataset/snapshot.ts';
import { textAt } from '../../lib/engine/row.ts';
import { messageOf } from '../../lib/errors.ts';
import { defineTask } from '../../lib/task/define.ts';
import { tasksOf } from '../../lib/task/load.ts';
import * as snapshot from '../../tasks/snapshot.ts';
import { Runner } from './runner.ts';
import type { Ran } from './runner.ts';

/** Computes lengths of names, by SQL in a task. */
const lengths = defineTask({
  name: 'names:lengths',
  summary: 'Lengths of names',
  usage: '--from=<file> --to=<file>',
  async run({ from, to }, context) {
    const lines: string[] = [];
    for await (const row of context.rows(from)) {
      const [id, name] = [textAt(row, 'id'), textAt(row, 'name')];
      if (name !== 'bad') lines.push(`{"id":"${id}","length":${name.length}}\n`);
    }
    await writeFile(to, lines.join(''));
  },
});

let runner: Runner;
beforeEach(async () => {
  runner = await Runner.open([...tasksOf(snapshot), lengths]);
  // The folder of the bundles is in the project's own.
  await put('package.json', '{}');
  await mkdir(path.join(runner.folder, 'node_modules'));
});
afterEach(() => runner.close());

function put(name: string, content: string): Promise<void> {
  return writeFile(path.join(runner.folder, name), content);
}

function errorOf({ error, events }: Ran): string {
  const failed = events.flatMap((event) =>
    event.type === 'invocation-finished' && event.error ? [event.error.message] : [],
  );
  return [...failed, ...(error === undefined ? [] : [messageOf(error)])].join('\n');
}

async function done(command: string, options: { readonly force?: boolean } = {}): Promise<Ran> {
  const ran = await runner.run(command, options);
  expect(errorOf(ran)).toBe('');
  return ran;
}

async function failed(command: string): Promise<string> {
  try {
    const ran = await runner.run(command);
    expect(ran.exitCode).not.toBe(0);
    return errorOf(ran);
  } catch (error) {
    return messageOf(error);
  }
}

async function read(day: string): Promise<string> {
  const { output } = await done(`snapshot:read -- --dataset=lengths --as-of=${day}`);
  return String(output);
}

/** Stores a dump as the state of a day. */
async function store(day: number, rows: string): Promise<void> {
  await put('dump.csv', `id,name\n${rows}`);
  await done(`snapshot:diff -- --dataset=users --key=id --from=dump.csv --date=2026-11-0${day}`);
}

/** A module that writes down whom it was asked for, and fails for those named bad. */
const module = (more = '', call = 'length: record.name.length'): string => `
  import { appendFileSync } from 'node:fs';
  ${more}
  export async function attributes(record, context) {
    appendFileSync(new URL('calls.txt', import.meta.url), record.id + ' ');
    await null;
    if (record.name === 'bad') throw new Error('a bad name');
    return { ${call} };
  }`;

async function calls(): Promise<readonly string[]> {
  const file = path.join(runner.folder, 'calls.txt');
  const text = await readFile(file, 'utf8').catch(() => '');
  await put('calls.txt', '');
  return text.split(' ').filter(Boolean).toSorted();
}

const derive = 'snapshot:derive -- --dataset=users --to=lengths';

async function rejects(day: string): Promise<readonly object[]> {
  return await runner.read({ dataset: 'rejects/lengths', keys: { date: day } });
}

describe('a function', () => {
  beforeEach(() => put('length.ts', module()));
  const withFunction = `${derive} --with=length.ts`;

  test('is called for what is new, changed or failed, and for nothing else', async () => {
    await store(1, '1,Ann\n2,Bob\n3,bad\n');
    await done(withFunction);
    expect(await calls()).toEqual(['1', '2', '3']);
    expect(await read('2026-11-01')).toBe('id,length\n1,3\n2,3\n');
    expect(await rejects('2026-11-01')).toEqual([
      { key: '3', reason: 'a bad name', record: '{"id":"3","name":"bad"}' },
    ]);

    await store(2, '1,Ann\n2,Robert\n3,bad\n4,Dan\n');
    await done(withFunction);
    expect(await calls()).toEqual(['2', '3', '4']);
    expect(await read('2026-11-02')).toBe('id,length\n1,3\n2,6\n4,3\n');

    await store(3, '2,Robert\n3,Cy\n4,Dan\n');
    await done(withFunction);
    expect(await calls()).toEqual(['3']);
    expect(await read('2026-11-03')).toBe('id,length\n2,6\n3,2\n4,3\n');
    const [, , last] = await setsOf(runner.store, 'lengths');
    expect(last?.manifest.rows).toEqual({ in: 4, out: 3, rejected: 0, filtered: 1 });
    expect(last?.manifest.counts).toEqual({ kept: 2, computed: 1, gone: 1 });

    await store(4, '2,Robert\n3,Cy\n4,Dan\n');
    await done(withFunction);
    expect(await calls()).toEqual([]);
    expect(await read('2026-11-04')).toBe(await read('2026-11-03'));
    await done('snapshot:verify -- --dataset=lengths');
  });

  test('is called again where records failed, and else not', async () => {
    await store(1, '1,Ann\n3,bad\n');
    await done(withFunction);
    await calls();
    await done(withFunction);
    expect(await calls()).toEqual(['3']);
    await store(2, '1,Ann\n');
    await done(withFunction);
    const again = await done(withFunction);
    expect(again.leaves[0]).toMatch(/^skipped/);
    expect(await calls()).toEqual([]);
  });

  test('is called for all when its code has changed, or a module that it imports', async () => {
    await put('unit.ts', 'export const unit: number = 1;');
    const call = 'length: record.name.length * unit';
    await put('length.ts', module("import { unit } from './unit.ts';", call));
    await store(1, '1,Ann\n2,Bob\n');
    await done(withFunction);
    await calls();
    await put('unit.ts', 'export const unit: number = 10;');
    await done(withFunction);
    expect(await calls()).toEqual(['1', '2']);
    expect(await read('2026-11-01')).toBe('id,length\n1,30\n2,30\n');
    await done(withFunction, { force: true });
    expect(await calls()).toEqual(['1', '2']);
  });

  test('compares whole states after a merge and a new full set', async () => {
    await store(1, '1,Ann\n2,Bob\n3,Cy\n');
    await done(withFunction);
    await store(2, '1,Ann\n2,Robert\n3,Cy\n');
    await done('snapshot:merge -- --dataset=users --when=always');
    await calls();
    await done(withFunction);
    expect(await calls()).toEqual(['2']);
    await put('full.csv', 'id,name,age\n2,Robert,\n3,Cy,7\n');
    await done('snapshot:full -- --dataset=users --from=full.csv --date=2026-11-03');
    await done(withFunction);
    expect(await calls()).toEqual(['3']);
    expect(await read('2026-11-03')).toBe('id,length\n2,6\n3,2\n');
  });

  test('computes all where the state is gone that the last set was made from', async () => {
    await store(1, '1,Ann\n');
    await done(withFunction);
    await store(1, '1,Ann\n2,Bob\n');
    await calls();
    await done(withFunction);
    expect(await calls()).toEqual(['1', '2']);
  });

  test('asks a service again while that is busy, and rejects what it does not know', async () => {
    const asked = new Map<string, number>();
    const server = createServer(({ url = '' }, response) => {
      const times = (asked.get(url) ?? 0) + 1;
      asked.set(url, times);
      response.statusCode = url === '/bad' ? 404 : times === 1 ? 503 : 200;
      response.end(JSON.stringify({ upper: url.slice(1).toUpperCase() }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    try {
      await put(
        'ask.ts',
        `export const ask = async ({ name }, { request, signal, log }) => {
          signal.throwIfAborted();
          log('asks for ' + name);
          return (await request('http://127.0.0.1:${port}/' + name)).json();
        };`,
      );
      await store(1, '1,ann\n2,bad\n');
      await done(`${derive} --with=ask.ts`);
      expect(await read('2026-11-01')).toBe('id,upper\n1,ANN\n');
      expect(Object.fromEntries(asked)).toEqual({ '/ann': 2, '/bad': 1 });
      const [reject] = await runner.read({
        dataset: 'rejects/lengths',
        keys: { date: '2026-11-01' },
      });
      expect(reject && textAt(reject, 'reason')).toContain('/bad: 404 Not Found');
    } finally {
      server.close();
    }
  });

  test('is called with columns of any names', async () => {
    await put('dump.csv', 'key,__pipe,records,record,reason\nx,1,2,3,4\nbad,1,2,3,4\n');
    await done('snapshot:full -- --dataset=users --key=key --from=dump.csv --date=2026-11-01');
    await put(
      'sum.ts',
      `export default (record: Record<string, string>) => {
        if (record.key === 'bad') throw new Error('bad');
        return { fresh: Object.values(record).join('') };
      }`,
    );
    await done(`${derive} --with=sum.ts`);
    expect(await read('2026-11-01')).toBe('key,fresh\nx,x1234\n');
    const record = '{"key":"bad","__pipe":"1","records":"2","record":"3","reason":"4"}';
    expect(await rejects('2026-11-01')).toEqual([{ key: 'bad', reason: 'bad', record }]);
  });

  test('takes and gives batches', async () => {
    await put(
      'batch.ts',
      `export const batch = 2;
      export default (records: readonly { name: string }[]) =>
        records.map(({ name }) => name === 'bad' ? new Error('a bad name') : { length: name.length + 100 * records.length });`,
    );
    await store(1, '1,Ann\n2,bad\n3,Cy\n');
    await done(`${derive} --with=batch.ts --concurrency=1`);
    expect(await read('2026-11-01')).toBe('id,length\n1,203\n3,102\n');
    expect(await rejects('2026-11-01')).toHaveLength(1);
  });

  test('keeps types of columns that have no values on a day', async () => {
    const call = "length: record.name === 'x' ? null : record.name.length / 2";
    await put('length.ts', module('', call));
    await store(1, '1,Anna\n2,Cy\n');
    await done(withFunction);
    await store(2, '1,Anna\n2,x\n');
    await done(withFunction);
    await store(3, '1,Ann\n2,x\n');
    await done(withFunction);
    expect(await read('2026-11-03')).toBe('id,length\n1,1.5\n2,\n');
  });
});

test('SQL, a function and a task give the same', async () => {
  await put('length.js', module());
  await put(
    'length.sql',
    `-- names that are bad cannot be cast
    select id, case when name = 'bad' then name::bigint else length(name) end as length from records;`,
  );
  const days = ['1,Ann\n2,bad\n3,Cy\n', '1,Anna\n2,bad\n3,Cy\n4,Di\n', '2,Bob\n4,bad\n5,Eve\n'];
  for (const [index, rows] of days.entries()) {
    await store(index + 1, rows);
    const texts = new Set<unknown>();
    const keys = new Set<string>();
    for (const by of ['length.sql', 'length.js', 'names:lengths']) {
      const to = by.replace(/\W/, '-');
      await done(`snapshot:derive -- --dataset=users --to=${to} --with=${by}`);
      const ran = await done(`snapshot:read -- --dataset=${to}`);
      texts.add(String(ran.output));
      const partition = { dataset: `rejects/${to}`, keys: { date: `2026-11-0${index + 1}` } };
      keys.add((await runner.read(partition)).map((row) => textAt(row, 'key')).join());
    }
    expect([...texts]).toHaveLength(1);
    expect([...keys]).toHaveLength(1);
  }
  expect(await calls()).toEqual(['1', '1', '2', '2', '2', '3', '4', '4', '5']);
  const { output } = await runner.run('snapshot:get -- --dataset=length-sql --key=2');
  expect(output).toBe('{"id":"2","length":3}\n');
  const [reject] = await runner.read({
    dataset: 'rejects/length-sql',
    keys: { date: '2026-11-03' },
  });
  expect(reject && textAt(reject, 'reason')).toContain("Could not convert string 'bad' to INT64");
});

test('integers of 128 bits, which Parquet has not, stay whole', async () => {
  await put('sum.sql', 'select id, sum(9007199254740993) as n from records group by id');
  await store(1, '1,Ann\n');
  await done('snapshot:derive -- --dataset=users --to=sums --with=sum.sql');
  const { output } = await runner.run('snapshot:read -- --dataset=sums');
  expect(Buffer.from(output ?? '').toString()).toBe('id,n\n1,9007199254740993\n');
});

test('a store on S3 gives the same', async () => {
  const local = runner;
  const s3 = await Runner.open([...tasksOf(snapshot), lengths], 's3');
  try {
    const texts: string[] = [];
    for (runner of [local, s3]) {
      await store(1, '1,Ann\n2,bad\n3,Cy\n4,Di\n');
      await done(`${derive} --with=names:lengths --bucket-rows=2`);
      await store(2, '1,Anna\n2,Bob\n3,Cy\n');
      await done(`${derive} --with=names:lengths --bucket-rows=2`);
      texts.push(await read('2026-11-02'));
    }
    expect(texts).toEqual(Array.from({ length: 2 }, () => 'id,length\n1,4\n2,3\n3,2\n'));
  } finally {
    runner = local;
    await s3.close();
  }
});

describe('refused is', () => {
  beforeEach(() => store(1, '1,Ann\n2,bad\n'));

  const modules = {
    'a module that is not there': ['none.ts', undefined, "'none.ts' does not exist"],
    'a syntax error': ['x.ts', 'export const = 1', 'x.ts:1:14'],
    'a module that throws': ['x.ts', "throw new Error('no key');", 'cannot be loaded: no key'],
    'no function': ['x.ts', 'export const a = 1;', 'exports no function'],
    'two functions': ['x.ts', 'export const a = () => 1, b = () => 2;', 'exports a, b'],
    'a batch that is no number': [
      'x.ts',
      "export const batch = 'all'; export const a = () => 1;",
      'the batch \'"all"\'',
    ],
    'no row': ['x.ts', 'export const a = () => 7;', 'gave 7 for the record'],
    'another key': ['x.ts', "export const a = () => ({ id: '7' });", "changed the key 'id'"],
    'too few rows': [
      'x.ts',
      'export const batch = 2; export const a = () => [];',
      'gave 0 rows for a batch of 2',
    ],
    'a function that always fails': [
      'x.ts',
      "export const a = () => { throw new Error('down'); };",
      "none of 2 records of 2026-11-01 could be computed; the first one: '1': down",
    ],
    'a column that is none': [
      'x.sql',
      'select id, age from records',
      'Expected a select of the table records, whose columns are',
    ],
    'SQL without the key': ['x.sql', 'select name from records', "gives no column 'id'"],
    'several rows': [
      'x.sql',
      'select id, unnest([1, 2]) as n from records',
      "several rows for a record, such as that with the key '1'",
    ],
    'keys of nobody': ['x.sql', "select id || 'x' as id from records", 'whose keys no record has'],
    'an unknown task': ['names:length', undefined, 'did you mean names:lengths'],
  } as const;
  test.each(Object.entries(modules))('%s', async (_, [name, text, message]) => {
    if (text !== undefined) await put(name, text);
    expect(await failed(`${derive} --with=${name}`)).toContain(message);
    expect(await setsOf(runner.store, 'lengths')).toEqual([]);
  });

  test('a day without a set, and one before the last derived', async () => {
    await put('length.ts', module());
    const command = `${derive} --with=length.ts`;
    expect(await failed(`${command} --date=2026-11-02`)).toContain(
      "'users' has no set of 2026-11-02",
    );
    await store(2, '1,Ann\n2,Bob\n');
    await done(command);
    expect(await failed(`${command} --date=2026-11-01`)).toContain('comes too late');
  });

  test('more rejects than may be', async () => {
    await put('length.ts', module());
    const command = `${derive} --with=length.ts`;
    expect(await failed(`${command} --max-rejects=0`)).toContain(
      'More records than --max-rejects=0',
    );
    expect(await setsOf(runner.store, 'lengths')).toEqual([]);
    await done(`${command} --max-rejects=1`);
    await put('few.sql', "select * from records where name = 'Ann'");
    expect(await failed(`${derive} --with=few.sql --max-rejects=0`)).toContain('gave no row');
  });
});

test('the daily task derives the days that it has stored, in order, and expires both', async () => {
  await put('length.ts', module());
  const dumps = ['1,Ann\n2,Bob\n', '1,Anna\n2,Bob\n', '1,Anna\n2,bad\n3,Cy\n'];
  for (const [index, rows] of dumps.entries()) {
    await put(`dump-2026-11-0${index + 1}.csv`, `id,name\n${rows}`);
  }
  const daily =
    'snapshot:daily -- --dataset=users --key=id --from=dump-{date}.csv --to=lengths --with=length.ts';
  await done(`${daily} --date=2026-11-01 --when=always`);
  expect(await calls()).toEqual(['1', '2']);
  await done(`${daily} --date=2026-11-03 --when=always`);
  expect(await calls()).toEqual(['1', '2', '3']);
  expect(await read('2026-11-02')).toBe('id,length\n1,4\n2,3\n');
  expect(await read('2026-11-03')).toBe('id,length\n1,4\n3,2\n');
  const ran = await done(`${daily} --date=2026-11-03 --keep-days=1`);
  expect(await calls()).toEqual(['2']);
  expect(ran.leaves.join('\n')).toContain('snapshot:expire -- --dataset=lengths --keep-days=1');
});
