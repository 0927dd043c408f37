import { quoted, UsageError } from '../errors.ts';

/**
 * The smallest unit that is published: one dataset, one value per key. The order of the keys is
 * the order of the folders: `stats/pageloads/site=a/date=2026-11-19/`.
 */
export interface Partition {
  /** One or more names separated by `/`, such as `events` or `stats/pageloads`. */
  readonly dataset: string;
  readonly keys: Readonly<Record<string, string>>;
}

/** The data file of a partition that has one file. */
export const DATA_FILE = 'data.parquet';

export const MANIFEST_FILE = '_manifest.json';

/** Longest value in UTF-8 bytes: with the key's name it still fits into the 255 bytes of a file name. */
export const MAX_VALUE_BYTES = 200;

/**
 * The folder of a partition below the store, ending in `/`. Throws {@link UsageError} for a name or
 * value with other characters than letters, digits and `._-+@~`.
 * @example prefixOf({ dataset: 'events', keys: { site: 'a' } }) // 'events/site=a/'
 */
export function prefixOf(partition: Partition): string {
  checkDataset(partition.dataset);
  const folders = Object.entries(partition.keys).map(([key, value]) => {
    checkKeyName(key);
    checkValue(key, value);
    return `${key}=${value}/`;
  });
  return `${partition.dataset}/${folders.join('')}`;
}

/** The partition whose folder this is, or undefined if it is no partition's. */
export function parsePrefix(prefix: string): Partition | undefined {
  if (!prefix.endsWith('/')) return undefined;
  const segments = prefix.slice(0, -1).split('/');
  const names = segments.filter((segment) => !segment.includes('='));
  const pairs = segments.slice(names.length).map(splitPair);
  const keys = Object.fromEntries(pairs);
  const partition = { dataset: names.join('/'), keys };
  return isPartition(partition) && prefixOf(partition) === prefix ? partition : undefined;
}

/** Throws {@link UsageError} unless the text can name a dataset. */
export function checkDataset(dataset: string): void {
  if (dataset.split('/').every(isValue)) return;
  throw new UsageError(
    `${quoted(dataset)} cannot be a dataset. Expected names of ${allowed}, separated by '/', such as 'stats/pageloads'.`,
  );
}

/** Throws {@link UsageError} unless the text can be the value of a partition's key. */
export function checkValue(key: string, value: string): void {
  if (isValue(value)) return;
  throw new UsageError(
    `${quoted(value)} cannot be a value of '${key}'. Expected ${allowed}, not starting with '.', at most ${MAX_VALUE_BYTES} bytes.`,
  );
}

/** Whether a text can be a partition's value or the name of a data file. */
export function isValue(text: string): boolean {
  return (
    /^[\p{L}\p{M}\p{N}_+@~-][\p{L}\p{M}\p{N}._+@~-]*$/u.test(text) &&
    Buffer.byteLength(text) <= MAX_VALUE_BYTES
  );
}

const allowed = 'letters, digits and any of ._-+@~';

function checkKeyName(key: string): void {
  if (isKeyName(key)) return;
  throw new UsageError(
    `${quoted(key)} cannot be the key of a partition. Expected a letter, then at most 31 letters, digits or '_'.`,
  );
}

function isKeyName(key: string): boolean {
  return /^[a-z]\w{0,31}$/i.test(key);
}

function isPartition({ dataset, keys }: Partition): boolean {
  return (
    dataset.split('/').every(isValue) &&
    Object.entries(keys).every(([key, value]) => isKeyName(key) && isValue(value))
  );
}

function splitPair(segment: string): [string, string] {
  const at = segment.indexOf('=');
  return [segment.slice(0, at), segment.slice(at + 1)];
}
