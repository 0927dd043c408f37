import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { csvLine } from '../../lib/formats/csv.ts';
import { defineTask } from '../../lib/task/define.ts';
import { sql } from '../../lib/engine/sql.ts';
import { dataTasks, look } from './data-look.ts';
import { Runner } from './runner.ts';

/** A task that declares a check of what it publishes. */
const checked = defineTask({
  name: 'test:checked',
  summary: 'Publish a number',
  usage: '<n>',
  outputs: () => [
    {
      partition: { dataset: 'numbers', keys: { date: '2026-11-19' } },
      inputs: [],
      checks: { positive: 'n > 0', small: 'n < 10' },
    },
  ],
  async run({ n }, context) {
    const staging = await context.staging();
    const path = staging.path('data.parquet');
    const engine = await context.engine();
    const { rows, schema } = await engine.write(sql`select ${Number(n)}::integer as n`, path);
    await context.publish({
      partition: { dataset: 'numbers', keys: { date: '2026-11-19' } },
      files: [{ name: 'data.parquet', path, rows }],
      rows: { in: rows, out: rows, rejected: 0, filtered: 0 },
      schema,
    });
  },
});

let runner: Runner;

beforeEach(async () => {
  runner = await Runner.open([...dataTasks, checked]);
});

afterEach(() => runner.close());

const path = (name: string): string => join(runner.folder, name);
const convert = (...args: readonly string[]) => runner.run(['data:convert', '--', ...args]);

