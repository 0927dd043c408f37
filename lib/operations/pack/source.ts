import { fileURLToPath } from 'node:url';
import { NoDataError, UsageError } from '../../errors.ts';
import type { ForeignObjects, Store } from '../../store/store.ts';
import type { IdFile } from './listing.ts';

type Open = (uri: string) => Promise<Store>;

/** Opens the place to pack from. Throws UsageError if it holds the store itself, which would pack its own work. */
export async function openSource(
  open: Open,
  from: string,
  store: { readonly uri: string },
): Promise<ForeignObjects> {
  const source = (await open(from)).foreign();
  if (!`${store.uri}/`.startsWith(`${source.uri}/`)) return source;
  throw new UsageError(
    `--from: '${from}' holds the store ${store.uri}, where the packed dataset goes; name a folder beside it or below it`,
  );
}

/** The file that a path or a URI names, as an object of the store that its folder is. */
export async function openIdFile(open: Open, uri: string): Promise<IdFile> {
  const path = uri.startsWith('file:') ? fileURLToPath(uri) : uri;
  const at = path.lastIndexOf('/');
  const folder = at < 0 ? '.' : path.slice(0, Math.max(at, 1));
  const key = path.slice(at + 1);
  if (key === '')
    throw new UsageError(`--ids: '${uri}' is a folder; name a file with one id in each line`);
  const store = await open(folder);
  if ((await store.stat(key)) === undefined) {
    throw new NoDataError(`--ids: '${uri}' does not exist; name a file with one id in each line`);
  }
  return { store, key, uri };
}
