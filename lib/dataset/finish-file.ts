import { hashFile } from '../store/hash-file.ts';
import type { Staging } from '../store/store.ts';
import type { DraftFile } from './publish.ts';

/** Does what publishing would have to do with a staged file, while something else goes on: hashes it, and brings it to the disk. */
export async function finishFile(
  staging: Pick<Staging, 'flush'>,
  file: DraftFile,
): Promise<DraftFile> {
  const { path } = file;
  const [content] = await Promise.all([file.content ?? hashFile(path), staging.flush(path)]);
  return { ...file, content };
}
