import pLimit from 'p-limit';
import { dataPaths, listPartitions } from '../../dataset/catalog.ts';
import type { PartitionListing } from '../../dataset/catalog.ts';
import { datasetsIn } from '../../dataset/datasets.ts';
import { prefixOf } from '../../dataset/layout.ts';
import type { Partition } from '../../dataset/layout.ts';
import { readListed } from '../../dataset/published.ts';
import { stateFiles } from '../merge/state-files.ts';
import type { DataEffects } from './effects.ts';
import type { DataFile } from './place.ts';

/** Enough to hide the way to S3, few enough for its limits. */
const AT_ONCE = 16;

/**
 * The published files of a dataset, or of its partitions with these first keys, in the order of
 * their prefixes; of a snapshot dataset the state as of the day, or the last one. Empty where nothing
 * is published under that name.
 */
export async function publishedFiles(
  { dataset, keys }: Partition,
  effects: Pick<DataEffects, 'store' | 'staging' | 'engine'>,
): Promise<DataFile[]> {
  const { store, staging } = effects;
  const listings: PartitionListing[] = [];
  for await (const listing of listPartitions(store, dataset, keys)) listings.push(listing);
  const last = listings.at(-1);
  if (last && (await readListed(store, last))?.manifest.snapshot) {
    const { day, paths } = await stateFiles(effects, dataset, keys['date']);
    const uri = prefixOf({ dataset, keys: { date: day } });
    return paths.map((path) => ({ path, uri, keys: { date: day } }));
  }
  const files = await pLimit(AT_ONCE).map(listings, async (listing) => {
    const published = await readListed(store, listing);
    if (!published) return [];
    const { manifest } = published;
    const prefix = prefixOf({ dataset: manifest.dataset, keys: manifest.partition });
    const paths = await dataPaths(store, manifest, await staging());
    return paths.map((path, index) => ({
      path,
      uri: `${prefix}${manifest.files[index]?.name ?? ''}`,
      keys: manifest.partition,
    }));
  });
  return files.flat();
}

/** The datasets of a store, for a message about a name that is none of them. */
export async function datasetNames(store: DataEffects['store']): Promise<string> {
  const names: string[] = [];
  for await (const name of datasetsIn(store)) names.push(name);
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return names.length > MAX_NAMES
    ? `${shown} and ${names.length - MAX_NAMES} more`
    : shown || 'none';
}

const MAX_NAMES = 20;
