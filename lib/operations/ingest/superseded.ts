import type { Input } from '../../dataset/manifest.ts';
import type { Store } from '../../store/store.ts';
import { inputOf } from './accounts.ts';
import { readDay } from './days.ts';
import type { NewDay } from './days.ts';
import type { Loaded } from './incoming.ts';
import { hashStart } from './source.ts';

/**
 * Hashes of sources that are the beginning of a longer one now being ingested: a log that has grown
 * since. They are looked for in the days that get new rows, because the old rows have the same days
 * as before, and among the new sources. Compressed files and Parquet do not grow.
 */
export async function supersededBy(
  store: Store,
  site: string,
  loaded: readonly Loaded[],
  days: readonly NewDay[],
): Promise<ReadonlySet<string>> {
  const texts = loaded.filter(
    ({ kind }) => kind.compression === 'uncompressed' && kind.format !== 'parquet',
  );
  const superseded = new Set<string>();
  if (texts.length === 0) return superseded;
  for (const { version, bytes = 0 } of await candidates(store, site, texts, days)) {
    for (const { source } of texts) {
      const isLonger = bytes > 0 && bytes < source.bytes;
      if (isLonger && (await hashStart(source.path, bytes)) === version) superseded.add(version);
    }
  }
  return superseded;
}

async function candidates(
  store: Store,
  site: string,
  texts: readonly Loaded[],
  days: readonly NewDay[],
): Promise<Iterable<Input>> {
  const inputs = new Map(texts.map(({ source }) => [source.sha256, inputOf(source)]));
  for (const { day } of days) {
    const published = await readDay(store, site, day);
    for (const input of published?.manifest.inputs ?? []) inputs.set(input.version, input);
  }
  return inputs.values();
}
