import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A store as a person in the folder `cwd` types it: a path where it is a folder, else its URI. */
export function placeOf(uri: string, cwd: string): string {
  if (!uri.startsWith('file:')) return uri;
  const folder = fileURLToPath(uri);
  const near = relative(cwd, folder);
  return near.startsWith('..') ? folder : near || '.';
}
