import { NoDataError, UsageError } from '../../errors.ts';
import type { Entry, Store } from '../../store/store.ts';
import { globPattern, isGlob } from './files.ts';

/** An object of S3 that an argument names. */
export interface FoundObject extends Entry {
  readonly store: Store;
  /** `s3://bucket/key`. */
  readonly uri: string;
}

/** Opens a store by its URI. */
export type OpenStore = (uri: string) => Promise<Store>;

/**
 * The objects that an `s3://bucket/key` names, in byte order: one object, all of a folder with or
 * without its last slash, or those that a glob matches (`*`, `?`, `[a-z]`, `{a,b}`, `**`). Names that
 * start with `.` or `_` are left out unless given themselves. Throws NoDataError where there is
 * none; `option`, such as `--from: `, comes before the message.
 */
export async function findObjects(
  uri: string,
  openStore: OpenStore,
  option = '',
): Promise<FoundObject[]> {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/?(.*)$/is.exec(uri) ?? [];
  if (bucket === '') {
    throw new UsageError(`${option}'${uri}' names no bucket; expected s3://<bucket>/<key>`);
  }
  const store = await openStore(`s3://${bucket}`);
  const entries = await entriesOf(store, key);
  if (entries.length === 0) {
    throw new NoDataError(
      `${option}'${uri}' names no object, no folder with objects, and no glob that matches; check the name`,
    );
  }
  return entries.map((entry) => ({ ...entry, store, uri: `s3://${bucket}/${entry.key}` }));
}

async function entriesOf(store: Store, key: string): Promise<Entry[]> {
  if (key === '' || key.endsWith('/')) return await shownBelow(store, key);
  const object = await store.stat(key);
  if (object) return [object];
  if (!isGlob(key)) return await shownBelow(store, `${key}/`);
  const matches = globPattern(key);
  const below = await shownBelow(store, fixedPrefix(key));
  return below.filter((entry) => matches.test(entry.key));
}

async function shownBelow(store: Store, prefix: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of store.list(prefix)) {
    const names = entry.key.slice(prefix.length).split('/');
    if (!names.some((name) => name.startsWith('_'))) entries.push(entry);
  }
  return entries;
}

/** The folder before the first wildcard. */
function fixedPrefix(glob: string): string {
  const names = glob.split('/');
  const fixed = names.slice(0, names.findIndex(isGlob));
  return fixed.length === 0 ? '' : `${fixed.join('/')}/`;
}
