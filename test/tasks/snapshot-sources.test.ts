import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { messageOf } from '../../lib/errors.ts';
import { tasksOf } from '../../lib/task/load.ts';
import * as snapshot from '../../tasks/snapshot.ts';
import { Runner } from './runner.ts';

let runner: Runner;
beforeEach(async () => {
  runner = await Runner.open(tasksOf(snapshot));
});
afterEach(() => runner.close());

async function put(name: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path.join(runner.folder, name), content);
}

/** What a state reads as, or why it could not be stored. */
async function stored(from: string): Promise<string> {
  const full = ['snapshot:full', '--', '--dataset=d', '--key=id', `--from=${from}`];
  const ran = await runner.run([...full, '--date=2026-11-01']);
  if (ran.exitCode !== 0) {
    return ran.events
      .flatMap((event) => (event.type === 'invocation-finished' ? [event.error?.message] : []))
      .concat(ran.error === undefined ? [] : [messageOf(ran.error)])
      .join('\n');
  }
  return String((await runner.run('snapshot:read -- --dataset=d')).output ?? '');
}

describe('files of one source', () => {
  const whole = 'id,name,age\n1,Ann,30\n2,Bob,40\n3,Cy,50\n';

  test('may name their columns in another order', async () => {
    await put('part-1.csv', 'id,name,age\n1,Ann,30\n2,Bob,40\n');
    await put('part-2.csv', 'name,age,id\nCy,50,3\n');
    expect(await stored('part-*')).toBe(whole);
  });

  test('may lack columns', async () => {
    await put('part-1.csv', 'id,name\n1,Ann\n');
    await put('part-2.csv', 'id,age\n2,40\n');
    expect(await stored('part-*')).toBe('id,name,age\n1,Ann,\n2,,40\n');
  });

  test('may be of several formats and compressions', async () => {
    await put('part-1.csv', 'id,name,age\n1,Ann,30\n');
    await put('part-2.csv.gz', gzipSync('id\tname\tage\n2\tBob\t40\n'));
    await put('part-3.jsonl', '{"id":3,"name":"Cy","age":"50"}\n');
    expect(await stored('part-*')).toBe(whole);
  });

  test('may lack values, and have several types, each of its own', async () => {
    await put('part-1.jsonl', '{"id":"a","v":null,"o":{"x":1}}\n{"id":"b","v":null,"o":1}\n');
    await put('part-2.jsonl.gz', gzipSync('{"id":"c","v":"text","o":"un"}\n'));
    expect(await stored('part-*')).toBe('id,v,o\na,,"{""x"":1}"\nb,,1\nc,text,un\n');
  });

  test('may be empty, but not all of them', async () => {
    await put('part-0.csv', '');
    expect(await stored('part-*')).toContain(
      "part-0.csv': empty. Expected at least the line that names its columns",
    );
    await put('part-1.csv', whole);
    expect(await stored('part-*')).toBe(whole);
  });
});

describe('integers of JSON lines', () => {
  test('stay integers where some are negative', async () => {
    await put(
      'a.jsonl',
      '{"id":9007199254740993,"a":[1]}\n{"id":-1,"a":[-2]}\n{"id":0,"a":null}\n',
    );
    expect(await stored('a.jsonl')).toBe('id,a\n-1,[-2]\n0,\n9007199254740993,[1]\n');
  });

  test('are decimals where they need more than 64 bits', async () => {
    await put('a.jsonl', '{"id":18446744073709551615}\n{"id":-1}\n');
    expect(await stored('a.jsonl')).toBe('id\n-1\n18446744073709551615\n');
  });
});

test('values of several types are texts, and those of none take every type', async () => {
  const head = '{"id":"a","v":1,"n":null,"o":{"x":1}}\n';
  await put('a.jsonl', `${head}{"id":2,"v":"b","n":null,"o":"s"}\n`);
  expect(await stored('a.jsonl')).toBe('id,v,n,o\n2,b,,"""s"""\na,1,,"{""x"":1}"\n');
  await put('b.jsonl', '{"id":"a","v":"1","n":1.5}\n{"id":"2","v":"c","n":null}\n');
  const diff = await runner.run('snapshot:diff -- --dataset=d --from=b.jsonl --date=2026-11-02');
  expect(diff.exitCode).toBe(0);
  const read = await runner.run('snapshot:read -- --dataset=d');
  expect(String(read.output)).toBe('id,v,n,o\n2,c,,\na,1,1.5,\n');
});

