import { join } from 'node:path';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import { parquet } from '../../lib/engine/parquet.ts';
import { numberAt } from '../../lib/engine/row.ts';
import { literal, raw, sql } from '../../lib/engine/sql.ts';
import type { Sql } from '../../lib/engine/sql.ts';

/** What a bench joins: two Parquet files with a key `k`. */
export interface JoinCase {
  readonly name: string;
  readonly memory: string;
  readonly left: string;
  readonly right: string;
  /** Whether the large side has keys of far more rows than others. */
  readonly isSkewed?: boolean;
}

const KEYS = 1_000_000;

/**
 * Writes the files of every case, of about `rows` rows on the large side. Keys are sparse 64-bit
 * numbers: dense ones would be joined by an array instead of a hash table.
 */
export async function joinCases(folder: string, rows: number): Promise<readonly JoinCase[]> {
  const engine = await openDuckDB();
  const write = async (name: string, query: Sql, groups = 122_880): Promise<string> => {
    const path = join(folder, `${name}.parquet`);
    await engine.execute(sql`copy (${query}) to ${literal(path)}
      (format parquet, compression zstd, compression_level 1, row_group_size ${raw(String(groups))})`);
    return path;
  };
  try {
    const users = Math.max(1000, Math.floor((KEYS * rows) / 50_000_000));
    const zipf = await write('zipf', events(rows, zipfRank(users)));
    const hot = await write('hot', events(rows, hotRank(users)));
    const meta = await write('meta', metadata(users));
    const quarter = sql`(hash(range, 4) % ${raw(String(4 * users))})::bigint`;
    const few = await write('few', events(Math.floor(rows / 25), quarter));
    const wide = await write('wide', wideMetadata(users));
    const payload = Math.floor(rows / 2.5);
    const spread = await write(
      'spread',
      events(Math.floor(rows / 2), sql`(range * 7919) % ${raw(String(payload))}`),
    );
    const hotBuild = await write(
      'hot-build',
      events(payload, sql`case when range % 5 < 2 then 0 else range end`),
    );
    return [
      { name: 'zipf 1.1', memory: '1GB', left: zipf, right: meta, isSkewed: true },
      { name: '40 % on one key', memory: '1GB', left: hot, right: meta, isSkewed: true },
      { name: 'wide metadata', memory: '500MB', left: few, right: wide },
      { name: 'hot build side', memory: '500MB', left: spread, right: hotBuild },
    ];
  } finally {
    await engine.close();
  }
}

/** Which shard by the hash of the key has the most rows, from 1. */
export async function fullestShard(left: string, shards: number): Promise<number> {
  const engine = await openDuckDB();
  try {
    const [row = {}] = await engine.rows(sql`select 1 + hash(k) % ${raw(String(shards))} as shard
      from ${parquet([left])} group by 1 order by count(*) desc limit 1`);
    return numberAt(row, 'shard');
  } finally {
    await engine.close();
  }
}

/** A join of next to nothing. */
export async function tinyCase(folder: string): Promise<JoinCase> {
  const engine = await openDuckDB();
  try {
    const path = join(folder, 'tiny.parquet');
    await engine.write(sql`select range as k, range as event from range(10)`, path);
    return { name: 'tiny', memory: '1GB', left: path, right: path };
  } finally {
    await engine.close();
  }
}

function events(rows: number, rank: Sql): Sql {
  return sql`select ${keyOf(rank)} as k, range as event, (hash(range, 1) % 86400)::integer as second,
      (hash(range, 2) % 10000) / 100.0::double as amount
    from range(${raw(String(rows))})`;
}

function metadata(keys: number): Sql {
  return sql`select ${keyOf(raw('range'))} as k, 'user ' || range as name,
      ['free', 'basic', 'plus', 'pro'][1 + range % 4] as plan
    from range(${raw(String(keys))})`;
}

/** 1.6 kB a row that do not compress to nothing. */
function wideMetadata(keys: number): Sql {
  const columns = Array.from({ length: 25 }, (_, column) =>
    raw(
      `md5((range * 25 + ${column})::varchar) || md5((range * 31 + ${column})::varchar) as c${column}`,
    ),
  );
  return sql`select ${keyOf(raw('range'))} as k, ${columns} from range(${raw(String(keys))})`;
}

function keyOf(rank: Sql): Sql {
  return sql`(hash((${rank})::bigint) >> 1)::bigint`;
}

/** Ranks with the frequencies of Zipf's law, s = 1.1, by its inverse distribution as if ranks were continuous. */
function zipfRank(keys: number): Sql {
  const uniform = raw('((hash(range) >> 11)::double / 9007199254740992.0)');
  return sql`least(floor(power(1 - ${uniform} * (1 - power(${raw(String(keys))}::double, -0.1)), -10.0))::bigint, ${raw(String(keys))}) - 1`;
}

function hotRank(keys: number): Sql {
  return sql`case when hash(range) % 10 < 4 then 17 else (hash(range, 3) % ${raw(String(keys))})::bigint end`;
}
