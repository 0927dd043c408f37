import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../../errors.ts';
import { isS3 } from '../../store/place.ts';
import type { Store } from '../../store/store.ts';

/** What writing to a place of the user touches; `run` makes names of its own. */
export interface WriteToEffects {
  readonly cwd: string;
  readonly run: string;
  readonly openStore: (uri: string) => Promise<Store>;
}

/**
 * Puts a file that `write` makes to a path or `s3://bucket/object`, whole or not at all; what is
 * there is replaced.
 */
export async function writeTo<Result>(
  { cwd, run, openStore }: WriteToEffects,
  to: string,
  write: (path: string) => Promise<Result>,
): Promise<Result> {
  if (!isS3(to)) return await toPath(resolve(cwd, localPath(to)), run, write);
  const at = to.lastIndexOf('/');
  const store = await openStore(to.slice(0, at));
  const staging = await store.openStaging(run);
  try {
    const path = staging.path('read');
    const result = await write(path);
    await store.upload(path, to.slice(at + 1));
    return result;
  } finally {
    await staging.close();
  }
}

async function toPath<Result>(
  target: string,
  run: string,
  write: (path: string) => Promise<Result>,
): Promise<Result> {
  await mkdir(dirname(target), { recursive: true });
  // In the same folder, so that it is on the same disk.
  const path = `${target}.${run}.tmp`;
  try {
    const result = await write(path);
    await flush(path);
    await rename(path, target);
    return result;
  } finally {
    await rm(path, { force: true });
  }
}

/** Waits until a file is on the disk. */
export async function flush(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function localPath(to: string): string {
  if (to.startsWith('file:')) return fileURLToPath(to);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(to)) {
    throw new UsageError(`--to: '${to}' is neither a path nor s3://bucket/object`);
  }
  return to;
}