test.each(['[1]', '{"x":1}'])('%s cannot be a key', async (value) => {
  await put('a.jsonl', `{"id":${value}}\n`);
  expect(await stored('a.jsonl')).toMatch(
    /a\.jsonl': the column 'id' is of type .*, which cannot be part of a key/,
  );
});

test('a line that is no object is told of', async () => {
  await put('a.jsonl', '{"id":1}\n{"id":2}\n5\n');
  expect(await stored('a.jsonl')).toContain(
    "a.jsonl': 1 record cannot be read, the first in line 3 (not a JSON object)",
  );
});

test('a JSON document is told apart from CSV', async () => {
  await put('a.json', '[{"id":1},\n {"id":2}]\n');
  expect(await stored('a.json')).toContain("a.json' is a JSON document");
});

test('a column is named once, whatever its letters', async () => {
  await put('a.csv', 'id,ID\n1,2\n');
  expect(await stored('a.csv')).toContain("the header names the column 'ID' twice");
});

test('a set that is there is said to stay while the next one may yet fail', async () => {
  await put('a.csv', 'id\n1\n');
  await stored('a.csv');
  await put('a.csv', 'id\n1\n1\n');
  const ran = await runner.run(
    'snapshot:full -- --dataset=d --key=id --from=a.csv --date=2026-11-01',
  );
  expect(ran.exitCode).not.toBe(0);
  expect(JSON.stringify(ran.events)).toContain(
    'the full set of 2026-11-01 is there, and stays until this one is stored in its place',
  );
});

test('no name is none, and not the folder that one is in', async () => {
  await put('a.csv', 'id\n1\n');
  expect(await stored('')).toContain("'' names no file. Expected a file, a folder or a glob");
});

test('a merge up to a day before the first set says which that is', async () => {
  await put('a.csv', 'id\n1\n');
  await stored('a.csv');
  const ran = await runner.run('snapshot:merge -- --dataset=d --date=2026-10-01');
  expect(ran.exitCode).toBe(3);
  expect(JSON.stringify(ran)).toContain(
    "'d' has no state as of 2026-10-01: its first set is of 2026-11-01",
  );
});

test('what the engine says is told without its own settings and functions', async () => {
  await put('a.csv', 'id\n1\n');
  await stored('a.csv');
  const ran = await runner.run(['snapshot:read', '--', '--dataset=d', '--where=id + 1 > 2']);
  expect(ran.exitCode).toBe(2);
  const told = JSON.stringify(ran);
  expect(told).toContain('No function matches');
  expect(told).not.toContain('Candidate functions');
});

test('a file that is no text is not taken for an empty one', async () => {
  await put('part-1.csv', 'id\n1\n');
  await put('part-2.csv', Buffer.from('id\n2\n', 'utf16le').swap16());
  expect(await stored('part-*')).toContain('part-2.csv');
  await put('noise.csv', Buffer.from([0xff, 0xfe, 0xfd, 0x0a, 0xff]));
  expect(await stored('noise.csv')).toMatch(/noise\.csv'.*UTF-8/);
});

test('Parquet that is cut off is told of', async () => {
  await put('a.parquet', 'PAR1 and no more');
  expect(await stored('a.parquet')).toContain("a.parquet' is no whole Parquet file");
});

test('a column makes up a key once, whatever its letters', async () => {
  await put('a.csv', 'id,name\n1,Ann\n');
  const full = 'snapshot:full -- --dataset=d --key=id,ID --from=a.csv --date=2026-11-01';
  expect((await runner.run(full)).exitCode).toBe(0);
  expect((await runner.run('snapshot:get -- --dataset=d --key=1')).exitCode).toBe(0);
});
