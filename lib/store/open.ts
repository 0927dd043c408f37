import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, quoted, UsageError } from '../errors.ts';
import { checkKey } from './key.ts';
import { openLocalStore } from './local.ts';
import type { LocalEffects } from './owner.ts';
import { isS3 } from './place.ts';
import type { S3Place } from './s3/s3.ts';
import type { S3Options } from './s3/options.ts';
import type { Store } from './store.ts';

export interface OpenOptions {
  /** Where a relative path starts. */
  readonly cwd: string;
  readonly effects: LocalEffects;
  /** How S3 is reached. The spool is a folder in the system's temporary one unless given. */
  readonly s3?: Partial<S3Options>;
}

/**
 * Opens a store by a path, a `file:///…` URI or `s3://bucket/prefix`. Nothing is read or written yet.
 * @example await openStore('data', { cwd, effects })
 */
export async function openStore(uri: string, { cwd, effects, s3 }: OpenOptions): Promise<Store> {
  if (isS3(uri)) {
    const place = placeIn(uri);
    const { openS3Store } = await import('./s3/s3.ts');
    return openS3Store(place, { spool: join(tmpdir(), 'pipe-spool'), ...s3, effects });
  }
  return openLocalStore(resolve(cwd, folderOf(uri)), effects);
}

function folderOf(uri: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === 'file') return pathOf(uri);
  if (scheme !== undefined) throw unusable(uri, `The scheme '${scheme}:' is not supported`);
  if (uri.trim() === '') throw unusable(uri, 'It is empty');
  // A shell expands `~` only at the start of a word, not in `--store=~/data`.
  if (uri.startsWith('~')) throw unusable(uri, "The shell did not expand '~'; write $HOME");
  if (uri.includes('\0')) throw unusable(uri, 'It has a NUL character');
  return uri;
}

/** Bucket names as AWS allows them, and the upper case and underscores that other servers know. */
function placeIn(uri: string): S3Place {
  const [, bucket, rest = ''] = /^s3:\/\/([a-z0-9][\w.-]{1,62})(?:\/(.*))?$/is.exec(uri) ?? [];
  if (bucket === undefined) throw unusable(uri, 'It names no bucket of 2 to 63 characters');
  const prefix = rest.replace(/\/$/, '');
  try {
    if (prefix !== '') checkKey(prefix);
  } catch (error) {
    throw unusable(uri, messageOf(error), error);
  }
  return { bucket, prefix };
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
    `Cannot use ${quoted(uri)} as a store. ${why}. Expected a folder ('data', '/srv/data'), a file URI ('file:///srv/data') or a bucket ('s3://bucket/prefix').`,
    cause === undefined ? {} : { cause },
  );
}
