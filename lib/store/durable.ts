import { mkdirSync, statSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './fault.ts';

/** Waits until a file is on the disk. */
export async function flushFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Flushes the entries of a folder to disk: without it a rename may be undone by a power cut. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems (network, FUSE) cannot flush folders and say so; there is nothing more to do.
    const code = codeOf(error);
    if (code !== 'EINVAL' && code !== 'ENOTSUP') throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Creates a folder and those above it, durably. Node's own way never ends where a file system makes no
 * folders and says ENOENT, as /proc does.
 */
export async function createFolders(folder: string): Promise<void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    if (await isMade(folder)) return;
    await createFolders(dirname(folder));
  }
  await mkdir(folder);
}

/** Somebody may remove an empty folder before something is put there. */
const MAX_ATTEMPTS = 10;

/** Makes a folder unless it is there; false where there is none above it. */
async function isMade(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
  } catch (error) {
    return isMadeAlready(folder, error);
  }
  await flushFolder(dirname(folder));
  return true;
}

/** As {@link createFolders}, but not durably: for what is of no use after a crash. */
export function createFoldersSync(folder: string): void {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    if (isMadeSync(folder)) return;
    createFoldersSync(dirname(folder));
  }
  mkdirSync(folder);
}

function isMadeSync(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    return isMadeAlready(folder, error);
  }
}

/** What it means that a folder could not be made: it is there (true), or there is none above it (false). */
function isMadeAlready(folder: string, error: unknown): boolean {
  const code = codeOf(error);
  if (code === 'EEXIST' && statSync(folder).isDirectory()) return true;
  if (code === 'ENOENT' && dirname(folder) !== folder) return false;
  throw error;
}
