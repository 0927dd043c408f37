import { KEYS_PER_LIST, PART_BYTES, S3_PRICES, SPEEDS, WRITES_PER_CHUNK } from './prices.ts';
import type { Work } from './work.ts';

export interface Estimate {
  readonly lists: number;
  readonly gets: number;
  readonly puts: number;
  /** Of the requests, to S3 alone. */
  readonly dollars: number;
  readonly seconds: number;
}

/** What packing takes, by the URIs of the place that it reads and of the store that it writes. */
export function estimate(work: Work, source: string, store: string): Estimate {
  const { listed, objects, bytes = 0, chunks } = work;
  const lists = Math.max(1, Math.ceil(listed / KEYS_PER_LIST));
  const puts = chunks * WRITES_PER_CHUNK + Math.ceil(bytes / PART_BYTES);
  const { getsPer1000, putsPer1000 } = S3_PRICES;
  const read = isS3(source) ? (objects * getsPer1000 + lists * putsPer1000) / 1000 : 0;
  const written = isS3(store) ? (puts * putsPer1000) / 1000 : 0;
  const { objectsPerSecond, bytesPerSecond } = SPEEDS[isS3(source) ? 's3' : 'local'];
  const seconds = Math.max(objects / objectsPerSecond, bytes / bytesPerSecond);
  return { lists, gets: objects, puts, dollars: read + written, seconds };
}

function isS3(uri: string): boolean {
  return uri.startsWith('s3:');
}
