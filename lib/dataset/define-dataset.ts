import { UsageError } from '../errors.ts';
import { checkDataset, prefixOf } from './layout.ts';
import type { Partition } from './layout.ts';

/** A dataset by its name and keys, which makes partitions of values. */
export interface Dataset<Key extends string> {
  (values: Readonly<Record<Key, string>>): Partition;
  readonly dataset: string;
  readonly keys: readonly Key[];
}

/**
 * Declares a dataset: its name and, in the order of its folders, its keys. Values are checked when
 * a partition is made, names of keys by the compiler.
 *
 * Throws UsageError for what cannot be a name or a value.
 * @example
 * const revenue = defineDataset('shop/revenue', ['site', 'date']);
 * revenue({ site: 'a', date: '2026-11-19' }) // shop/revenue/site=a/date=2026-11-19/
 */
export function defineDataset<const Key extends string>(
  dataset: string,
  keys: readonly Key[],
): Dataset<Key> {
  checkDataset(dataset);
  const partition = (values: Readonly<Record<Key, string>>): Partition => {
    const pairs = keys.map((key) => [key, valueOf(dataset, key, values[key])] as const);
    const made = { dataset, keys: Object.fromEntries(pairs) };
    prefixOf(made);
    return made;
  };
  return Object.assign(partition, { dataset, keys });
}

/** JavaScript may leave out what TypeScript asks for. */
function valueOf(dataset: string, key: string, value: string | undefined): string {
  if (typeof value === 'string') return value;
  throw new UsageError(
    `a partition of '${dataset}' has no value for '${key}'; name every key, such as { ${key}: '…' }`,
  );
}
