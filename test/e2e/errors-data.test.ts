import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';
import { testSaid } from './said.ts';
import type { Case } from './said.ts';

// Wrong commands and all that is said about them: culprit, what was expected, the next step.

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({
    'package.json': '{}',
    'a.csv': 'id,n\n1,1\n2,x\n',
    'plain.log': 'hello\nworld\n',
    'dup.csv': 'id,n\n1,1\n1,2\n',
    'people.csv': 'id,name\n1,ann\n2,bob\n',
    'nokey.csv': 'id,name\n,ann\n',
    'twice.csv': 'id,id\n1,2\n',
    'empty.csv': '',
    'bad.parquet': 'no parquet',
    'cut.csv.gz': gzipSync('id,w\n1,x\n').subarray(0, -6),
    'bad.csv.gz': new Uint8Array([0x1f, 0x8b, 0x6e, 0x6f]),
    'fields.csv': 'foo,bar\n1,2\n',
    'folder/one.txt': '1',
  });
});
afterAll(() => rig.remove());

const testEach = (cases: readonly Case[]): void => testSaid(() => rig, cases);

describe('files', () => {
  testEach([
    [
      'pipe events:ingest -- --site=all plain.log',
      2,
      '1 failed in <time>',
      '',
      "failed: --site: 'all' stands for every site elsewhere; choose another name for this one",
      '  rerun: pipe events:ingest -- --site=all --format=auto plain.log',
    ],
    [
      'pipe events:ingest -- --site=a nope.log',
      3,
      '1 without data in <time>',
      '',
      "no-data <time>  pipe events:ingest -- --site=a --format=auto nope.log  # 'nope.log' does not exist. Expected a file, a folder or a glob.",
    ],
    [
      'pipe events:ingest -- --site=a plain.log',
      1,
      '1 failed in <time>',
      '',
      "failed: '$RIG/plain.log': the format cannot be told from its first lines. Name it with --format=<clf|jsonl|csv>.",
      '  rerun: pipe events:ingest -- --site=a --format=auto plain.log',
    ],
    [
      'pipe events:ingest -- --site=a fields.csv',
      1,
      '1 failed in <time>',
      '',
      "failed: '$RIG/fields.csv': the first record has no field for the instant (looked for 'ts', 'timestamp', 'time', '@timestamp', 'datetime'). They have: foo, bar. Name it with --ts=<field>.",
      '  rerun: pipe events:ingest -- --site=a --format=auto fields.csv',
    ],
    [
      'pipe events:ingest -- --site=a bad.parquet',
      1,
      '1 failed in <time>',
      '',
      "failed: '$RIG/bad.parquet' is no Parquet file, although its name says so; fetch it again, or rename it",
      '  rerun: pipe events:ingest -- --site=a --format=auto bad.parquet',
    ],
    [
      'pipe events:ingest -- --site=a bad.csv.gz',
      1,
      '1 failed in <time>',
      '',
      "failed: '$RIG/bad.csv.gz' is damaged: it is not valid gzip; fetch it again",
      '  rerun: pipe events:ingest -- --site=a --format=auto bad.csv.gz',
    ],
    [
      'pipe data:show -- nope.csv',
      3,
      "pipe: 'nope.csv' is neither a dataset of the store data, which has none, nor a file, folder or glob ($RIG/nope.csv); check the name",
    ],
    [
      'pipe data:show -- empty.csv',
      1,
      "pipe: '$RIG/empty.csv' is empty: it has neither rows nor columns; name another file",
    ],
    [
      'pipe data:count -- cut.csv.gz',
      1,
      "pipe: '$RIG/cut.csv.gz' is truncated or damaged: its compressed data does not end as it should; fetch it again, and run the same command",
    ],
    [
      'pipe data:show -- bad.csv.gz',
      1,
      "pipe: '$RIG/bad.csv.gz' is damaged: it is not valid gzip; fetch it again",
    ],
    [
      'pipe data:show -- --rows=x a.csv',
      2,
      "--rows: 'x' is not a whole number, 0 or more; write for example --rows=7",
    ],
    [
      'pipe data:convert -- a.csv b.foo',
      2,
      '1 failed in <time>',
      '',
      "failed: 'b.foo' does not say its format; end it in .csv, .tsv, .jsonl, .json or .parquet, with .gz or .zst behind if text is to be compressed",
      '  rerun: pipe data:convert -- a.csv b.foo',
    ],
    [
      'pipe data:convert -- a.csv a.csv/b.csv',
      1,
      '1 failed in <time>',
      '',
      "failed: 'a.csv/b.csv': the folder cannot be made: file already exists (EEXIST); name another place",
      '  rerun: pipe data:convert -- a.csv a.csv/b.csv',
    ],
    [
      'pipe data:convert -- --types=zz:text a.csv b.parquet',
      2,
      '1 failed in <time>',
      '',
      "failed: --types: there is no column 'zz'; the columns are id, n",
      '  rerun: pipe data:convert -- --types=zz:text a.csv b.parquet',
    ],
    [
      'pipe data:diff -- --key=id a.csv dup.csv',
      1,
      "--key: 'id' does not tell the rows of 'dup.csv' apart: '1' is there 2 times; add a column to the key",
    ],
    [
      'pipe data:plot -- --x=id --y=n a.csv',
      2,
      "--y: 'n' is no number (VARCHAR); choose another, or count in a query: select …, count(*) as rows from … group by all",
    ],
    [
      'pipe harvest:list -- --from=nope --to=h',
      3,
      '1 without data in <time>',
      '',
      'no-data <time>  pipe harvest:list -- --from=nope --to=h  # there is nothing to pack: no objects below file://$RIG/nope, or no ids; check the name',
    ],
    [
      'pipe harvest:list -- --from=folder --to=h --ids=nope.txt',
      3,
      '1 without data in <time>',
      '',
      "no-data <time>  pipe harvest:list -- --from=folder --to=h --ids=nope.txt  # --ids: 'nope.txt' does not exist; name a file with one id in each line",
    ],
    [
      'pipe harvest:get -- --dataset=h --id=1',
      3,
      '1 without data in <time>',
      '',
      "no-data <time>  pipe harvest:get -- --dataset=h --id=1  # 'h' has nothing packed in it; pack objects with pipe harvest:pack -- --from=<uri> --to=h",
    ],
  ]);
});

