import { createHash, randomBytes } from 'node:crypto';
import { appendFile, readFile, stat, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../lib/errors.ts';
import { ChangedError, ConflictError } from '../../lib/store/conflict.ts';
import type { Staging, Store, WriteCondition } from '../../lib/store/store.ts';

/** One implementation of the store: an empty store for each test, and what becomes of it. */
export interface StoreCase {
  readonly name: string;
  open(): Promise<Store>;
  /** A second opening of the store that `open` gave last, as another process would see it. */
  reopen(): Promise<Store>;
  close(): Promise<void>;
  /** An object that is replaced by the same bytes may keep its etag. */
  readonly keepsEtagOfSameBytes?: boolean;
}

/** What every store must do. Add a row in `store.test.ts` to hold another one against it. */
export function storeContract(each: StoreCase): void {
  describe(`store contract: ${each.name}`, () => {
    let store: Store;
    let staging: Staging;

    beforeEach(async () => {
      store = await each.open();
      staging = await store.openStaging('test');
    });

    afterEach(async () => {
      await staging.close();
      await each.close();
    });

    test('an empty store lists nothing', async () => {
      expect(await keysOf(store, '')).toEqual([]);
      expect(await keysOf(store, 'events/')).toEqual([]);
      expect(await all(store.folders(''))).toEqual([]);
      expect(await store.read('events/a')).toBeUndefined();
      expect(await store.cleanStaging()).toBe(0);
    });

    test('what is written is read, with the etag that write gave', async () => {
      const etag = await store.write('a/b.json', bytes('hello'));
      expect(await textOf(store, 'a/b.json')).toBe('hello');
      expect(await store.read('a/b.json')).toMatchObject({ etag });
      expect(await all(store.list(''))).toMatchObject([{ key: 'a/b.json', bytes: 5, etag }]);
      expect(await textOf(await each.reopen(), 'a/b.json')).toBe('hello');
    });

    test('objects may be empty or binary', async () => {
      const binary = Uint8Array.from({ length: 256 }, (_, index) => index);
      await store.write('empty', new Uint8Array());
      await store.write('binary', binary);
      expect(await store.read('empty')).toMatchObject({ bytes: { length: 0 } });
      expect(Uint8Array.from((await store.read('binary'))?.bytes ?? [])).toEqual(binary);
    });

    test('an etag changes with every replacement', async () => {
      const etags: string[] = [];
      for (let version = 0; version < 20; version++)
        etags.push(
          await store.write('k', bytes(each.keepsEtagOfSameBytes ? `${version}` : 'same')),
        );
      expect(new Set(etags).size).toBe(20);
      expect((await all(store.list('')))[0]?.etag).toBe(etags.at(-1));
    });

    test('foreign objects may have hidden names; what is our own is not among them', async () => {
      for (const key of ['.pipe/own', '.hidden', 'a/.b/c', 'a/b'])
        await store.write(key, bytes(key));
      expect(await keysOf(store, '')).toEqual(['a/b']);
      const foreign = store.foreign();
      expect(await keysOf(foreign, '')).toEqual(['.hidden', 'a/.b/c', 'a/b']);
      expect(await keysOf(foreign, 'a/')).toEqual(['a/.b/c', 'a/b']);
      expect(Buffer.from((await foreign.read('a/.b/c'))?.bytes ?? []).toString()).toBe('a/.b/c');
      await foreign.write('tab\t.txt', bytes('replaced'));
      const etag = await foreign.write('tab\t.txt', bytes('odd'));
      expect(await foreign.read('tab\t.txt')).toMatchObject({ etag, bytes: { length: 3 } });
      expect(await foreign.read('a/c')).toBeUndefined();
    });

    test('a prefix is not a name that begins alike, and a folder is no object', async () => {
      await store.write('a/b/c', bytes('1'));
      await store.write('a/bc', bytes('2'));
      expect(await keysOf(store, 'a/b/')).toEqual(['a/b/c']);
      expect(await store.read('a/b')).toBeUndefined();
      expect(await store.read('a/bc/d')).toBeUndefined();
      expect(await keysOf(store, 'a/bc/')).toEqual([]);
    });

    test('keys are listed in the byte order of UTF-8', async () => {
      // Without `a` itself: a local folder cannot have both `a` and `a/b`.
      const keys = ['a/b', 'a-b', 'a.b/c', 'a0', 'b/\u{1F600}', 'b/\uFF5E', 'b/z', 'b/Z', 'b/é'];
      for (const key of keys) await store.write(key, bytes(key));
      const listed = await keysOf(store, '');
      expect(listed).toEqual(byteOrder(keys));
      expect(listed.indexOf('a-b')).toBeLessThan(listed.indexOf('a/b'));
      expect(listed.indexOf('b/\uFF5E')).toBeLessThan(listed.indexOf('b/\u{1F600}'));
    });

    test('folders are the names one level below, once each and in order', async () => {
      for (const key of ['e/site=b/x', 'e/site=a/x', 'e/site=a/date=1/y', 'e/file', 'e/site=é/x'])
        await store.write(key, bytes(''));
      expect(await all(store.folders('e/'))).toEqual(['site=a', 'site=b', 'site=é']);
      expect(await all(store.folders(''))).toEqual(['e']);
      expect(await all(store.folders('e/site=a/date=1/'))).toEqual([]);
    });

    test("Pipe's own names are listed only below a prefix that names them", async () => {
      await store.write('.pipe/runs/1.jsonl', bytes('x'));
      await store.write('events/.hidden/a', bytes('x'));
      await store.write('events/.tmp', bytes('x'));
      expect(await keysOf(store, '')).toEqual([]);
      expect(await keysOf(store, 'events/')).toEqual([]);
      expect(await all(store.folders(''))).not.toContain('.pipe');
      expect(await all(store.folders('events/'))).toEqual([]);
      expect(await keysOf(store, '.pipe/runs/')).toEqual(['.pipe/runs/1.jsonl']);
    });

    test('a listing can be left early', async () => {
      for (const key of ['a/1', 'a/2', 'b/1']) await store.write(key, bytes(''));
      for await (const entry of store.list('')) {
        expect(entry.key).toBe('a/1');
        break;
      }
    });

    test.each([
      '',
      '/',
      '/a',
      'a/',
      'a//b',
      '.',
      '..',
      '../a',
      'a/../b',
      'a/./b',
      'a\\b',
      'a\0b',
      'a\nb',
      '\u007f',
      '\ud800',
      'a/'.repeat(600) + 'a',
    ])('the key %j is refused', async (key) => {
      await expect(async () => store.write(key, bytes(''))).rejects.toBeInstanceOf(UserError);
      await expect(async () => store.read(key)).rejects.toThrow('The key');
      await expect(async () => store.remove([key])).rejects.toBeInstanceOf(UserError);
      await expect(async () => store.append(key)).rejects.toBeInstanceOf(UserError);
    });

    test.each(['a', '/', 'a//', '../', '/a/'])('the prefix %j is refused', (prefix) => {
      expect(() => store.list(prefix)).toThrow(UserError);
      expect(() => store.folders(prefix)).toThrow(UserError);
    });

    test.each([
      '%2e%2e',
      'a b',
      'a+b',
      "a'b",
      'a"b',
      'a?b',
      'a#b',
      'a=b',
      'a&b',
      'Ω',
      '日本',
      'a..',
      '~',
    ])('the key %j is a name like any other', async (key) => {
      await store.write(`x/${key}`, bytes(key));
      expect(await keysOf(store, '')).toEqual([`x/${key}`]);
      expect(await textOf(store, `x/${key}`)).toBe(key);
    });

    test('ifAbsent writes only where there is nothing', async () => {
      await store.write('k', bytes('first'), { ifAbsent: true });
      await expect(store.write('k', bytes('second'), { ifAbsent: true })).rejects.toBeInstanceOf(
        ConflictError,
      );
      expect(await textOf(store, 'k')).toBe('first');
    });

    test('ifMatch writes only over the version it names', async () => {
      const first = await store.write('k', bytes('first'));
      const second = await store.write('k', bytes('second'), { ifMatch: first });
      await expect(store.write('k', bytes('third'), { ifMatch: first })).rejects.toMatchObject({
        retryable: true,
      });
      expect(await textOf(store, 'k')).toBe('second');
      await store.remove(['k']);
      await expect(store.write('k', bytes('x'), { ifMatch: second })).rejects.toBeInstanceOf(
        ConflictError,
      );
      expect(await store.read('k')).toBeUndefined();
    });

    test.each<[string, (store: Store) => Promise<WriteCondition>]>([
      ['ifAbsent', async () => ({ ifAbsent: true })],
      ['ifMatch', async (target) => ({ ifMatch: await target.write('k', bytes('before')) })],
    ])('of eight racers with %s one wins', async (_name, prepare) => {
      const condition = await prepare(store);
      const other = await each.reopen();
      const racers = Array.from({ length: 8 }, (_, index) =>
        (index % 2 ? store : other).write('k', bytes(`racer ${index}`), condition),
      );
      const results = await Promise.allSettled(racers);
      const winner = results.findIndex(({ status }) => status === 'fulfilled');
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const losses = results.flatMap((result) =>
        result.status === 'rejected' ? [result.reason] : [],
      );
      expect(losses.every((reason) => reason instanceof ConflictError)).toBe(true);
      expect(await textOf(store, 'k')).toBe(`racer ${winner}`);
    });

    test('counting with conditional writes loses no count', async () => {
      const other = await each.reopen();
      await store.write('n', bytes('0'));
      await Promise.all([store, store, other, other].map((one) => countUp(one, 'n', 10)));
      expect(await textOf(store, 'n')).toBe('40');
    });

    test('upload makes a staged file an object, and the file is gone', async () => {
      const path = staging.path('data.parquet');
      await writeFile(path, 'rows');
      const etag = await store.upload(path, 'events/site=a/data.parquet');
      expect(await all(store.list(''))).toMatchObject([
        { key: 'events/site=a/data.parquet', bytes: 4, etag },
      ]);
      expect(await textOf(store, 'events/site=a/data.parquet')).toBe('rows');
      await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    test('an upload whose condition does not hold changes nothing and keeps the file', async () => {
      await store.write('k', bytes('old'));
      const path = staging.path('new');
      await writeFile(path, 'new');
      await expect(store.upload(path, 'k', { ifAbsent: true })).rejects.toBeInstanceOf(
        ConflictError,
      );
      expect(await textOf(store, 'k')).toBe('old');
      expect(await readFile(path, 'utf8')).toBe('new');
      const etag = (await store.read('k'))?.etag ?? '';
      await store.upload(path, 'k', { ifMatch: etag });
      expect(await textOf(store, 'k')).toBe('new');
    });

    test('a large file goes up and comes down whole, on its condition', async () => {
      const content = randomBytes(21 * 1024 * 1024 + 1);
      const upload = async (condition?: WriteCondition): Promise<string> => {
        const path = staging.path('large');
        await writeFile(path, content);
        return await store.upload(path, 'large', condition);
      };
      const etag = await upload({ ifAbsent: true });
      await expect(upload({ ifAbsent: true })).rejects.toBeInstanceOf(ConflictError);
      expect((await all(store.list('')))[0]).toMatchObject({ bytes: content.length, etag });
      const expected = {
        bytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
      };
      const path = await store.download('large', staging, expected);
      expect((await readFile(path)).equals(content)).toBe(true);
      const unknown = await store.download('large', staging);
      expect((await readFile(unknown)).equals(content)).toBe(true);
      await store.write('large', bytes('small'), { ifMatch: etag });
      await expect(upload({ ifMatch: etag })).rejects.toBeInstanceOf(ConflictError);
      expect(await textOf(store, 'large')).toBe('small');
    });

    test('download gives a local file with the bytes', async () => {
      await store.write('a/k', bytes('content'));
      expect(await readFile(await store.download('a/k', staging), 'utf8')).toBe('content');
      await expect(store.download('a/none', staging)).rejects.toBeInstanceOf(UserError);
    });

    test('download is of the version that is expected, or an error', async () => {
      const etag = await store.write('k', bytes('first'));
      const expected = { bytes: 5, etag };
      expect(await readFile(await store.download('k', staging, expected), 'utf8')).toBe('first');
      await (await each.reopen()).write('k', bytes('other'));
      const changed = store.download('k', staging, expected);
      await expect(changed).rejects.toBeInstanceOf(ChangedError);
    });

    test('stat gives what a listing shows', async () => {
      await store.write('a/k', bytes('first'));
      await store.write('a/k.gz', bytes('other'));
      const appender = await store.append('.pipe/log.jsonl');
      appender.append('0123456789');
      await appender.close();
      for (const [prefix, key] of [
        ['', 'a/k'],
        ['.pipe/', '.pipe/log.jsonl'],
      ] as const) {
        const listed = (await all(store.list(prefix))).find((entry) => entry.key === key);
        const found = await store.stat(key);
        expect(found).toMatchObject({ key, bytes: listed?.bytes, etag: listed?.etag });
        // A listing of S3 knows milliseconds, a header seconds.
        const [a = 0, b = 0] = [found, listed].map((entry) => entry?.modified.getTime());
        expect(Math.abs(a - b)).toBeLessThan(1000);
      }
      expect(await store.stat('a')).toBeUndefined();
      expect(await store.stat('a/none')).toBeUndefined();
      expect(await store.stat('.pipe/none')).toBeUndefined();
      await expect(async () => store.stat('../a')).rejects.toThrow('The key');
    });

    test('stream gives the bytes in order; an absent object is an error', async () => {
      const large = Buffer.alloc(3_000_000, 'abcdefg');
      await store.write('large', large);
      expect(Buffer.concat(await all(store.stream('large'))).equals(large)).toBe(true);
      await store.write('empty', bytes(''));
      expect(Buffer.concat(await all(store.stream('empty')))).toHaveLength(0);
      await expect(all(store.stream('none'))).rejects.toThrow(/Cannot read '.*none'/);
    });

    test('a range is a part of an object, as far as the object goes', async () => {
      const etag = await store.write('a/k', bytes('0123456789'));
      const part = async (start: number, end: number, key = 'a/k'): Promise<string | undefined> => {
        const stored = await store.readRange(key, { start, end });
        return stored && Buffer.from(stored.bytes).toString();
      };
      expect(await store.readRange('a/k', { start: 2, end: 4 })).toMatchObject({ etag });
      expect(await store.readRange('a/k', { start: 20, end: 40 })).toMatchObject({ etag });
      expect(await part(0, 3)).toBe('012');
      expect(await part(3, 10)).toBe('3456789');
      expect(await part(9, 10)).toBe('9');
      expect(await part(8, 100)).toBe('89');
      expect(await part(10, 12)).toBe('');
      expect(await part(100, 200)).toBe('');
      expect(await part(4, 4)).toBe('');
      expect(await part(0, 5, 'a/none')).toBeUndefined();
      expect(await part(2, 2, 'a/none')).toBeUndefined();
      await store.write('empty', bytes(''));
      expect(await part(0, 5, 'empty')).toBe('');
      await expect(async () => store.readRange('../a', { start: 0, end: 1 })).rejects.toThrow(
        'The key',
      );
    });

    test('a range of an appended object is one, too', async () => {
      const appender = await store.append('.pipe/log.jsonl');
      appender.append('0123456789');
      await appender.close();
      const stored = await store.readRange('.pipe/log.jsonl', { start: 7, end: 12 });
      expect(Buffer.from(stored?.bytes ?? []).toString()).toBe('789');
      expect(stored?.etag).toBe((await store.read('.pipe/log.jsonl'))?.etag);
    });

    test.each([
      ['in its middle', 1, 3],
      ['past its end', 50, 60],
      ['of nothing', 2, 2],
    ])('a range %s is of the version it names, or an error', async (_name, start, end) => {
      const etag = await store.write('k', bytes('first'));
      expect(await store.readRange('k', { start, end, etag })).toMatchObject({ etag });
      await (await each.reopen()).write('k', bytes('other'));
      const changed = store.readRange('k', { start, end, etag });
      await expect(changed).rejects.toBeInstanceOf(ChangedError);
      await expect(changed).rejects.toMatchObject({ retryable: true });
      await store.remove(['k']);
      await expect(store.readRange('k', { start, end, etag })).rejects.toBeInstanceOf(ChangedError);
    });

    test('a store for work that has ended is the same store', async () => {
      const ended = store.until(AbortSignal.abort(new Error('the work has ended')));
      expect(ended.uri).toBe(store.uri);
      await ended.write('k', bytes('x'), { ifAbsent: true });
      expect(await textOf(store, 'k')).toBe('x');
    });

    test('append adds in order, across openings', async () => {
      const first = await store.append('.pipe/log.jsonl');
      for (let line = 0; line < 1000; line++)
        first.append(line % 2 ? `${line}\n` : bytes(`${line}\n`));
      await first.flush();
      expect((await textOf(await each.reopen(), '.pipe/log.jsonl'))?.split('\n')).toHaveLength(
        1001,
      );
      await first.close();
      expect(await keysOf(store, '.pipe/')).toEqual(['.pipe/log.jsonl']);
      const second = await store.append('.pipe/log.jsonl');
      second.append('last\n');
      await second.close();
      const lines = (await textOf(store, '.pipe/log.jsonl'))?.trimEnd().split('\n');
      expect(lines).toEqual([...Array.from({ length: 1000 }, (_, line) => String(line)), 'last']);
      const streamed = Buffer.concat(await all(store.stream('.pipe/log.jsonl')));
      expect(streamed.toString().trimEnd().split('\n')).toEqual(lines);
      const path = await store.download('.pipe/log.jsonl', staging);
      expect((await readFile(path, 'utf8')).trimEnd().split('\n')).toEqual(lines);
      await store.remove(['.pipe/log.jsonl']);
      expect(await store.read('.pipe/log.jsonl')).toBeUndefined();
    });

    test('remove takes objects away, absent ones too, and folders that become empty', async () => {
      for (const key of ['a/b/c', 'a/b/d', 'e']) await store.write(key, bytes(''));
      await store.remove(['a/b/c', 'a/b/d', 'none', 'e/below']);
      expect(await keysOf(store, '')).toEqual(['e']);
      expect(await all(store.folders(''))).toEqual([]);
    });

    test('staging gives new paths that end in the name, and goes away with close', async () => {
      const paths = [staging.path('x.parquet'), staging.path('x.parquet')];
      expect(new Set(paths).size).toBe(2);
      for (const path of paths) {
        expect(path.endsWith('-x.parquet')).toBe(true);
        await appendFile(path, 'x');
      }
      expect(await keysOf(store, '')).toEqual([]);
      await staging.close();
      await expect(stat(paths[0] ?? '')).rejects.toMatchObject({ code: 'ENOENT' });
    });

    test('any sequence of operations does what a map does', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
          const model = new Map<string, { text: string; etag: string }>();
          await store.remove(names);
          for (const next of operations) await applyBoth(store, model, next);
          const listed = await all(store.list(''));
          expect(listed.map(({ key, etag }) => [key, etag])).toEqual(
            byteOrder([...model.keys()]).map((key) => [key, model.get(key)?.etag]),
          );
          for (const [key, { text }] of model) expect(await textOf(store, key)).toBe(text);
        }),
        { numRuns: 20 },
      );
    });
  });
}

