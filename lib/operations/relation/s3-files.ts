import { findObjects } from '../sources/objects.ts';
import type { DataEffects } from './effects.ts';
import type { DataFile } from './place.ts';

/** Fetches the objects that an `s3://bucket/key` names. */
export async function s3Files(uri: string, effects: DataEffects): Promise<DataFile[]> {
  const files: DataFile[] = [];
  for (const object of await findObjects(uri, effects.openStore)) {
    const path = await object.store.download(object.key, await effects.staging(), object);
    files.push({ path, uri: object.uri });
  }
  return files;
}
