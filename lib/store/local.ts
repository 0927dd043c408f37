import { createReadStream } from 'node:fs';
import { open, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { appenderTo } from './appender.ts';
import { checkCondition, checkVersion } from './conflict.ts';
import { createFolders, flushFolder } from './durable.ts';
import { codeOf, guarded, localError } from './fault.ts';
import { checkKey, checkPath, checkPrefix, withoutOwn } from './key.ts';
import { noLeftover } from './leftover.ts';
import {
  makeLater,
  readPart,
  readWhole,
  removeFile,
  renameInto,
  statsIfThere,
  withFile,
  writeDurably,
} from './local-file.ts';
import { entryOf, etagOf, foldersLocal, isFolder, listLocal } from './local-list.ts';
import { withLock } from './lock.ts';
import { ownedName, type LocalEffects } from './owner.ts';
import { FOREIGN_STAGING_AGE_MS, removeDead, stagingIn } from './staging.ts';
import type {
  Appender,
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
 * A store in a local folder, which the first write creates. Every file is written under another
 * name, flushed to disk and renamed, so that readers see the old file or the new one, also after
 * a power cut. Conditions hold between all processes of this machine.
 */
export function openLocalStore(folder: string, effects: LocalEffects): Store {
  return new LocalStore(resolve(folder), effects);
}

class LocalStore implements Store {
  readonly uri: string;
  readonly #root: string;
  readonly #staging: string;
  readonly #locks: string;
  readonly #effects: LocalEffects;

  constructor(root: string, effects: LocalEffects) {
    this.uri = pathToFileURL(root).href.replace(/\/$/, '');
    this.#root = root;
    this.#staging = join(root, '.pipe', 'staging');
    this.#locks = join(root, '.pipe', 'locks');
    this.#effects = effects;
  }

  list(prefix: string): AsyncGenerator<Entry> {
    checkPrefix(prefix);
    return listLocal(this.#root, prefix);
  }

  folders(prefix: string): AsyncGenerator<string> {
    checkPrefix(prefix);
    return foldersLocal(this.#root, prefix);
  }

  stat(key: string): Promise<Entry | undefined> {
    checkKey(key);
    return this.#unlessAbsent(key, async (path) => {
      const stats = await stat(path, { bigint: true });
      return stats.isFile() ? entryOf(key, stats) : undefined;
    });
  }

  async read(key: string): Promise<Stored | undefined> {
    checkKey(key);
    return this.#read(key);
  }

  async *stream(key: string): AsyncGenerator<Uint8Array> {
    const path = this.#path(key);
    const source: AsyncIterable<Uint8Array> = createReadStream(path, {
      highWaterMark: STREAM_BYTES,
    });
    try {
      for await (const chunk of source) yield chunk;
    } catch (error) {
      throw localError('read', key, error);
    }
  }

  async readRange(key: string, range: ByteRange): Promise<Stored | undefined> {
    checkKey(key);
    const stored = await this.#unlessAbsent(key, (path) => readPart(path, range));
    checkVersion(key, range, stored?.etag);
    return stored;
  }

  write(key: string, bytes: Uint8Array, condition?: WriteCondition): Promise<string> {
    checkKey(key);
    return this.#write(key, bytes, condition);
  }

  #write(key: string, bytes: Uint8Array, condition?: WriteCondition): Promise<string> {
    const target = join(this.#root, key);
    return guarded('write', key, async () => {
      await createFolders(this.#staging);
      const temporary = join(this.#staging, ownedName('write', this.#effects));
      try {
        await writeDurably(temporary, bytes);
        return await this.#place(temporary, key, target, condition);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    });
  }

  upload(path: string, key: string, condition?: WriteCondition): Promise<string> {
    const target = this.#path(key);
    return guarded('write', key, async () => {
      await withFile(path, 'r', (file) => file.sync());
      return await this.#place(path, key, target, condition);
    });
  }

  append(key: string): Promise<Appender> {
    const path = this.#path(key);
    return guarded('append to', path, async () => {
      await createFolders(dirname(path));
      const appender = appenderTo(await open(path, 'a'));
      await flushFolder(dirname(path));
      return {
        append: (bytes) => appender.append(bytes),
        flush: () => guarded('append to', path, () => appender.flush()),
        close: () => guarded('append to', path, () => appender.close()),
      };
    });
  }

  async download(key: string, _staging: Staging, expected?: Content): Promise<string> {
    const path = this.#path(key);
    const stats = await guarded('read', key, () => stat(path, { bigint: true }));
    checkVersion(key, expected ?? {}, etagOf(stats));
    return path;
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const path = this.#path(key);
      await guarded('remove', key, () => removeFile(path));
      await this.#removeEmptyFolders(dirname(path));
    }
  }

  openStaging(owner: string): Promise<Staging> {
    return Promise.resolve(stagingIn(this.#staging, owner, this.#effects));
  }

  cleanStaging(): Promise<number> {
    return guarded('clean', this.#staging, async () => {
      await removeDead(this.#locks, FOREIGN_STAGING_AGE_MS, this.#effects);
      return await removeDead(this.#staging, FOREIGN_STAGING_AGE_MS, this.#effects);
    });
  }

  until(): Store {
    return this;
  }

  foreign(): ForeignObjects {
    return {
      uri: this.uri,
      list: (prefix) => {
        if (prefix !== '') checkPath(prefix.slice(0, -1));
        return withoutOwn(listLocal(this.#root, prefix, () => true));
      },
      read: async (key) => {
        checkPath(key);
        return this.#read(key);
      },
      write: async (key, bytes) => {
        checkPath(key);
        return this.#write(key, bytes);
      },
    };
  }

  /** All that is left behind lies in staging folders. */
  async *leftovers(): AsyncGenerator<Leftover> {}

  removeLeftover(name: string): Promise<void> {
    return Promise.reject(noLeftover(name));
  }

  #path(key: string): string {
    checkKey(key);
    return join(this.#root, key);
  }

  #read(key: string): Promise<Stored | undefined> {
    return this.#unlessAbsent(key, readWhole);
  }

  async #unlessAbsent<T>(key: string, read: (path: string) => Promise<T>): Promise<T | undefined> {
    try {
      return await read(join(this.#root, key));
    } catch (error) {
      if (await this.#isAbsence(error)) return undefined;
      throw localError('read', key, error);
    }
  }

  /** Whether an error means that there is no such object, rather than that the store cannot be read. */
  async #isAbsence(error: unknown): Promise<boolean> {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'EISDIR') return true;
    return code === 'ENOTDIR' && (await isFolder(this.#root));
  }

  /** Renames a finished, flushed file to its final name, if the condition holds. */
  #place(path: string, key: string, target: string, condition?: WriteCondition): Promise<string> {
    return withLock(this.#locks, key, this.#effects, async () => {
      const old = await statsIfThere(target);
      checkCondition(key, condition, old && etagOf(old));
      const stats = await makeLater(path, old);
      await renameInto(path, target);
      await flushFolder(dirname(target));
      return etagOf(stats);
    });
  }

  /** Folders of Pipe's own stay: whoever removes the last file there is about to write the next one. */
  async #removeEmptyFolders(folder: string): Promise<void> {
    const own = join(this.#root, '.pipe');
    for (let path = folder; path !== this.#root && dirname(path) !== own; path = dirname(path)) {
      try {
        await rmdir(path);
      } catch {
        return;
      }
    }
  }
}

/** Pieces large enough that hashing a file is bound by the hash. */
const STREAM_BYTES = 1024 * 1024;
