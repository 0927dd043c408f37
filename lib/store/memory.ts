import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { checkCondition, checkVersion } from './conflict.ts';
import { checkKey, checkPrefix, compareKeys, isHidden, withoutOwn } from './key.ts';
import { noLeftover } from './leftover.ts';
import type {
  ByteRange,
  Content,
  Entry,
  ForeignObjects,
  Leftover,
  Staging,
  Store,
  Stored,
  WriteCondition,
} from './store.ts';

/**
 * A store in memory, for tests. Only staging files are on disk, in the system's temporary folder.
 * As on S3, an etag may be the hash of the bytes, else it is new with every write.
 */
export function openMemoryStore(options: { readonly hashEtags?: boolean } = {}): Store {
  return new MemoryStore(options.hashEtags ?? false);
}

interface Item {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly modified: Date;
}

class MemoryStore implements Store {
  readonly uri = 'memory://';
  readonly #items = new Map<string, Item>();
  readonly #hashEtags: boolean;
  #versions = 0;

  constructor(hashEtags: boolean) {
    this.#hashEtags = hashEtags;
  }

  list(prefix: string): AsyncGenerator<Entry> {
    checkPrefix(prefix);
    return this.#entries(this.#visible(prefix));
  }

  folders(prefix: string): AsyncGenerator<string> {
    checkPrefix(prefix);
    return this.#folders(prefix);
  }

  async stat(key: string): Promise<Entry | undefined> {
    checkKey(key);
    const item = this.#items.get(key);
    return item && entryOf(key, item);
  }

  read(key: string): Promise<Item | undefined> {
    checkKey(key);
    return Promise.resolve(this.#items.get(key));
  }

  async *stream(key: string): AsyncGenerator<Uint8Array> {
    yield (await this.#get(key)).bytes;
  }

  async readRange(key: string, range: ByteRange): Promise<Stored | undefined> {
    const item = await this.read(key);
    checkVersion(key, range, item?.etag);
    return item && { bytes: item.bytes.slice(range.start, range.end), etag: item.etag };
  }

  async write(key: string, bytes: Uint8Array, condition?: WriteCondition): Promise<string> {
    checkKey(key);
    checkCondition(key, condition, this.#items.get(key)?.etag);
    return this.#set(key, Uint8Array.from(bytes));
  }

  async append(key: string): ReturnType<Store['append']> {
    checkKey(key);
    this.#set(key, this.#items.get(key)?.bytes ?? new Uint8Array());
    return {
      append: (bytes) => {
        const before = this.#items.get(key)?.bytes ?? new Uint8Array();
        this.#set(key, Buffer.concat([before, Buffer.from(bytes)]));
      },
      flush: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }

  async upload(path: string, key: string, condition?: WriteCondition): Promise<string> {
    const bytes = await readFile(path);
    const etag = await this.write(key, bytes, condition);
    await rm(path);
    return etag;
  }

  async download(key: string, staging: Staging, expected?: Content): Promise<string> {
    const { bytes, etag } = await this.#get(key);
    checkVersion(key, expected ?? {}, etag);
    const path = staging.path(key.slice(key.lastIndexOf('/') + 1));
    await writeFile(path, bytes);
    return path;
  }

  async remove(keys: readonly string[]): Promise<void> {
    keys.forEach(checkKey);
    for (const key of keys) this.#items.delete(key);
  }

  async openStaging(owner: string): Promise<Staging> {
    return temporaryStaging(owner);
  }

  cleanStaging(): Promise<number> {
    return Promise.resolve(0);
  }

  until(): Store {
    return this;
  }

  foreign(): ForeignObjects {
    const keys = (prefix: string): string[] =>
      [...this.#items.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys);
    return {
      uri: this.uri,
      list: (prefix) => withoutOwn(this.#entries(keys(prefix))),
      read: (key) => Promise.resolve(this.#items.get(key)),
      write: (key, bytes) => Promise.resolve(this.#set(key, Uint8Array.from(bytes))),
    };
  }

  /** There is nothing to cut off. */
  async *leftovers(): AsyncGenerator<Leftover> {}

  removeLeftover(name: string): Promise<void> {
    return Promise.reject(noLeftover(name));
  }

  async *#entries(keys: readonly string[]): AsyncGenerator<Entry> {
    for (const key of keys) {
      const item = this.#items.get(key);
      if (item) yield entryOf(key, item);
    }
  }

  async *#folders(prefix: string): AsyncGenerator<string> {
    const names = this.#visible(prefix).map((key) => key.slice(prefix.length).split('/'));
    const folders = names.flatMap(([name, below]) => (name && below !== undefined ? [name] : []));
    yield* [...new Set(folders)].sort(compareKeys);
  }

  #visible(prefix: string): string[] {
    const below = [...this.#items.keys()].filter(
      (key) => key.startsWith(prefix) && !key.slice(prefix.length).split('/').some(isHidden),
    );
    return below.sort(compareKeys);
  }

  async #get(key: string): Promise<Item> {
    const item = await this.read(key);
    if (item) return item;
    throw new UserError(`Cannot read '${key}': there is no such object.`);
  }

  #set(key: string, bytes: Uint8Array): string {
    this.#versions++;
    const etag = this.#hashEtags
      ? createHash('md5').update(bytes).digest('hex')
      : String(this.#versions);
    this.#items.set(key, { bytes, etag, modified: new Date(this.#versions) });
    return etag;
  }
}

function entryOf(key: string, { bytes, etag, modified }: Item): Entry {
  return { key, bytes: bytes.length, etag, modified };
}

function temporaryStaging(owner: string): Staging {
  const parent = join(tmpdir(), `pipe-${owner}-`);
  let folder: string | undefined;
  let paths = 0;
  return {
    get folder() {
      return (folder ??= mkdtempSync(parent));
    },
    path(name) {
      return join(this.folder, `${++paths}-${name}`);
    },
    flush: () => Promise.resolve(),
    close: () => (folder ? rm(folder, { recursive: true, force: true }) : Promise.resolve()),
  };
}
