import type { Partition } from '../dataset/layout.ts';
import type { Manifest } from '../dataset/manifest.ts';
import type { Row } from '../engine/engine.ts';
import type { ColumnTypes } from '../formats/column-types.ts';
import type { Query, queryOf } from '../operations/records/query.ts';
import type { RowSource } from '../operations/records/read.ts';
import type { Content, WriteOptions } from '../operations/records/write.ts';

/** What makes a task short: part of the context of `run`. */
export interface Authoring {
  /**
   * A query whose values are bound and whose tables are partitions:
   * ``sql`select * from ${events({ site, date })} where status = ${404}` ``.
   */
  readonly sql: typeof queryOf;

  /**
   * The records of a query, of partitions, or of files: a path, a glob or a URI of CSV, JSON lines
   * or Parquet, plain, gzip or zstd. One after the other, in flat memory; values of CSV are text.
   * What cannot be read is kept for `write`, which publishes it as rejects.
   */
  readonly rows: (source: RowSource) => AsyncIterable<Row>;

  /**
   * Publishes a partition with the result of a query, or with records of JavaScript. Records read
   * with `rows` since the last `write` count as its input, so that rows in and out add up.
   */
  readonly write: (
    partition: Partition,
    content: Content,
    options?: WriteOptions,
  ) => Promise<Manifest>;

  /**
   * How far `run` is, for who watches it live: so many done, of so many where that is known. It may
   * be called as often as one likes.
   */
  readonly progress: (done: number, total?: number) => void;

  /**
   * Runs a command of another program, without a shell, and waits for it. Its output is logged line
   * by line; an exit code other than 0 is an error. Returns what it wrote if `capture` is set.
   */
  readonly exec: (
    command: string,
    args?: readonly string[],
    options?: ExecOptions,
  ) => Promise<string>;

  /**
   * A response with a status of success. What passes (429, 5xx, a network that fails) is tried
   * again, after the time that `Retry-After` asks for where it is given.
   */
  readonly request: (url: string | URL, options?: RequestOptions) => Promise<Response>;
}

export interface ExecOptions {
  /** Default: where relative paths in arguments start. */
  readonly cwd?: string;
  /** Variables besides those of Pipe's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the command reads. Default: nothing. */
  readonly input?: string;
  /** Hand over what the command writes to stdout instead of logging it. */
  readonly capture?: boolean;
  /** Exit codes that mean that the same command may succeed later. */
  readonly retryOn?: readonly number[];
  /** Exit codes that mean that there is nothing to compute from. */
  readonly noDataOn?: readonly number[];
}

export interface RequestOptions extends Omit<RequestInit, 'signal'> {
  /** How often a request is made, at most. Default: 6. */
  readonly attempts?: number;
}

export type { ColumnTypes, Content, Query, RowSource, WriteOptions };
