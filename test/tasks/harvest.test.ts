import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { prefixOf } from '../../lib/dataset/layout.ts';
import type { Manifest } from '../../lib/dataset/manifest.ts';
import { readManifest } from '../../lib/dataset/published.ts';
import { chunksOf } from '../../lib/operations/pack/chunks.ts';
import type { Row } from '../../lib/engine/engine.ts';
import { literal, raw, sql } from '../../lib/engine/sql.ts';
import type { Store, Stored } from '../../lib/store/store.ts';
import {
  harvestChunk,
  harvestGet,
  harvestList,
  harvestPack,
  harvestUnpack,
} from '../../tasks/harvest.ts';
import { Runner } from './runner.ts';
import type { Ran, RunnerOptions } from './runner.ts';

let runner: Runner;
beforeEach(async () => {
  runner = await Runner.open([harvestPack, harvestList, harvestChunk, harvestGet, harvestUnpack]);
});
afterEach(() => runner.close());

type Files = Readonly<Record<string, string | Uint8Array>>;

function fileIn(name: string): string {
  return path.join(runner.folder, name);
}

async function put(files: Files, folder = 'objects'): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = fileIn(path.join(folder, name));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

function numbered(count: number, content = (n: number): string => `{"n":${n}}`): Files {
  const names = Array.from({ length: count }, (_, n) => `${String(n).padStart(5, '0')}.json`);
  return Object.fromEntries(names.map((name, n) => [name, content(n)]));
}

const command = 'harvest:pack -- --from=objects --to=docs';

function pack(args = '', options: RunnerOptions = {}): Promise<Ran> {
  return runner.run(`${command} ${args}`.trim(), options);
}

/** Runs a command that must go through. */
async function done(ran: Promise<Ran>): Promise<Ran> {
  const result = await ran;
  expect(errorsOf(result)).toEqual([]);
  return result;
}

function errorsOf({ events }: Ran): string[] {
  return events.flatMap((event) =>
    event.type === 'invocation-finished' && event.error ? [event.error.message] : [],
  );
}

function logsOf({ events }: Ran): string[] {
  return events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
}

/** Chunks that were packed, not skipped. */
function chunksPacked({ leaves }: Ran): string[] {
  return leaves.flatMap((leaf) => /^done: harvest:chunk .*--chunk=(\d+)/.exec(leaf)?.[1] ?? []);
}

function rowsOf(dataset: string, columns = 'id, body'): Promise<readonly Row[]> {
  const files = literal(fileIn(`store/${dataset}/**/*.parquet`));
  return runner.engine.rows(sql`select ${raw(columns)} from read_parquet(${files}) order by id`);
}

/** What every manifest must say of itself, added up. */
async function reconciled(dataset = 'docs'): Promise<readonly [number, number, number, number]> {
  const chunks = await chunksOf(runner.store, dataset);
  for (const { manifest } of chunks) {
    const { in: keys, out, filtered, rejected } = manifest.rows;
    expect(keys).toBe(out + filtered + rejected);
    expect(manifest.files.reduce((sum, { rows }) => sum + rows, 0)).toBe(out);
  }
  const sum = (count: (manifest: Manifest) => number): number =>
    chunks.reduce((total, { manifest }) => total + count(manifest), 0);
  return [
    sum(({ rows }) => rows.in),
    sum(({ rows }) => rows.out),
    sum(({ rows }) => rows.filtered),
    sum(({ rows }) => rows.rejected),
  ];
}

