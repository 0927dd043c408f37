import type { Sql } from './sql.ts';

/** What computes over sets of rows. DuckDB is embedded; the same operations run on other engines. */
export interface Engine {
  /** Name and version, as they enter a fingerprint: `duckdb 1.5.6`. */
  readonly id: string;

  /** Runs a query and returns its rows. For small results: rows cost 40 to 50 times more here than inside the engine. */
  rows(query: Sql): Promise<Row[]>;

  /**
   * Runs a query and hands its rows over in batches as they are asked for, in flat memory. Until the
   * last one was taken, or the loop was left, the engine does nothing else.
   */
  stream(query: Sql): AsyncIterable<readonly Row[]>;

  /** Runs a query and writes its rows to a new local Parquet file (zstd), in the query's order. */
  write(query: Sql, path: string, options?: WriteOptions): Promise<Written>;

  /** Runs a statement for its effect, such as a temporary table. */
  execute(statement: Sql): Promise<void>;

  /** Stops what is running; its promise rejects. */
  interrupt(): void;

  close(): Promise<void>;
}

/**
 * Integers up to 2^53 are numbers, wider ones bigint; decimals are numbers; instants are ISO texts
 * with milliseconds (microseconds where there are any); days `YYYY-MM-DD`; other types their text.
 */
export type Row = Readonly<Record<string, Value>>;

export type Value =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly Value[]
  | { readonly [field: string]: Value };

/** How an engine is opened that is not to be like the others of the run. */
export interface EngineOptions {
  /** Default: as many as there are cores. */
  readonly threads?: number;
  /** As DuckDB takes it, such as `2GB`; resident memory can be 1.7 times as much. Default: 80 % of the machine's. */
  readonly memoryLimit?: string;
  /** Where a folder of this engine's own is made for what does not fit into memory. Default: the system's temporary folder. */
  readonly spillFolder?: string;
}

export interface WriteOptions {
  /** Rows per row group; fewer for wide rows. Default: the engine's. */
  readonly rowGroupRows?: number;
}

export interface Written {
  readonly rows: number;
  readonly bytes: number;
  /** The file's columns with the engine's type names. */
  readonly schema: readonly { readonly name: string; readonly type: string }[];
}
