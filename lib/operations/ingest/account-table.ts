import { listPartitions } from '../../dataset/catalog.ts';
import { prefixOf } from '../../dataset/layout.ts';
import { readManifest } from '../../dataset/published.ts';
import type { Reader } from '../../dataset/published.ts';
import { accountOf } from './accounts.ts';
import type { Origin } from './origins.ts';

/** A file with what became of its records; undefined where it has not been ingested. */
export type AccountRow = readonly [
  name: string,
  records: number | null,
  events: number | null,
  rejected: number | null,
];

/** What became of the records of each file. Reads a manifest per file. */
export async function accountRows(
  store: Reader,
  site: string,
  origins: readonly Origin[],
): Promise<AccountRow[]> {
  const rows: AccountRow[] = [];
  for (const { id, name } of origins) {
    const published = await readManifest(store, prefixOf(accountOf(site, id)));
    const counts = published?.manifest.rows;
    rows.push(counts ? [name, counts.in, counts.out, counts.rejected] : [name, null, null, null]);
  }
  return rows;
}

/** First and last day of a site's events, by one listing. */
export async function daysOfSite(
  store: Reader,
  site: string,
): Promise<readonly [first: string, last: string] | undefined> {
  const days: string[] = [];
  for await (const { partition } of listPartitions(store, 'events', { site })) {
    days.push(partition.keys['date'] ?? '');
  }
  const sorted = days.sort();
  const [first] = sorted;
  const last = sorted.at(-1);
  return first === undefined || last === undefined ? undefined : [first, last];
}