const names = ['a/x', 'a-x', 'a/y/z', 'b', 'ü/1'];

const operation = fc.record({
  kind: fc.constantFrom('write', 'ifAbsent', 'ifMatch', 'stale', 'remove'),
  key: fc.constantFrom(...names),
  text: fc.string({ maxLength: 5 }),
});

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

async function applyBoth(
  store: Store,
  model: Map<string, { text: string; etag: string }>,
  { kind, key, text }: Operation,
): Promise<void> {
  const old = model.get(key);
  if (kind === 'remove') {
    await store.remove([key]);
    model.delete(key);
    return;
  }
  const condition = conditionOf(kind, old?.etag);
  const holds =
    kind === 'write' || (kind === 'ifAbsent' ? !old : kind === 'ifMatch' && old !== undefined);
  const written = await store.write(key, bytes(text), condition).catch((error: unknown) => {
    if (error instanceof ConflictError) return undefined;
    throw error;
  });
  expect(written !== undefined).toBe(holds);
  if (written !== undefined) model.set(key, { text, etag: written });
}

function conditionOf(kind: string, etag = 'none'): WriteCondition | undefined {
  if (kind === 'write') return undefined;
  if (kind === 'ifAbsent') return { ifAbsent: true };
  return { ifMatch: kind === 'ifMatch' ? etag : 'stale' };
}

async function countUp(store: Store, key: string, times: number): Promise<void> {
  for (let done = 0; done < times;) {
    const stored = await store.read(key);
    const next = Number(Buffer.from(stored?.bytes ?? []).toString()) + 1;
    try {
      await store.write(key, bytes(String(next)), { ifMatch: stored?.etag ?? '' });
      done++;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

async function textOf(store: Store, key: string): Promise<string | undefined> {
  const stored = await store.read(key);
  return stored && Buffer.from(stored.bytes).toString();
}

async function keysOf(store: Pick<Store, 'list'>, prefix: string): Promise<string[]> {
  return (await all(store.list(prefix))).map(({ key }) => key);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

function byteOrder(keys: readonly string[]): string[] {
  return keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
