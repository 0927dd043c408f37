import type { Engine, Written } from '../../engine/engine.ts';
import { join, literals, raw, sql } from '../../engine/sql.ts';
import type { HeavyKey } from './look.ts';

/** Writes frequent keys to a new local Parquet file: `rank`, `values` as texts, estimated rows of each side. */
export function writeHeavy(
  engine: Engine,
  heavy: readonly HeavyKey[],
  path: string,
): Promise<Written> {
  const rows = heavy.map(
    ({ values, left, right }, rank) =>
      sql`(${raw(String(rank))}, ${literals(values)}, ${raw(String(left))}::bigint, ${raw(String(right))}::bigint)`,
  );
  const none = sql`(-1, []::varchar[], 0::bigint, 0::bigint)`;
  return engine.write(
    sql`select rank, values, left_rows, right_rows
      from (values ${join([none, ...rows], ', ')}) t(rank, values, left_rows, right_rows)
      where rank >= 0 order by rank`,
    path,
  );
}
