import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { reasonOf, UserError } from '../../errors.ts';

/** A file to ingest, known by its content and not by its name. */
export interface Source {
  /** On this machine. */
  readonly path: string;
  readonly uri: string;
  /** What people know it by: its path, or the URI of an object. */
  readonly name: string;
  /** Of the whole file, hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  /** Of an object: what tells this version of it from others without reading it. */
  readonly sight?: string;
}

/** Hashes a file. Throws UserError if it cannot be read. */
export async function sourceOf(path: string): Promise<Source> {
  const { sha256, bytes } = await hashFile(path);
  return { path, uri: pathToFileURL(path).href, name: path, sha256, bytes };
}

/** The hash of the first `length` bytes of a file. */
export async function hashStart(path: string, length: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunksOf(path, length)) hash.update(chunk);
  return hash.digest('hex');
}

const hashes = new Map<string, Promise<Pick<Source, 'sha256' | 'bytes'>>>();

/** Planning and running both need a file's hash; it is computed once while size and times stay. */
async function hashFile(path: string): Promise<Pick<Source, 'sha256' | 'bytes'>> {
  const { dev, ino, size, mtimeMs, ctimeMs } = await statOf(path);
  const key = [dev, ino, size, mtimeMs, ctimeMs].join(' ');
  const known = hashes.get(key);
  if (known) return known;
  const hashed = hashStart(path, size).then((sha256) => ({ sha256, bytes: size }));
  hashes.set(key, hashed);
  try {
    return await hashed;
  } catch (error) {
    hashes.delete(key);
    throw new UserError(
      `'${path}' cannot be read: ${reasonOf(error)}; make it readable, or name another one.`,
      { cause: error },
    );
  }
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw new UserError(
      `'${path}' cannot be read: ${reasonOf(error)}; make it readable, or name another one.`,
      { cause: error },
    );
  }
}

function chunksOf(path: string, length: number): AsyncIterable<Buffer> | readonly Buffer[] {
  if (length === 0) return [];
  return createReadStream(path, { end: length - 1, highWaterMark: 1024 * 1024 });
}
