import type { Input } from '../../dataset/manifest.ts';
import type { Store } from '../../store/store.ts';
import { idOf, inputOf } from './accounts.ts';
import { beginningsOf } from './beginnings.ts';
import { readDay } from './days.ts';
import type { NewDay } from './days.ts';
import type { Loaded } from './incoming.ts';

/** What is there already in what is being ingested. */
export interface Superseded {
  /** Hashes of sources that are the beginning of a longer one: a log that has grown since. */
  readonly versions: ReadonlySet<string>;
  /** Published sources whose rows are another one's from now on: of a longer one, or of the same under another name. */
  readonly before: readonly Input[];
}

/**
 * Looks for published sources in the days that get new rows, because old rows have the same days as
 * before, and among the new sources. Compressed files and Parquet do not grow.
 */
export async function supersededBy(
  store: Store,
  site: string,
  loaded: readonly Loaded[],
  days: readonly NewDay[],
): Promise<Superseded> {
  const published = await inputsIn(store, site, days);
  const now = new Map(loaded.map(({ source }) => [source.sha256, inputOf(source)]));
  const versions = await beginnings([...published, ...now.values()], loaded);
  const before = published.filter((input) => {
    const same = now.get(input.version);
    return same ? idOf(same) !== idOf(input) : versions.has(input.version);
  });
  return { versions, before };
}

/** The inputs of days as they are published, each once. */
async function inputsIn(store: Store, site: string, days: readonly NewDay[]): Promise<Input[]> {
  const inputs = new Map<string, Input>();
  for (const { day } of days) {
    const published = await readDay(store, site, day);
    for (const input of published?.manifest.inputs ?? []) inputs.set(idOf(input), input);
  }
  return [...inputs.values()];
}

async function beginnings(
  inputs: readonly Input[],
  loaded: readonly Loaded[],
): Promise<ReadonlySet<string>> {
  const candidates = inputs.map(({ version: sha256, bytes = 0 }) => ({ sha256, bytes }));
  const texts = loaded.filter(
    ({ kind }) => kind.compression === 'uncompressed' && kind.format !== 'parquet',
  );
  const versions = new Set<string>();
  for (const { source } of texts) {
    for (const { sha256 } of await beginningsOf(source, candidates)) versions.add(sha256);
  }
  return versions;
}
