/**
 * The smallest unit that is published: one dataset, one value per key. The order of the keys is
 * the order of the folders: `stats/pageloads/site=a/date=2026-11-19/`.
 */
export interface Partition {
  /** One or more names separated by `/`, such as `events` or `stats/pageloads`. */
  readonly dataset: string;
  readonly keys: Readonly<Record<string, string>>;
}
