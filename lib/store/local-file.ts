import type { BigIntStats } from 'node:fs';
import { open, rename, stat, unlink, utimes, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createFolders } from './durable.ts';
import { codeOf } from './fault.ts';
import { etagOf } from './local-list.ts';
import type { ByteRange, Stored } from './store.ts';

/** The bytes of a file and its etag, both of one moment. */
export async function readWhole(path: string): Promise<Stored> {
  return await withFile(path, 'r', async (file) => {
    const stats = await file.stat({ bigint: true });
    return { bytes: await file.readFile(), etag: etagOf(stats) };
  });
}

/** A part of a file, as far as the file goes, and the etag of the whole. */
export async function readPart(path: string, { start, end }: ByteRange): Promise<Stored> {
  return await withFile(path, 'r', async (file) => {
    const stats = await file.stat({ bigint: true });
    const bytes = Buffer.alloc(Math.max(Math.min(end, Number(stats.size)) - start, 0));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
    return { bytes: bytes.subarray(0, bytesRead), etag: etagOf(stats) };
  });
}

/** Writes a new file and flushes it to disk. */
export function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  return withFile(path, 'wx', async (file) => {
    await file.writeFile(bytes);
    await file.sync();
  });
}

/** Opens a file for an action. */
export async function withFile<T>(
  path: string,
  flags: string,
  action: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags);
  try {
    return await action(file);
  } finally {
    await file.close();
  }
}

/**
 * Gives a file a later time than the one it replaces. Clocks tick in milliseconds and inodes are
 * used again, so that otherwise the third of three quick versions could get the first one's etag.
 */
export async function makeLater(path: string, old: BigIntStats | undefined): Promise<BigIntStats> {
  const stats = await stat(path, { bigint: true });
  if (old === undefined || stats.mtimeNs > old.mtimeNs) return stats;
  // Node takes seconds as a double, which near today resolves a quarter of a microsecond.
  const seconds = Number(old.mtimeNs / 1000n + 2n) / 1e6;
  await utimes(path, seconds, seconds);
  return await stat(path, { bigint: true });
}

/**
 * Renames a file into a folder, which is created. Another process may remove a folder that is empty at the moment, so creating it may
 * take several turns.
 */
export async function renameInto(path: string, target: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await createFolders(dirname(target));
      return await rename(path, target);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || attempt === 5) throw error;
    }
  }
}

/** Removes a file; an absent one is no error. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
  }
}

/** Undefined where there is no file. */
export async function statsIfThere(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
