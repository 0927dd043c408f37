import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Input } from '../../dataset/manifest.ts';
import { isS3 } from '../../store/place.ts';
import type { Staging, Store } from '../../store/store.ts';
import { findFiles } from '../sources/files.ts';
import { findObjects } from '../sources/objects.ts';
import { sourceOf } from '../ingest/source.ts';

/** The files that `--from` names, with a version each that changes with their content. */
export interface SnapshotSource {
  readonly files: readonly SourceFile[];
  /** The same for the same files. */
  readonly version: string;
}

/** One file of a source. */
export interface SourceFile {
  readonly input: Input;
  /** Where the file is on this machine; one of S3 is fetched. */
  fetch(staging: () => Promise<Staging>): Promise<string>;
}

/** Where sources are looked for. */
export interface SourceEffects {
  readonly cwd: string;
  readonly openStore: (uri: string) => Promise<Store>;
}

/**
 * Finds a file, the files of a folder or a glob, or the same of S3 by an `s3://bucket/key`. Throws
 * NoDataError where there is none.
 */
export async function findSource(from: string, effects: SourceEffects): Promise<SnapshotSource> {
  const files = isS3(from) ? await objectsOf(from, effects) : await filesOf(from, effects.cwd);
  const versions = files.map(({ input }) => input.version).join('\n');
  return { files, version: createHash('sha256').update(versions).digest('hex') };
}

async function filesOf(from: string, cwd: string): Promise<SourceFile[]> {
  const place = from.startsWith('file:') ? fileURLToPath(from) : from;
  const files: SourceFile[] = [];
  for (const path of await findFiles([place], cwd)) {
    const { uri, sha256, bytes } = await sourceOf(path);
    files.push({ input: { name: uri, version: sha256, bytes }, fetch: async () => path });
  }
  return files;
}

async function objectsOf(from: string, { openStore }: SourceEffects): Promise<SourceFile[]> {
  const objects = await findObjects(from, openStore, '--from: ');
  return objects.map((object) => ({
    input: { name: object.uri, version: object.etag, bytes: object.bytes },
    fetch: async (staging) => object.store.download(object.key, await staging(), object),
  }));
}
