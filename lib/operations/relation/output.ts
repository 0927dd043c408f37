import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reasonOf, UsageError, UserError } from '../../errors.ts';
import { isS3 } from '../../store/place.ts';
import type { DataEffects } from './effects.ts';

/** Where a result goes: it is written to a local file first, which takes its place when it is whole. */
export interface Target {
  /** To write to. */
  readonly path: string;
  /** Puts the file in its place, in one step. */
  commit(): Promise<void>;
  /** Removes what was not committed. */
  close(): Promise<void>;
}

/** Opens `s3://bucket/key` or a path to be written; folders on the way are made. */
export async function openTarget(uri: string, effects: DataEffects): Promise<Target> {
  if (uri.trim() === '' || uri.endsWith('/')) {
    throw new UsageError(`'${uri}' is a folder; name a file, such as ${uri}data.parquet`);
  }
  return isS3(uri) ? openObject(uri, effects) : openFile(uri, effects);
}

async function openFile(uri: string, { cwd }: DataEffects): Promise<Target> {
  const target = uri.startsWith('file:') ? fileURLToPath(uri) : resolve(cwd, uri);
  const folder = dirname(target);
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new UserError(
      `'${uri}': the folder cannot be made: ${reasonOf(cause)}; name another place`,
      { cause },
    );
  }
  const path = join(folder, `.${basename(target)}.${randomUUID().slice(0, 8)}.part`);
  return {
    path,
    async commit() {
      try {
        const file = await open(path);
        await file.sync();
        await file.close();
        await rename(path, target);
      } catch (cause) {
        throw new UserError(`'${uri}' cannot be written: ${reasonOf(cause)}; name another place`, {
          cause,
        });
      }
    },
    close: () => rm(path, { force: true }),
  };
}

async function openObject(uri: string, { openStore }: DataEffects): Promise<Target> {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/?(.*)$/is.exec(uri) ?? [];
  const store = await openStore(`s3://${bucket}`);
  const staging = await store.openStaging('data');
  const path = staging.path(basename(key) || 'data');
  return {
    path,
    commit: async () => void (await store.upload(path, key)),
    close: () => staging.close(),
  };
}
