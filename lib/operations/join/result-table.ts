import { prefixOf } from '../../dataset/layout.ts';
import type { Partition } from '../../dataset/layout.ts';
import type { Counts } from '../../dataset/manifest.ts';
import { readManifest } from '../../dataset/published.ts';
import type { Reader } from '../../dataset/published.ts';
import { unreadableNotes } from './unreadable.ts';

interface ResultTable {
  readonly title: string;
  readonly columns: readonly { readonly name: string; readonly kind: 'text' | 'number' }[];
  readonly rows: readonly (readonly (string | number | null)[])[];
  readonly notes: readonly string[];
}

/** Counts of a manifest that are shown, by the name of the column. */
const shown = {
  left: 'left',
  right: 'right',
  matched: 'matched',
  'unmatched left': 'unmatchedLeft',
  'unmatched right': 'unmatchedRight',
  out: 'out',
} as const;

/** Joins shown. */
const MOST_ROWS = 40;

/** What came of joins: rows of both sides, of pairs that match, and of the result. `place` is the store as a person types it. */
export async function resultTable(
  store: Reader,
  targets: readonly Partition[],
  place: string,
): Promise<ResultTable> {
  const rows: (readonly (string | number | null)[])[] = [];
  const found: Counts[] = [];
  for (const target of targets.slice(0, MOST_ROWS)) {
    const published = await readManifest(store, prefixOf(target));
    const counts = published?.manifest.counts ?? {};
    found.push(counts);
    const values = Object.values(shown).map((name) => counts[name] ?? null);
    rows.push([prefixOf(target).slice(0, -1), ...values]);
  }
  const more = targets.length - rows.length;
  return {
    title: 'Rows of the join',
    columns: [
      { name: 'partition', kind: 'text' },
      ...Object.keys(shown).map((name) => ({ name, kind: 'number' as const })),
    ],
    rows,
    notes: [
      ...(more > 0 ? [`and ${more} more`] : []),
      ...unreadableNotes(found),
      `Files: ${place}/${targets[0]?.dataset ?? ''}/**/*.parquet`,
    ],
  };
}
