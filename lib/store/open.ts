import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../errors.ts';
import { openLocalStore } from './local.ts';
import type { LocalEffects } from './owner.ts';
import type { Store } from './store.ts';

export interface OpenOptions {
  /** Where a relative path starts. */
  readonly cwd: string;
  readonly effects: LocalEffects;
}

/**
 * Opens a store by a path or a `file:///…` URI. Nothing is read or written yet.
 * @example await openStore('data', { cwd, effects })
 */
export async function openStore(uri: string, { cwd, effects }: OpenOptions): Promise<Store> {
  return openLocalStore(resolve(cwd, folderOf(uri)), effects);
}

function folderOf(uri: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === 'file') return pathOf(uri);
  if (scheme !== undefined) throw unusable(uri, `The scheme "${scheme}:" is not supported`);
  if (uri.trim() === '') throw unusable(uri, 'It is empty');
  // A shell expands `~` only at the start of a word, not in `--store=~/data`.
  if (uri.startsWith('~')) throw unusable(uri, 'The shell did not expand "~"; write $HOME');
  if (uri.includes('\0')) throw unusable(uri, 'It has a NUL character');
  return uri;
}

function pathOf(uri: string): string {
  try {
    return fileURLToPath(uri);
  } catch (error) {
    throw unusable(uri, 'It is no absolute file URI', error);
  }
}

function unusable(uri: string, why: string, cause?: unknown): UsageError {
  return new UsageError(
    `[store] Cannot use ${JSON.stringify(uri)} as a store. ${why}. Expected a folder ("data", "/srv/data") or a file URI ("file:///srv/data").`,
    cause === undefined ? {} : { cause },
  );
}