describe('a conversion', () => {
  const people =
    'id,name,at\n1,Ann,2026-11-19T10:00:00Z\n2,"a ""b"",\nc",\n3,,2026-11-19T10:00:00.5Z\n';

  test('there and back through every format keeps every value and type', async () => {
    await writeFile(path('start.csv'), people);
    await convert('start.csv', 'start.parquet');
    let last = 'start.parquet';
    for (const next of [
      'x.tsv',
      'x.jsonl',
      'x.csv.gz',
      'x.json',
      'x.jsonl.zst',
      'x.csv.zst',
      'x.parquet',
    ]) {
      const { status, rows } = await convert(last, next);
      expect([next, status, rows]).toEqual([
        next,
        'done',
        { in: 3, out: 3, rejected: 0, filtered: 0 },
      ]);
      const { error } = await look(runner, 'data:diff', '--key=id', 'start.parquet', next);
      expect(error, next).toBeUndefined();
      last = next;
    }
  });

  test('keeps what it cannot read beside the rest', async () => {
    await writeFile(path('in.csv'), 'id,n\n1,1\n2\n3,x\n4,4,4\n5,5\n');
    const { rows } = await convert('--types=n:integer', 'in.csv', 'out.jsonl');
    expect(rows).toEqual({ in: 5, out: 2, rejected: 3, filtered: 0 });
    expect(await readFile(path('out.jsonl'), 'utf8')).toBe('{"id":1,"n":1}\n{"id":5,"n":5}\n');
    const rejects = (await readFile(path('out.jsonl.rejects.jsonl'), 'utf8')).trim().split('\n');
    expect(rejects.map((line) => JSON.parse(line))).toMatchObject([
      { line: 3, reason: 'too few columns', text: '2' },
      { line: 4, reason: `n: "x" is no 'INTEGER'`, text: '3,x' },
      { line: 5, reason: 'too many columns', text: '4,4,4' },
    ]);
  });

  test('of JSON lines keeps lines that are none, and values that do not fit', async () => {
    await writeFile(path('in.jsonl'), '{"a":1}\nnope\n\n[1]\n{"a":"x"}\n{"a":3}');
    const { rows } = await convert('--types=a:integer', 'in.jsonl', 'out.csv');
    expect(rows).toEqual({ in: 5, out: 2, rejected: 3, filtered: 0 });
    expect(await readFile(path('out.csv'), 'utf8')).toBe('a\n1\n3\n');
  });

  test('of JSON keeps fields whose names differ in case alone', async () => {
    await writeFile(path('in.jsonl'), '{"a":1,"A":"x","in":{"b":1,"B":2}}\n{"A":"y"}\n');
    expect(await convert('in.jsonl', 'out.csv')).toMatchObject({ status: 'done' });
    expect(await readFile(path('out.csv'), 'utf8')).toBe(
      'a,A_2,in\n1,x,"{""b"":1,""B"":2}"\n,y,\n',
    );
  });

  test('keeps integers of both signs, whole and beyond 64 bits', async () => {
    const text =
      '{"a":1,"b":18446744073709551615,"in":{"n":9007199254740993}}\n{"a":-1,"b":-1,"in":{"n":-1}}\n';
    await writeFile(path('in.jsonl'), text);
    await convert('in.jsonl', 'out.parquet');
    const { tables } = await look(runner, 'data:schema', 'out.parquet');
    expect(tables[0]?.rows.map(([, type]) => type)).toEqual([
      'BIGINT',
      'DECIMAL(38,0)',
      'STRUCT(n BIGINT)',
    ]);
    await convert('out.parquet', 'back.jsonl');
    expect(await readFile(path('back.jsonl'), 'utf8')).toBe(text);
    const sum = await look(
      runner,
      'data:sql',
      '--out=sum.parquet',
      'select sum(n) as n from (values (9007199254740993), (0)) t(n)',
    );
    expect(sum.error).toBeUndefined();
    expect((await look(runner, 'data:show', '--format=csv', 'sum.parquet')).text).toBe(
      'n\n9007199254740993\n',
    );
  });

  test.each(['long.json', 'long.json.gz'])('reads a list in one long line: %s', async (name) => {
    const record = { id: 1, text: 'x'.repeat(1024) };
    const text = JSON.stringify(Array.from({ length: 17 * 1024 }, () => record));
    await writeFile(path(name), name.endsWith('.gz') ? gzipSync(text, { level: 1 }) : text);
    expect(await convert(name, 'out.parquet')).toMatchObject({ rows: { in: 17 * 1024 } });
  });

  test('of CSV takes a line break in a name of a column', async () => {
    await writeFile(path('in.csv'), 'id,"of\nwhat"\n1,a\n');
    expect(await convert('in.csv', 'out.jsonl')).toMatchObject({
      rows: { in: 1, out: 1, rejected: 0 },
    });
    expect(await readFile(path('out.jsonl'), 'utf8')).toBe('{"id":1,"of\\nwhat":"a"}\n');
  });

  test.each([
    ['blank.csv', Buffer.from('\n \n'), 'is empty'],
    ['none.csv.gz', gzipSync(''), 'is empty'],
    ['none.json', Buffer.from('[]'), "/none.json' has no JSON object"],
    ['cut.json', Buffer.from('[{"a":1},'), "/cut.json' is truncated"],
    ['bad.json', Buffer.from('[{"a":1},{]'), "/bad.json' cannot be read: "],
    ['bytes.csv', Buffer.from([0x80, 0x81, 0x0a, 0xff]), "/bytes.csv' is no text in UTF-8"],
    ['cut.parquet', Buffer.from('PAR1 and no more'), "/cut.parquet' is no whole Parquet file"],
  ])('of %s, which cannot be read, is refused by its name', async (name, bytes, message) => {
    await writeFile(path(name), bytes);
    const { events } = await convert(name, 'out.csv');
    expect(JSON.stringify(events)).toContain(message);
    expect(JSON.stringify(events)).not.toMatch(/file:\/\/|duckdb|LINE 1/);
  });

  test('leaves nothing when it fails', async () => {
    await writeFile(path('in.csv'), 'id,n\n1,1\n2\n');
    const { status } = await convert('--max-rejects=0', 'in.csv', 'out.parquet');
    expect(status).toBe('failed');
    expect(readdirSync(runner.folder).sort()).toEqual(['in.csv']);
  });

  test('to gzip leaves nothing beside it, and is gzip even without a row', async () => {
    await writeFile(path('in.csv'), 'id\n');
    expect(await convert('in.csv', 'out.jsonl.gz')).toMatchObject({ status: 'done' });
    expect(gunzipSync(await readFile(path('out.jsonl.gz'))).length).toBe(0);
    const many = await look(runner, 'data:sql', '--out=many.csv.gz', 'from range(100000)');
    expect(many.text).toBe('100000 rows in many.csv.gz\n');
    const text = gunzipSync(await readFile(path('many.csv.gz'))).toString();
    expect(text.split('\n')).toHaveLength(100_002);
    expect(readdirSync(runner.folder).sort()).toEqual(['in.csv', 'many.csv.gz', 'out.jsonl.gz']);
  });

  test.each([
    [['in.csv', 'out.xls'], "'out.xls' does not say its format"],
    [['in.csv', '-'], 'data:show'],
    [['--types=n:number', 'in.csv', 'out.csv'], "--types: 'n:number' is not a column and its type"],
    [
      ['--types=nope:text', 'in.csv', 'out.csv'],
      "--types: there is no column 'nope'; the columns are id, n",
    ],
    [['gone.csv', 'out.csv'], "'gone.csv' is neither a dataset"],
    [['empty.csv', 'out.csv'], 'is empty'],
  ])('that cannot be is refused: %j', async (args, message) => {
    await writeFile(path('in.csv'), 'id,n\n1,1\n');
    await writeFile(path('empty.csv'), '');
    const { events } = await convert(...args);
    const failed = events.find((event) => event.type === 'invocation-finished');
    expect(JSON.stringify(failed)).toContain(message);
    expect(existsSync(path('out.csv'))).toBe(false);
  });

  test('never loses a record or a value of any CSV', async () => {
    const field = fc
      .oneof(
        fc.string(),
        fc.constantFrom(
          '',
          '007',
          '1',
          '-0',
          '1e3',
          'true',
          '2026-02-29',
          'NULL',
          '"',
          ' x ',
          '1\n2',
          'a,b',
        ),
        fc.string({ unit: 'grapheme' }),
      )
      .filter((text) => !/[\r\0]/.test(text));
    const rows = fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(rows, async (records) => {
        const lines = records.map(([a, b], index) => csvLine([`r${index}`, a, b]));
        await writeFile(path('any.csv'), `id,a,b\n${lines.join('')}`);
        const { rows: counts } = await convert('--types=a:text,b:text', 'any.csv', 'any.jsonl');
        expect(counts?.in).toBe(records.length);
        const written = (await readFile(path('any.jsonl'), 'utf8')).trim().split('\n');
        expect(counts).toMatchObject({ out: records.length, rejected: 0 });
        expect(written.map((line) => JSON.parse(line))).toEqual(
          // To CSV an empty field is no value.
          records.map(([a, b], index) => ({
            id: `r${index}`,
            a: a === '' ? null : a,
            b: b === '' ? null : b,
          })),
        );
      }),
      { numRuns: Number(process.env['DATA_RUNS'] ?? 8) },
    );
  });
});

describe('a check that a task declares', () => {
  test('lets what holds be published', async () => {
    expect((await runner.run('test:checked -- 5')).status).toBe('done');
    expect(await runner.read({ dataset: 'numbers', keys: { date: '2026-11-19' } })).toEqual([
      { n: 5 },
    ]);
  });

  test('leaves nothing published when it does not hold', async () => {
    const { status, events } = await runner.run('test:checked -- 12');
    expect(status).toBe('failed');
    expect(JSON.stringify(events)).toContain(
      "'numbers/date=2026-11-19/' is not published, since a check does not hold. small: 1 of 1 rows do not meet n < 10, such as",
    );
    expect(existsSync(path('store/numbers'))).toBe(false);
  });
});
