import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { reasonOf, UserError } from '../../errors.ts';
import { hashFile } from '../../store/hash-file.ts';
import type { Content } from '../../store/hash-file.ts';

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
  const { sha256, bytes } = await hashOnce(path);
  return { path, uri: pathToFileURL(path).href, name: path, sha256, bytes };
}

const hashes = new Map<string, Promise<Content>>();

/** Planning and running both need a file's hash; it is computed once while size and times stay. */
async function hashOnce(path: string): Promise<Content> {
  const { dev, ino, size, mtimeMs, ctimeMs } = await statOf(path);
  const key = [dev, ino, size, mtimeMs, ctimeMs].join(' ');
  const known = hashes.get(key);
  if (known) return known;
  // What is appended meanwhile belongs to another run.
  const hashed = hashFile(path, size);
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
