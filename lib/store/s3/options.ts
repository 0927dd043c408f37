import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { LocalEffects } from '../owner.ts';

/** How a store on S3 is reached. What is not given comes from the SDK's usual chain. */
export interface S3Options {
  readonly effects: LocalEffects;
  /** A local folder for files on their way up or down; runs of one machine share it. */
  readonly spool: string;
  /** Default: AWS. With an endpoint the bucket stands in the path. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly credentials?: S3ClientConfig['credentials'];
  /** Publish also where the endpoint ignores conditions; one run at a time is safe there. */
  readonly unsafePublish?: boolean;
  /** Told of transfers that have been failing for a while and are tried again. */
  readonly notice?: ((text: string) => void) | undefined;
  readonly limits?: Partial<S3Limits>;
}

/** How long, how often and how much; tests have shorter ones. */
export interface S3Limits {
  /** For a connection to come about. */
  readonly connectionTimeoutMs: number;
  /** For the next bytes to go or to come. Without it a stalled reply hangs for ever. */
  readonly socketTimeoutMs: number;
  /** Attempts without any progress. */
  readonly attempts: number;
  /** How long attempts without any progress may go on. */
  readonly budgetMs: number;
  /** Failures that pass sooner are not worth a word. */
  readonly quietMs: number;
  /** The pause before retry n is random, up to `pauseMs` x 2^(n-1), at most `maxPauseMs`. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
  /** Files and parts that are on their way at once. */
  readonly transfers: number;
  /** Larger files go up in parts of this size; each part in flight is held in memory. */
  readonly partBytes: number;
  /** What the files of this process in the spool may take. Default: nine tenths of what is free. */
  readonly spoolBytes: number | undefined;
  /** An appended object is written this long after the first byte that is not, or when it is flushed. */
  readonly appendDelayMs: number;
  /** An appended object is kept in segments of about this size. */
  readonly segmentBytes: number;
}

/**
 * Pauses as measured with 300 requests at once against a server that refused the first 600: none
 * failed. S3 itself takes up to some seconds when it scales a prefix, and closes idle connections
 * after 20 s.
 */
export const defaultLimits: S3Limits = {
  connectionTimeoutMs: 5_000,
  socketTimeoutMs: 20_000,
  attempts: 10,
  budgetMs: 180_000,
  quietMs: 3_000,
  pauseMs: 100,
  maxPauseMs: 5_000,
  transfers: 16,
  partBytes: 8 * 1024 * 1024,
  spoolBytes: undefined,
  appendDelayMs: 2_000,
  segmentBytes: 1024 * 1024,
};

/** The most that one PutObject takes. */
export const MAX_PUT_BYTES = 5 * 1024 ** 3;

/** The most parts that an upload may have. */
export const MAX_PARTS = 10_000;
