import { pathToFileURL } from 'node:url';
import { UserError } from '../../errors.ts';
import { findFiles } from '../ingest/files.ts';
import type { ReadEffects } from './read.ts';

export interface LocalFile {
  /** Where it is now. */
  readonly path: string;
  /** Where it is from, as a URI. */
  readonly name: string;
}

/** The files that a path, a glob or a URI names; an object on S3 is fetched. */
export async function filesOf(
  uri: string,
  { cwd, openStore, staging }: Pick<ReadEffects, 'cwd' | 'openStore' | 'staging'>,
): Promise<readonly LocalFile[]> {
  if (!/^s3:/i.test(uri)) {
    const paths = await findFiles([uri], cwd);
    return paths.map((path) => ({ path, name: pathToFileURL(path).href }));
  }
  const at = uri.lastIndexOf('/');
  const key = uri.slice(at + 1);
  if (key === '') {
    throw new UserError(`'${uri}' names no object; expected s3://bucket/key of one file`);
  }
  const store = await openStore(uri.slice(0, at));
  return [{ path: await store.download(key, await staging()), name: uri }];
}
