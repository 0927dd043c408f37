import pLimit from 'p-limit';
import { dataPaths, listPartitions } from '../../dataset/catalog.ts';
import type { PartitionListing } from '../../dataset/catalog.ts';
import { datasetsIn } from '../../dataset/datasets.ts';
import { prefixOf } from '../../dataset/layout.ts';
import type { Partition } from '../../dataset/layout.ts';
import { readListed } from '../../dataset/published.ts';
import type { DataEffects } from './effects.ts';
import type { DataFile } from './place.ts';

/** Enough to hide the way to S3, few enough for its limits. */
const AT_ONCE = 16;

/**
 * The published files of a dataset, or of its partitions with these first keys, in the order of
 * their prefixes. Empty where nothing is published under that name.
 */
export async function publishedFiles(
  { dataset, keys }: Partition,
  { store, staging }: Pick<DataEffects, 'store' | 'staging'>,
): Promise<DataFile[]> {
  const listings: PartitionListing[] = [];
  for await (const listing of listPartitions(store, dataset, keys)) listings.push(listing);
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