describe('queries', () => {
  testEach([
    [
      "pipe data:sql -- 'select * form x'",
      2,
      'pipe: the query: syntax error at or near "x"',
      '  select * form x',
      '                ^',
    ],
    [
      "pipe data:sql -- 'select * from nope'",
      3,
      "pipe: 'nope' is no dataset of the store data, which has none; make a table of a file with --table=<name>=<uri>",
    ],
    [
      "pipe data:sql -- --table=a=a.csv 'select nope from a'",
      2,
      'pipe: the query: Referenced column "nope" not found in FROM clause! Candidate bindings: "n"',
      '  select nope from a',
      '         ^',
    ],
    [
      "pipe data:sql -- --table=a=a.csv 'select n::int as n from a'",
      1,
      "pipe: the query: Could not convert string 'x' to INT32 when casting from source column n",
      '  select n::int as n from a',
      '          ^',
    ],
    [
      "pipe data:check -- --dataset=a.csv --rule='id ='",
      2,
      "--rule: 'id =' is no condition in SQL; write for example --rule='pageloads >= 0'",
    ],
    [
      "pipe data:check -- --dataset=a.csv --rule='id > 0 and nope = 1'",
      2,
      '--rule: \'id > 0 and nope = 1\': Referenced column "nope" not found in FROM clause! Candidate bindings: "n"',
      '  id > 0 and nope = 1',
      '             ^',
    ],
    [
      "pipe runs:sql -- 'selec 1'",
      2,
      'pipe: the query of runs, invocations and logs: syntax error at or near "selec"',
      '  selec 1',
      '  ^',
    ],
  ]);
});

