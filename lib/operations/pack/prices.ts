/** What S3 takes, in US dollars. */
export interface Prices {
  /** When these were looked up, and where. */
  readonly asOf: string;
  readonly source: string;
  /** For 1,000 requests. */
  readonly getsPer1000: number;
  /** For 1,000 requests that list or write. */
  readonly putsPer1000: number;
}

/** S3 Standard in us-east-1, from third parties' pages; within a region no transfer is charged. */
export const S3_PRICES: Prices = {
  asOf: '2026-11',
  source: 'S3 Standard, us-east-1, as third parties quote it',
  getsPer1000: 0.0004,
  putsPer1000: 0.005,
};

/** How fast one process packs. */
export interface Speed {
  readonly objectsPerSecond: number;
  readonly bytesPerSecond: number;
}

/**
 * S3: 64 objects at once that take 30 ms each, which is an assumption; a server on loopback gave
 * 2,600 to 4,400 objects of 4 KiB a second on two busy cores. Local: files of 4 KiB, measured there.
 */
export const SPEEDS: Readonly<Record<'s3' | 'local', Speed>> = {
  s3: { objectsPerSecond: 2_000, bytesPerSecond: 400e6 },
  local: { objectsPerSecond: 5_000, bytesPerSecond: 300e6 },
};

/** S3 lists so many keys in a request. */
export const KEYS_PER_LIST = 1_000;

/** Requests, by what they cost. */
export interface Requests {
  readonly lists: number;
  readonly gets: number;
  readonly puts: number;
}

/**
 * What a store in S3 is asked for each chunk besides its objects and the parts of its file: its list
 * and its records are looked for, leased, published and tidied up. Counted: 20, 12 and 8 without leases.
 */
export const PER_CHUNK: Requests = { lists: 24, gets: 16, puts: 12 };

/** And once for a run: whether the server keeps to conditions, what there is already, and the ledger. */
export const PER_RUN: Requests = { lists: 10, gets: 10, puts: 20 };
