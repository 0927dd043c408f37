import type { Compression } from './compression.ts';

/** Formats of rows that are written. */
export type RowFormat = 'csv' | 'tsv' | 'jsonl' | 'json' | 'parquet';

/** What the end of a name says of a file. */
export interface NamedFormat {
  readonly format: RowFormat;
  readonly compression: Compression;
}

/** `events.csv.gz` is gzipped CSV; undefined where the name does not say. Parquet is compressed within. */
export function formatNamed(name: string): NamedFormat | undefined {
  const end = /\.(\w+)$/.exec(plainName(name))?.[1] ?? '';
  const format = formats.get(end);
  if (format === undefined) return undefined;
  return { format, compression: compressionNamed(name) };
}

/** The name in lower case without what says how it is compressed. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.(gz|zst)$/, '');
}

const formats: ReadonlyMap<string, RowFormat> = new Map([
  ['csv', 'csv'],
  ['tsv', 'tsv'],
  ['tab', 'tsv'],
  ['jsonl', 'jsonl'],
  ['ndjson', 'jsonl'],
  ['json', 'json'],
  ['parquet', 'parquet'],
]);

/** `x.gz` is gzipped, `x.zst` compressed by zstd. */
export function compressionNamed(name: string): Compression {
  if (/\.gz$/i.test(name)) return 'gzip';
  return /\.zst$/i.test(name) ? 'zstd' : 'uncompressed';
}
