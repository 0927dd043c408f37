import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quoted, reasonOf, UsageError, UserError } from '../../errors.ts';
import { createFolders, flushFile } from '../../store/durable.ts';
import { isS3 } from '../../store/place.ts';
import type { Store } from '../../store/store.ts';

/** What writing to a place of the user touches. */
export interface OutputEffects {
  /** Where relative paths start. */
  readonly cwd: string;
  readonly openStore: (uri: string) => Promise<Store>;
}

/**
 * Puts a file that `write` makes to a path or `s3://bucket/key`, whole or not at all; what is there
 * is replaced, and folders on the way are made. `write` gets a local path. Gives what it gives.
 */
export async function writeTo<Result>(
  uri: string,
  effects: OutputEffects,
  write: (path: string) => Promise<Result>,
): Promise<Result> {
  if (uri.trim() === '' || uri.endsWith('/')) {
    throw new UsageError(`${quoted(uri)} is a folder; name a file, such as '${uri}data.parquet'`);
  }
  return isS3(uri)
    ? await toObject(uri, effects, write)
    : await toFile(uri, resolve(effects.cwd, localPath(uri)), write);
}

async function toFile<Result>(
  uri: string,
  target: string,
  write: (path: string) => Promise<Result>,
): Promise<Result> {
  const folder = dirname(target);
  const failed = (what: string) => (cause: unknown) => {
    throw new UserError(`${quoted(uri)}${what}: ${reasonOf(cause)}; name another place`, { cause });
  };
  await createFolders(folder).catch(failed(': the folder cannot be made'));
  // In the same folder, so that it is on the same disk.
  const path = join(folder, `.${basename(target)}.${randomUUID().slice(0, 8)}.part`);
  try {
    const result = await write(path);
    await flushFile(path)
      .then(() => rename(path, target))
      .catch(failed(' cannot be written'));
    return result;
  } finally {
    await rm(path, { force: true });
  }
}

async function toObject<Result>(
  uri: string,
  { openStore }: OutputEffects,
  write: (path: string) => Promise<Result>,
): Promise<Result> {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/?(.*)$/is.exec(uri) ?? [];
  if (bucket === '' || key === '') {
    throw new UsageError(`${quoted(uri)} names no object; expected s3://<bucket>/<key>`);
  }
  const store = await openStore(`s3://${bucket}`);
  const staging = await store.openStaging('output');
  try {
    const path = staging.path(basename(key));
    const result = await write(path);
    await store.upload(path, key);
    return result;
  } finally {
    await staging.close();
  }
}

function localPath(uri: string): string {
  if (uri.startsWith('file:')) return fileURLToPath(uri);
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(uri)) return uri;
  throw new UsageError(`${quoted(uri)} is neither a path nor s3://<bucket>/<key>`);
}
