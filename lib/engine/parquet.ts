import { literals, sql } from './sql.ts';
import type { Sql } from './sql.ts';

export interface ParquetOptions {
  /** Adds the column `filename`. */
  readonly withFilename?: boolean;
  /** Takes columns of all files together by their names; default: those of the first file. */
  readonly byName?: boolean;
  /** Unites columns by their names; else the first file says which there are. */
  readonly union?: boolean;
}

/**
 * Local Parquet files as they stand behind `from`. Their paths are names and no patterns, and
 * folders such as `user=ann` on the way, which an engine takes for columns, count for nothing.
 */
export function parquet(files: readonly string[], options: ParquetOptions = {}): Sql {
  const filename = options.withFilename === true ? sql`, filename = true` : sql``;
  const union = options.union === true ? sql`, union_by_name = true` : sql``;
  return sql`read_parquet(${exactly(files)}, hive_partitioning = false${filename}${union})`;
}

/** A list of paths for any reader of files, as names and not as patterns. */
export function exactly(files: readonly string[]): Sql {
  return literals(files.map(asPattern));
}

/** The pattern that only this path matches. */
function asPattern(path: string): string {
  return path.replaceAll(/[*?[]/g, '[$&]');
}
