import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A store as a person in the folder `cwd` types it: a path where it is a folder, else its URI. */
export function placeOf(uri: string, cwd: string): string {
  if (!uri.startsWith('file:')) return uri;
  const folder = fileURLToPath(uri);
  const near = relative(cwd, folder);
  return near.startsWith('..') ? folder : near || '.';
}

/** Whether a text names a bucket, or something in one, rather than a place on this machine. */
export function isS3(text: string): boolean {
  return /^s3:/i.test(text);
}
