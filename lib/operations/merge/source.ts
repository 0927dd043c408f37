import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Input } from '../../dataset/manifest.ts';
import { NoDataError, UserError } from '../../errors.ts';
import type { Staging, Store } from '../../store/store.ts';
import { findFiles } from '../ingest/files.ts';
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
 * Finds a file, the files of a folder or a glob, an `s3://bucket/object`, or the objects of an
 * `s3://bucket/folder/`. Throws NoDataError where there is none.
 */
export async function findSource(from: string, effects: SourceEffects): Promise<SnapshotSource> {
  const files = /^s3:/i.test(from)
    ? await objectsOf(from, effects)
    : await filesOf(from, effects.cwd);
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
  const at = from.lastIndexOf('/');
  const folder = from.slice(0, at);
  if (folder.length < 's3://b'.length) {
    throw new UserError(`--from: '${from}' names no object; expected s3://bucket/object`);
  }
  const store = await openStore(folder);
  const wanted = from.slice(at + 1);
  const files: SourceFile[] = [];
  for await (const { key, etag, bytes } of store.list('')) {
    if (wanted !== '' && key !== wanted) continue;
    files.push({
      input: { name: `${folder}/${key}`, version: etag, bytes },
      fetch: async (staging) => store.download(key, await staging()),
    });
  }
  if (files.length > 0) return files;
  throw new NoDataError(
    `--from: '${from}' does not exist. Expected a file, a folder or an object.`,
  );
}