describe('snapshots and joins', () => {
  testEach([
    [
      'pipe snapshot:expire -- --dataset=c',
      3,
      '1 without data in <time>',
      '',
      "no-data <time>  pipe snapshot:expire -- --dataset=c --keep-days=30 --keep-full=1 --grace-hours=24  # 'c' has no sets in the store file://$RIG/data; store one with snapshot:full",
    ],
    [
      'pipe snapshot:read -- --dataset=c',
      3,
      '1 without data in <time>',
      '',
      "no-data <time>  pipe snapshot:read -- --dataset=c  # 'c' has no sets in the store file://$RIG/data; store one with snapshot:full",
    ],
    [
      'pipe snapshot:full -- --dataset=c --from=people.csv',
      2,
      '1 failed in <time>',
      '',
      'failed: --key: this is the first set of the dataset, so its key is not known; name the columns that tell one record from another, such as --key=id',
      '  rerun: pipe snapshot:full -- --dataset=c --from=people.csv',
    ],
    [
      'pipe snapshot:full -- --dataset=../c --from=people.csv --key=id',
      2,
      '1 failed in <time>',
      '',
      "failed: '../c' cannot be a dataset. Expected names of letters, digits and any of ._-+@~, separated by '/', such as 'stats/pageloads'.",
      '  rerun: pipe snapshot:full -- --dataset=../c --from=people.csv --key=id',
    ],
    [
      'pipe snapshot:full -- --dataset=c --from=people.csv --key=id --memory=x',
      2,
      '1 failed in <time>',
      '',
      "failed: --memory: 'x' is no amount of memory; write for example --memory=800MB or --memory=4GB",
      '  rerun: pipe snapshot:full -- --dataset=c --from=people.csv --key=id --memory=x',
    ],
    [
      'pipe snapshot:full -- --dataset=c --from=nokey.csv --key=id',
      1,
      '1 failed in <time>',
      '',
      "failed: 'nokey.csv': record 1 has no id, which is its key. Nothing was published; mend the source or name another --key.",
      '  rerun: pipe snapshot:full -- --dataset=c --from=nokey.csv --key=id',
    ],
    [
      'pipe snapshot:full -- --dataset=c --from=twice.csv --key=id',
      1,
      '1 failed in <time>',
      '',
      "failed: '$RIG/twice.csv': the header names the column 'id' twice. Expected different names in the first line.",
      '  rerun: pipe snapshot:full -- --dataset=c --from=twice.csv --key=id',
    ],
    [
      'pipe snapshot:full -- --dataset=c --from=dup.csv --key=id',
      1,
      '1 failed in <time>',
      '',
      "failed: 'dup.csv': several records have the same id, which is their key, for example id '1' (2 records). Nothing was published; mend the source or name another --key.",
      '  rerun: pipe snapshot:full -- --dataset=c --from=dup.csv --key=id',
    ],
    [
      'pipe snapshot:increment -- --dataset=c --from=people.csv --date=2026-11-19',
      1,
      '1 failed in <time>',
      '',
      'failed: c: there is no state before 2026-11-19 that an increment could change. Store one first: pipe snapshot:full -- --dataset=c --key=<columns> --from=<uri>',
      '  rerun: pipe snapshot:increment -- --dataset=c --from=people.csv --date=2026-11-19',
    ],
    [
      'pipe join:sharded -- --left=people.csv --right=nope.csv --on=id --to=j',
      3,
      "--right: 'nope.csv' is neither a dataset of the store file://$RIG/data nor a file; check the name, and --store",
    ],
    [
      'pipe join:sharded -- --left=people.csv --right=a.csv --on=id::foo --to=j',
      2,
      "join:sharded: --on: 'foo' is not a type to compare as; it is one of bigint, integer, double, varchar, date, timestamp, timestamptz, boolean, uuid",
    ],
  ]);
});
