import { join } from 'node:path';
import type { Engine } from '../../lib/engine/engine.ts';
import { literal, raw, sql } from '../../lib/engine/sql.ts';
import type { Sql } from '../../lib/engine/sql.ts';

/** Records with sparse keys, of 20 bytes each as Parquet. */
export async function writeState(engine: Engine, folder: string, keys: number): Promise<string> {
  const path = join(folder, 'state.parquet');
  await write(engine, path, sql`select range * 4 as k, ${fields(0)} from range(${number(keys)})`);
  return path;
}

export interface Changes {
  readonly keys: number;
  /** Other ones with each number. */
  readonly day: number;
  /** Of the keys; or `from` and `to` as parts of all, and every record in between. */
  readonly share: number;
  readonly clustered?: boolean;
}

/** Changes of 90 % updates, 8 % inserts and 2 % deletes, told by the column `op`. */
export async function writeChanges(
  engine: Engine,
  path: string,
  { keys, day, share, clustered = false }: Changes,
): Promise<void> {
  const chosen = clustered
    ? sql`range >= ${number(keys / 2)} and range < ${number(keys / 2 + keys * share)}`
    : sql`hash(range, ${number(1000 + day)}) % 1000000 < ${number(share * 1e6)}`;
  const kind = sql`hash(range, ${number(2000 + day)}) % 100`;
  await write(
    engine,
    path,
    sql`select range * 4 + (case when ${kind} < 8 then ${number(1 + (day % 3))} else 0 end) as k, ${fields(day)},
        case when ${kind} >= 98 then 'D' else 'U' end as op
      from range(${number(keys)}) where ${chosen}`,
  );
}

function fields(day: number): Sql {
  const seed = number(day);
  return sql`(hash(range, ${seed}) >> 1)::bigint as token,
    ((hash(range, ${seed} + 1) % 1000000) / 100.0)::double as amount,
    ['SE', 'NO', 'DK', 'FI', 'DE', 'NL'][1 + (hash(range, ${seed} + 2) % 6)::bigint] as country, ${seed}::integer as day`;
}

async function write(engine: Engine, path: string, query: Sql): Promise<void> {
  await engine.execute(
    sql`copy (${query}) to ${literal(path)} (format parquet, compression zstd, compression_level 1)`,
  );
}

function number(value: number): Sql {
  return raw(String(Math.floor(value)));
}
