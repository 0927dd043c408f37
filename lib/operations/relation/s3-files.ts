import { NoDataError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import { globPattern, isGlob } from '../ingest/files.ts';
import type { DataEffects } from './effects.ts';
import type { DataFile } from './place.ts';

/**
 * Fetches what an `s3://bucket/key` names: an object, all objects of a folder, or those that a glob
 * matches, in byte order. Names that start with `.` or `_` are left out unless given themselves.
 */
export async function s3Files(uri: string, effects: DataEffects): Promise<DataFile[]> {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/?(.*)$/is.exec(uri) ?? [];
  const store = await effects.openStore(`s3://${bucket}`);
  const keys = await keysOf(store, key);
  if (keys.length === 0) {
    throw new NoDataError(
      `'${uri}' names no object, no folder with objects, and no glob that matches`,
    );
  }
  const files: DataFile[] = [];
  for (const each of keys) {
    const path = await store.download(each, await effects.staging());
    files.push({ path, uri: `s3://${bucket}/${each}` });
  }
  return files;
}

async function keysOf(store: Store, key: string): Promise<string[]> {
  if (isGlob(key)) {
    const matches = globPattern(key);
    return (await shownBelow(store, fixedPrefix(key))).filter((each) => matches.test(each));
  }
  const folder = key === '' || key.endsWith('/') ? key : `${key}/`;
  const below = await shownBelow(store, folder);
  if (below.length > 0 || folder === key) return below;
  // Whether it is there tells the download, which names it.
  return [key];
}

async function shownBelow(store: Store, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) {
    const names = key.slice(prefix.length).split('/');
    if (!names.some((name) => name.startsWith('.') || name.startsWith('_'))) keys.push(key);
  }
  return keys;
}

/** The folder before the first wildcard. */
function fixedPrefix(glob: string): string {
  const names = glob.split('/');
  const fixed = names.slice(0, names.findIndex(isGlob));
  return fixed.length === 0 ? '' : `${fixed.join('/')}/`;
}
