import { defaultLimits } from '../../store/s3/options.ts';
import { KEYS_PER_LIST, PER_CHUNK, PER_RUN, S3_PRICES, SPEEDS } from './prices.ts';
import type { Requests } from './prices.ts';
import type { Work } from './work.ts';

/** Requests to S3 alone, and what they cost. */
export interface Estimate extends Requests {
  readonly dollars: number;
  readonly seconds: number;
}

/** What packing takes, by the URIs of the place that it reads and of the store that it writes. */
export function estimate(work: Work, source: string, store: string): Estimate {
  const { objects, bytes = 0 } = work;
  const read = isS3(source) ? readingOf(work) : none;
  const written = isS3(store) ? writingOf(work) : none;
  const lists = read.lists + written.lists;
  const gets = read.gets + written.gets;
  const { puts } = written;
  const { getsPer1000, putsPer1000 } = S3_PRICES;
  const dollars = (gets * getsPer1000 + (lists + puts) * putsPer1000) / 1000;
  const { objectsPerSecond, bytesPerSecond } = SPEEDS[isS3(source) ? 's3' : 'local'];
  const seconds = Math.max(objects / objectsPerSecond, bytes / bytesPerSecond);
  return { lists, gets, puts, dollars, seconds };
}

const none: Requests = { lists: 0, gets: 0, puts: 0 };

function readingOf({ listed, objects }: Work): Requests {
  return { lists: Math.max(1, Math.ceil(listed / KEYS_PER_LIST)), gets: objects, puts: 0 };
}

function writingOf({ chunks, bytes = 0 }: Work): Requests {
  return {
    lists: PER_RUN.lists + chunks * PER_CHUNK.lists,
    gets: PER_RUN.gets + chunks * PER_CHUNK.gets,
    // Files are smaller than what is in them.
    puts: PER_RUN.puts + chunks * PER_CHUNK.puts + Math.ceil(bytes / defaultLimits.partBytes),
  };
}

function isS3(uri: string): boolean {
  return uri.startsWith('s3:');
}
