import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NoDataError, UserError } from '../../../lib/errors.ts';
import { findFiles } from '../../../lib/operations/sources/files.ts';

const names = [
  'a.log',
  'a.log.1',
  'b.jsonl',
  'sub/c.log',
  'sub/deep/d.log',
  'sub/_hidden/e.log',
  'sub/.hidden.log',
  'odd/[x]*?.log',
  'odd/{y}.log',
  'odd/ü é.log',
];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pipe-'));
  for (const name of [...names, 'empty/.keep']) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), '');
  }
  await symlink('a.log', path.join(folder, 'link.log'));
});

afterAll(() => rm(folder, { recursive: true }));

async function find(...uris: readonly string[]): Promise<string[]> {
  return (await findFiles(uris, folder)).map((file) => path.relative(folder, file));
}

test.each([
  [['a.log'], ['a.log']],
  [['sub'], ['sub/c.log', 'sub/deep/d.log']],
  [['sub/'], ['sub/c.log', 'sub/deep/d.log']],
  [['*.log'], ['a.log', 'link.log']],
  [['a.log*'], ['a.log', 'a.log.1']],
  [['?.{log,jsonl}'], ['a.log', 'b.jsonl']],
  [['{a,b}.*'], ['a.log', 'a.log.1', 'b.jsonl']],
  [
    ['[!a].jsonl', '[a-b].log'],
    ['b.jsonl', 'a.log'],
  ],
  [
    ['**/*.log'],
    [
      'a.log',
      'link.log',
      'odd/[x]*?.log',
      'odd/{y}.log',
      'odd/ü é.log',
      'sub/c.log',
      'sub/deep/d.log',
    ],
  ],
  [['sub/**'], ['sub/c.log', 'sub/deep/d.log']],
  [['s*/d*/d.log'], ['sub/deep/d.log']],
  [['odd/[x]*?.log'], ['odd/[x]*?.log']],
  [['odd/{y}.log'], ['odd/{y}.log']],
  [['odd/ü*'], ['odd/ü é.log']],
  [
    ['sub/.hidden.log', 'sub/_hidden'],
    ['sub/.hidden.log', 'sub/_hidden/e.log'],
  ],
  [
    ['a.log', '*.log', './a.log'],
    ['a.log', 'link.log'],
  ],
])('%j finds %j', async (uris, files) => {
  expect(await find(...uris)).toEqual(files);
});

test('a file:// URI is a path', async () => {
  expect(await find(`file://${folder}/a.log`)).toEqual(['a.log']);
});

test.each([
  ['nope', NoDataError, 'does not exist'],
  ['a.log/b', NoDataError, 'does not exist'],
  ['no*', NoDataError, 'a glob that no file matches'],
  ['empty', NoDataError, 'a folder without files'],
  ['s3://bucket/key', UserError, 'not a local file'],
  ['https://example.com/a.log', UserError, 'not a local file'],
  ['/dev/null', UserError, 'neither a file nor a folder'],
])('%s is refused', async (uri, type, message) => {
  const error: unknown = await find(uri).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(type);
  expect(String(error)).toContain(message);
});