/** A store whose reads go wrong for some keys. */
function reading(
  change: (key: string, read: () => Promise<Stored | undefined>) => Promise<Stored | undefined>,
): RunnerOptions {
  const wrap = (store: Store): Store => {
    const foreign = store.foreign();
    const objects = { ...foreign, read: (key: string) => change(key, () => foreign.read(key)) };
    return new Proxy(store, {
      get(target, name, proxy) {
        if (name === 'foreign') return () => objects;
        if (name === 'until') return () => proxy;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  return { wrap };
}

const brokenKey = (broken: string): RunnerOptions =>
  reading((key, read) =>
    key === broken ? Promise.reject(new Error(`no luck with ${key}`)) : read(),
  );

describe('packing', () => {
  const odd: Files = {
    'plain.txt': 'text',
    'with space.json': '{"a": 1}',
    'per%cent+plus.txt': 'a%20b',
    'quo"te\'s $(x) `y` ;.txt': 'q',
    'ünïcode/日本/𝒳.txt': 'hällo 𝒳\u2028\ufeff',
    [`${'long/'.repeat(50)}${'n'.repeat(200)}.txt`]: 'l',
    'a*b?[c].txt': 'glob',
    'binary.bin': Uint8Array.from({ length: 512 }, (_, n) => n % 256),
    'nul.txt': 'a\0b',
    'bom.txt': '\ufeffbom',
    'empty.txt': '',
    'lines.txt': 'a\r\nb\n"c"\\\t\u0001',
    '.hidden/.file': 'hidden',
    'tab\tand\nline\\.txt': 'control',
    'half.txt': Buffer.from('é').subarray(0, 1),
  };

  test.each(['parquet', 'jsonl'])(
    'odd keys and bodies come back as they were (%s)',
    async (format) => {
      await put(odd);
      await done(pack(`--format=${format} --chunks=3`));
      expect(await reconciled()).toEqual([15, 15, 0, 0]);
      await done(runner.run('harvest:unpack -- --dataset=docs --to=back'));
      for (const [name, content] of Object.entries(odd)) {
        expect(await readFile(fileIn(`back/${name}`)), name).toEqual(Buffer.from(content));
      }
      for (const [name, content] of Object.entries(odd)) {
        const got = await done(
          runner.run(['harvest:get', '--dataset=docs', `--id=${name}`, '--body']),
        );
        expect(Buffer.from(got.output ?? '?'), name).toEqual(Buffer.from(content));
      }
    },
  );

  test('records say all of an object, sorted by id', async () => {
    await put({ 'b.json': '{"b":"é"}', 'a.bin': Uint8Array.of(255, 0) });
    await done(pack());
    const rows = await runner.read({ dataset: 'docs', keys: { chunk: '00000' } });
    expect(rows).toMatchObject([
      { id: 'a.bin', key: 'a.bin', size: 2, encoding: 'base64', body: '/wA=' },
      { id: 'b.json', key: 'b.json', size: 10, encoding: 'utf8', body: '{"b":"é"}' },
    ]);
    expect(Object.keys(rows[0] ?? {})).toEqual([
      'id',
      'key',
      'etag',
      'size',
      'last_modified',
      'encoding',
      'body',
    ]);
    const list = await runner.read({ dataset: 'lists/docs', keys: { chunk: '00000' } });
    expect(rows.map(({ etag, last_modified }) => ({ etag, last_modified }))).toEqual(
      list.map(({ etag, last_modified }) => ({ etag, last_modified })),
    );
  });

  test('nothing below the prefix is no data', async () => {
    await mkdir(fileIn('objects'));
    const ran = await pack();
    expect(ran.exitCode).toBe(3);
    expect(errorsOf(ran)[0]).toContain('there is nothing to pack');
    expect(await readdir(fileIn('.'))).toEqual(['objects']);
  });

  test('the objects of an existing dataset do not all go away by a wrong mount', async () => {
    await put(numbered(3));
    await done(pack());
    await rm(fileIn('objects'), { recursive: true });
    expect((await pack()).exitCode).toBe(3);
    expect(await reconciled()).toEqual([3, 3, 0, 0]);
  });

  test('ten thousand objects in chunks', async () => {
    await put(numbered(10_000));
    const ran = await done(pack('--chunks=4'));
    expect(chunksPacked(ran).toSorted()).toEqual(['00000', '00001', '00002', '00003']);
    expect(await reconciled()).toEqual([10_000, 10_000, 0, 0]);
    const [row] = await runner.engine.rows(sql`
      select count(*) as n, count(distinct id) as ids, sum((body ->> '$.n')::bigint)::bigint as total
      from read_parquet(${literal(fileIn('store/docs/**/*.parquet'))})`);
    expect(row).toEqual({ n: 10_000, ids: 10_000, total: (9_999 * 10_000) / 2 });
    expect(ran.summary?.rows[0]?.slice(0, 5)).toEqual([4, 10_000, 10_000, 0, 0]);
  });

  test('a dataset is of one place, and never of the store itself', async () => {
    await put({ a: '1' });
    await put({ a: '2' }, 'others');
    await done(pack());
    const other = await runner.run('harvest:pack -- --from=others --to=docs');
    expect(errorsOf(other)[0]).toContain("--to: 'docs' is packed from file://");
    const self = await runner.run('harvest:pack -- --from=. --to=docs');
    expect(errorsOf(self)[0]).toContain("--from: '.' holds the store");
    const name = await runner.run('harvest:pack -- --from=objects --to=lists/docs');
    expect(errorsOf(name)[0]).toContain("--to: 'lists/docs' begins with");
    expect(await rowsOf('docs')).toEqual([{ id: 'a', body: '1' }]);
  });

  test.each([
    ['--chunks=0', '--chunks'],
    ['--concurrency=0', '--concurrency'],
    ['--max-failures=x', '--max-failures'],
    ['--key-template={id}', '--key-template'],
  ])('%s is refused', async (args, option) => {
    await put({ a: '1' });
    const ran = await pack(args);
    expect(ran.exitCode).not.toBe(0);
    expect(errorsOf(ran).join()).toContain(`${option}: `);
    expect(await chunksOf(runner.store, 'docs')).toEqual([]);
  });
});

describe('running again', () => {
  test('downloads nothing when nothing has changed', async () => {
    await put(numbered(20));
    await done(pack('--chunks=2'));
    const reads: string[] = [];
    const watching = reading((key, read) => (reads.push(key), read()));
    const again = await done(pack('--chunks=2', watching));
    expect(reads).toEqual([]);
    expect(chunksPacked(again)).toEqual([]);
    expect(logsOf(again)).toContain('everything is up to date (2 chunks, 20 keys)');
  });

  test.each(['parquet', 'jsonl'])(
    'downloads what is new or has changed, and drops what has gone (%s)',
    async (format) => {
      await put(numbered(40));
      await done(pack(`--chunks=4 --format=${format}`));
      await rm(fileIn('objects/00001.json'));
      await put({ '00002.json': 'changed', '00011x.json': 'new', 'z.json': 'last' });
      const reads: string[] = [];
      const watching = reading((key, read) => (reads.push(key), read()));
      const again = await done(pack(`--format=${format}`, watching));
      expect(reads.toSorted()).toEqual(['00002.json', '00011x.json', 'z.json']);
      expect(chunksPacked(again).toSorted()).toEqual(['00000', '00001', '00003']);
      expect(await reconciled()).toEqual([41, 41, 0, 0]);
      await done(runner.run('harvest:unpack -- --dataset=docs --to=back'));
      expect(await contentsOf('back')).toEqual(await contentsOf('objects'));
    },
  );

  test('with --force everything is downloaded again', async () => {
    await put(numbered(5));
    await done(pack());
    const reads: string[] = [];
    const watching = reading((key, read) => (reads.push(key), read()));
    await done(pack('', { ...watching, force: true }));
    expect(reads).toHaveLength(5);
  });

  test('another format takes the records that are there', async () => {
    await put({ ...numbered(5), 'b.bin': Uint8Array.of(0, 1, 2) });
    await done(pack());
    const before = await rowsOf('docs', '*');
    const reads: string[] = [];
    const watching = reading((key, read) => (reads.push(key), read()));
    await done(pack('--format=jsonl', watching));
    expect(await rowsInJson()).toHaveLength(6);
    await done(pack('--format=parquet', watching));
    expect(reads).toEqual([]);
    expect(await rowsOf('docs', '*')).toEqual(before);
  });

  test('a chunk by itself is a command of its own', async () => {
    await put(numbered(10));
    await done(pack('--chunks=2'));
    await rm(fileIn('store/docs/chunk=00001'), { recursive: true });
    const ran = await done(
      runner.run('harvest:chunk -- --from=objects --to=docs --chunk=00001 --concurrency=8'),
    );
    expect(chunksPacked(ran)).toEqual(['00001']);
    expect(await reconciled()).toEqual([10, 10, 0, 0]);
    const none = await runner.run('harvest:chunk -- --from=objects --to=docs --chunk=00007');
    expect(none.exitCode).toBe(3);
  });
});

async function contentsOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = await readdir(fileIn(folder), { recursive: true });
  const files = names.filter((name) => name.endsWith('.json')).toSorted();
  const contents = files.map(async (name) => [
    name,
    await readFile(fileIn(`${folder}/${name}`), 'utf8'),
  ]);
  return Object.fromEntries(await Promise.all(contents));
}

function rowsInJson(): Promise<readonly Row[]> {
  const files = literal(fileIn('store/docs/**/*.jsonl'));
  return runner.engine.rows(sql`select * from read_json(${files}, format = 'newline_delimited')`);
}

describe('objects that cannot be packed', () => {
  test('go to the rejects with a reason and are tried again, alone', async () => {
    await put(numbered(10));
    const first = await done(pack('--chunks=2', brokenKey('00007.json')));
    expect(await reconciled()).toEqual([10, 9, 0, 1]);
    expect(await rowsOf('rejects/docs', 'id, reason')).toEqual([
      { id: '00007.json', reason: 'no luck with 00007.json' },
    ]);
    expect(first.summary?.rows[0]?.slice(0, 5)).toEqual([2, 10, 9, 0, 1]);
    expect(first.summary?.notes[0]).toBe('Failed: 00007.json: no luck with 00007.json');
    const reads: string[] = [];
    const second = await done(
      pack(
        '',
        reading((key, read) => (reads.push(key), read())),
      ),
    );
    expect(reads).toEqual(['00007.json']);
    expect(chunksPacked(second)).toEqual(['00001']);
    expect(await reconciled()).toEqual([10, 10, 0, 0]);
    expect(await rowsOf('rejects/docs', 'id')).toEqual([]);
    expect(chunksPacked(await done(pack()))).toEqual([]);
  });

  test('an object that is looked for says why it is not there', async () => {
    await put(numbered(3));
    await done(pack('', brokenKey('00001.json')));
    const ran = await runner.run('harvest:get -- --dataset=docs --id=00001.json');
    expect(ran.exitCode).toBe(3);
    expect(errorsOf(ran)).toEqual([
      "'docs' has no record with the id '00001.json'; it could not be packed: no luck with 00001.json",
    ]);
  });

  test.skipIf(process.getuid?.() === 0)('an unreadable file is one', async () => {
    await put(numbered(3));
    await chmod(fileIn('objects/00001.json'), 0);
    await done(pack());
    expect(await reconciled()).toEqual([3, 2, 0, 1]);
    const [row] = await rowsOf('rejects/docs', 'id, reason');
    expect(row?.['reason']).toContain('permission denied');
  });

  test('an object that vanishes is missing; one that changes has failed', async () => {
    await put(numbered(10));
    const changing = reading(async (key, read) => {
      if (key === '00003.json') await rm(fileIn('objects/00003.json'), { force: true });
      if (key === '00004.json') await put({ '00004.json': 'other' });
      return read();
    });
    await done(pack('', changing));
    expect(await reconciled()).toEqual([10, 8, 1, 1]);
    const [row] = await rowsOf('rejects/docs', 'id, reason');
    expect(row?.['id']).toBe('00004.json');
    expect(row?.['reason']).toContain('it has changed since it was listed');
    await done(pack());
    expect(await reconciled()).toEqual([9, 9, 0, 0]);
    expect(await contentsOf('objects')).toMatchObject({ '00004.json': 'other' });
  });

  test('an object that is cut off while it is read has failed', async () => {
    await put(numbered(2));
    const cutting = reading(async (key, read) => {
      const stored = await read();
      return stored && key === '00001.json'
        ? { ...stored, bytes: stored.bytes.subarray(1) }
        : stored;
    });
    await done(pack('', cutting));
    expect(await reconciled()).toEqual([2, 1, 0, 1]);
  });

  test('too many fail the chunk, which publishes nothing; the other chunks are packed', async () => {
    await put(numbered(20));
    const broken = reading((key, read) =>
      key < '00003' ? Promise.reject(new Error('no luck')) : read(),
    );
    const ran = await pack('--chunks=2 --max-failures=2', broken);
    expect(ran.exitCode).toBe(1);
    expect(errorsOf(ran)[0]).toContain('3 objects could not be packed, more than --max-failures=2');
    expect(errorsOf(ran)[0]).toContain('00000.json: no luck');
    expect(errorsOf(ran)[1]).toContain('1 of 2 chunks is not packed');
    expect(await reconciled()).toEqual([10, 10, 0, 0]);
    await done(pack('--max-failures=30%', broken));
    expect(await reconciled()).toEqual([20, 17, 0, 3]);
  });

  test('too many in all chunks together fail the run', async () => {
    await put(numbered(20));
    const broken = reading((key, read) =>
      /[05]\.json$/.test(key) ? Promise.reject(new Error('no luck')) : read(),
    );
    const ran = await pack('--chunks=4 --max-failures=3', broken);
    expect(ran.exitCode).toBe(1);
    expect(errorsOf(ran)).toEqual([
      expect.stringContaining(
        'docs: 4 of 20 objects could not be packed, more than --max-failures=3',
      ),
    ]);
    expect(await reconciled()).toEqual([20, 16, 0, 4]);
  });

  test('when nothing can be read the rest is not tried', async () => {
    await put(numbered(1000));
    let reads = 0;
    const ran = await pack(
      '--concurrency=4',
      reading(() => {
        reads += 1;
        return Promise.reject(new Error('no credentials'));
      }),
    );
    expect(ran.exitCode).toBe(1);
    expect(errorsOf(ran)[0]).toContain('The first 100 objects could not be packed');
    expect(errorsOf(ran)[0]).toContain('no credentials');
    expect(reads).toBeLessThan(150);
  });
});

describe('ids', () => {
  test('make keys by a template; what is not there is missing', async () => {
    await put({ 'ab/abc.json': '1', 'ab/abd.json': '2', 'xy/xyz.json': '3', 'ab/other.json': '4' });
    await put({ 'ids.txt': 'xyz\nabc\r\n\nnope\nabc\n' }, '.');
    const args = '--ids=ids.txt --key-template={id[0:2]}/{id}.json';
    const ran = await done(pack(args));
    expect(logsOf(ran)[0]).toBe(
      '3 keys (2 bytes, 1 without object, 1 repeated ids left out) in 1 chunk, 1 new or changed',
    );
    expect(await reconciled()).toEqual([3, 2, 1, 0]);
    expect(await rowsOf('docs', 'id, key, body')).toEqual([
      { id: 'abc', key: 'ab/abc.json', body: '1' },
      { id: 'xyz', key: 'xy/xyz.json', body: '3' },
    ]);
    const got = await done(runner.run('harvest:get -- --dataset=docs --id=xyz --body'));
    expect(String(got.output)).toBe('3');
    await put({ 'no/nope.json': '5' });
    expect(chunksPacked(await done(pack(args)))).toEqual(['00000']);
    expect(await reconciled()).toEqual([3, 3, 0, 0]);
  });

  test('that share a key are records of their own', async () => {
    await put({ 'a.json': '1' });
    await put({ 'ids.txt': 'a1\na2\n' }, '.');
    await done(pack('--ids=ids.txt --key-template={id[0:1]}.json'));
    expect(await rowsOf('docs', 'id, key')).toEqual([
      { id: 'a1', key: 'a.json' },
      { id: 'a2', key: 'a.json' },
    ]);
  });

  test.each([
    ['latin.txt', Buffer.from('caf\xe9\n', 'latin1'), 'line 1: '],
    ['control.txt', Buffer.from('ok\na\0b\n'), "line 2: 'a\\u0000b' cannot be an id"],
    ['absent.txt', undefined, 'does not exist; name a file with one id in each line'],
    ['empty.txt', Buffer.from('\n\n'), 'there is nothing to pack'],
  ])('%s is refused', async (name, content, message) => {
    await put({ a: '1' });
    if (content) await put({ [name]: content }, '.');
    const ran = await pack(`--ids=${name}`);
    expect(ran.exitCode).not.toBe(0);
    expect(errorsOf(ran)[0]).toContain(message);
    expect(await chunksOf(runner.store, 'docs')).toEqual([]);
  });
});

describe('getting and unpacking', () => {
  test('a record that is not there, and a dataset that is not there', async () => {
    await put(numbered(3));
    await done(pack());
    const ran = await runner.run('harvest:get -- --dataset=docs --id=x');
    expect([ran.exitCode, ...errorsOf(ran)]).toEqual([3, "'docs' has no record with the id 'x'"]);
    const none = await runner.run('harvest:get -- --dataset=nope --id=x');
    expect(none.exitCode).toBe(3);
    await expect(runner.run('harvest:unpack -- --dataset=nope --to=back')).rejects.toThrow(
      "'nope' has no chunks",
    );
  });

  test('only some ids', async () => {
    await put(numbered(20));
    await done(pack('--chunks=4'));
    await put({ 'ids.txt': '00003.json\n00017.json\nnope\n' }, '.');
    await done(runner.run('harvest:unpack -- --dataset=docs --to=back --ids=ids.txt'));
    expect(await contentsOf('back')).toEqual({ '00003.json': '{"n":3}', '00017.json': '{"n":17}' });
  });

  test('a record is found in one chunk, by the manifests alone', async () => {
    await put(numbered(40));
    await done(pack('--chunks=4'));
    const prefix = prefixOf({ dataset: 'docs', keys: { chunk: '00002' } });
    const published = await readManifest(runner.store, prefix);
    expect(published?.manifest.files[0]?.range).toEqual({
      column: 'id',
      first: '00020.json',
      last: '00029.json',
    });
    // Files of the other chunks cannot be read, and need not be.
    for (const other of ['00000', '00001', '00003']) {
      const file = fileIn(`store/docs/chunk=${other}/data.parquet`);
      await writeFile(file, Buffer.alloc((await readFile(file)).length));
    }
    const got = await done(runner.run('harvest:get -- --dataset=docs --id=00025.json'));
    expect(JSON.parse(String(got.output))).toMatchObject({ id: '00025.json', body: '{"n":25}' });
  });
});

describe('an estimate', () => {
  const amounts = async (args: string): Promise<Readonly<Record<string, unknown>>> => {
    const table = await runner.estimate(`${command} ${args}`.trim());
    return Object.fromEntries(table?.rows.map(([name, amount]) => [String(name), amount]) ?? []);
  };

  test('tells what a run would do, and changes nothing', async () => {
    await put(numbered(30));
    expect(await amounts('')).toMatchObject({
      'objects listed': '30',
      'objects to download': '30',
      'bytes to download': '230 bytes',
      'chunks to pack': '1',
      dollars: '$0',
    });
    expect(await readdir(runner.folder)).toEqual(['objects']);
    expect((await amounts('--chunks=3'))['chunks to pack']).toBe('3');
    await done(pack('--chunks=3', brokenKey('00001.json')));
    expect(await amounts('')).toMatchObject({ 'objects to download': '1', 'chunks to pack': '1' });
    await put({ '00025x.json': 'new' });
    expect(await amounts('')).toMatchObject({ 'objects to download': '12', 'chunks to pack': '2' });
  });

  test('of ids does not know their sizes', async () => {
    await put(numbered(3));
    await put({ 'ids.txt': 'a\nb\n' }, '.');
    expect(await amounts('--ids=ids.txt')).toMatchObject({
      'objects to download': '2',
      'bytes to download': 'unknown size',
    });
  });
});
