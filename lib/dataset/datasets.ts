import { parseDay } from '../dates/day.ts';
import type { Day } from '../dates/day.ts';
import type { Store } from '../store/store.ts';
import { listPartitions } from './catalog.ts';

/** The days of a dataset that are published, by the values of the keys that stand before the day. */
export interface PublishedDays {
  /** Names of those keys, such as `['site']`. */
  readonly keys: readonly string[];
  /** By values joined with `/`, in the order of the listing. */
  readonly groups: ReadonlyMap<string, ReadonlySet<Day>>;
}

/**
 * Which days of a dataset are published, found by one listing. Partitions without a day, and days
 * that a cut-off publish left without a manifest, do not count. Throws UsageError for a name that
 * cannot be a dataset's.
 */
export async function publishedDays(
  store: Pick<Store, 'list'>,
  dataset: string,
): Promise<PublishedDays> {
  const groups = new Map<string, Set<Day>>();
  let names: readonly string[] = [];
  for await (const { partition, manifest } of listPartitions(store, dataset)) {
    const keys = Object.entries(partition.keys);
    const at = keys.findIndex(([key]) => key === 'date');
    const date = keys[at]?.[1];
    if (!manifest || date === undefined) continue;
    names = keys.slice(0, at).map(([key]) => key);
    const group = keys
      .slice(0, at)
      .map(([, value]) => value)
      .join('/');
    const days = groups.get(group) ?? new Set();
    groups.set(group, days.add(parseDay(date, 'date')));
  }
  return { keys: names, groups };
}

/** The names of all datasets in byte order, found by looking at folders alone. */
export async function* datasetsIn(
  store: Pick<Store, 'folders'>,
  prefix = '',
): AsyncGenerator<string, void, undefined> {
  let [isDataset, isEmpty] = [false, true];
  for await (const folder of store.folders(prefix)) {
    isEmpty = false;
    if (!folder.includes('=')) yield* datasetsIn(store, `${prefix}${folder}/`);
    else if (!isDataset && prefix !== '') {
      isDataset = true;
      yield prefix.slice(0, -1);
    }
  }
  // One partition without keys.
  if (isEmpty && prefix !== '') yield prefix.slice(0, -1);
}
