import type { BigIntStats, Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, localError } from './fault.ts';
import { compareKeys, isHidden, isSegment } from './key.ts';
import type { Entry } from './store.ts';

/**
 * Objects below a prefix in byte order of their keys, one folder after another, without names that
 * are not shown. Symbolic links are followed.
 */
export async function* listLocal(
  root: string,
  prefix: string,
  isShown: (name: string) => boolean = isVisible,
): AsyncGenerator<Entry> {
  // A folder sorts as if its name ended in `/`, which is what stands there in the keys below it.
  const children = await childrenOf(root, prefix, isShown);
  children.sort((a, b) => compareKeys(orderOf(a), orderOf(b)));
  for (const { name, stats } of children) {
    if (!stats) yield* listLocal(root, `${prefix}${name}/`, isShown);
    else if (stats.isFile()) yield entryOf(`${prefix}${name}`, stats);
  }
}

/** Names of the folders directly below a prefix, in byte order. Folders without any object are left out. */
export async function* foldersLocal(root: string, prefix: string): AsyncGenerator<string> {
  const children = await childrenOf(root, prefix, isVisible);
  const names = children.filter(({ stats }) => !stats).map(({ name }) => name);
  for (const name of names.sort(compareKeys)) {
    const { done } = await listLocal(root, `${prefix}${name}/`).next();
    if (!done) yield name;
  }
}

/** An object's etag: a replacement is always another file (inode) or a later one (see `local.ts`). */
export function etagOf(stats: BigIntStats): string {
  return [stats.ino, stats.size, stats.mtimeNs].map((part) => part.toString(36)).join('-');
}

/** Something in a folder; a folder itself comes without stats, which take a system call each. */
interface Child {
  readonly name: string;
  readonly stats?: BigIntStats;
}

function isVisible(name: string): boolean {
  return isSegment(name) && !isHidden(name);
}

async function childrenOf(
  root: string,
  prefix: string,
  isShown: (name: string) => boolean,
): Promise<Child[]> {
  const folder = join(root, prefix);
  const entries = (await entriesOf(root, folder)).filter(({ name }) => isShown(name));
  const children = await Promise.all(entries.map((entry) => childOf(folder, entry)));
  return children.filter((child) => child !== undefined);
}

async function entriesOf(root: string, folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || (code === 'ENOTDIR' && (await isFolder(root)))) return [];
    throw localError('list', folder, error);
  }
}

/** Undefined for what has gone meanwhile, for a link to nowhere, and for a link to a folder that it lies in. */
async function childOf(folder: string, entry: Dirent): Promise<Child | undefined> {
  const { name } = entry;
  if (entry.isDirectory()) return { name };
  const path = join(folder, name);
  try {
    const stats = await stat(path, { bigint: true });
    if (!stats.isDirectory()) return { name, stats };
    return (await leadsUp(folder, path)) ? undefined : { name };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ELOOP') return undefined;
    throw localError('list', path, error);
  }
}

async function leadsUp(folder: string, link: string): Promise<boolean> {
  const [here, there] = await Promise.all([realpath(folder), realpath(link)]);
  return `${here}/`.startsWith(`${there}/`);
}

/** Whether a path is a folder; a path that is not there yet may become one. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    return codeOf(error) === 'ENOENT';
  }
}

function orderOf({ name, stats }: Child): string {
  return stats ? name : `${name}/`;
}

/** A file as an object of the store. */
export function entryOf(key: string, stats: BigIntStats): Entry {
  return {
    key,
    bytes: Number(stats.size),
    etag: etagOf(stats),
    modified: new Date(Number(stats.mtimeMs)),
  };
}
