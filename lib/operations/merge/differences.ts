import type { Column } from '../../dataset/manifest.ts';
import type { Chain } from '../../dataset/snapshot.ts';
import { parquet } from '../../engine/parquet.ts';
import { numberAt } from '../../engine/row.ts';
import { identifier, join, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { cut, INCREMENT_GROUP_ROWS } from './bucket-files.ts';
import type { BucketFile, BucketSize } from './bucket-files.ts';
import { checkNoDoubles } from './check-keys.ts';
import { isWithin, keyColumns } from './key.ts';
import type { Key } from './key.ts';
import { DELETED, flag, selected } from './schema.ts';
import { goneRow, State } from './state.ts';
import type { SetEffects } from './store-set.ts';

/** A state to compare with the one before. */
export interface Dump {
  /** Of a Parquet file that is sorted by key. */
  readonly dump: string;
  /** The columns of the file, and of the increment. */
  readonly schema: readonly Column[];
  readonly key: Key;
  /** For people. */
  readonly from: string;
  readonly size: BucketSize;
}

/**
 * Writes what differs between a state and a dump, part by part, with the column `_deleted`; `gone`
 * of these records are in the state alone. Throws UserError where the dump has a key twice.
 */
export async function writeDifferences(
  effects: SetEffects,
  before: Chain,
  { dump, schema, key, from, size }: Dump,
): Promise<{ readonly buckets: readonly BucketFile[]; readonly gone: number }> {
  const state = await State.open(effects, before);
  const changed: string[] = [];
  for (const part of state.parts) {
    const old = selected(schema, state.columns);
    const was = sql`select ${old} from (${await state.partRows(part)})`;
    const is = sql`select * from ${parquet([dump])} where ${isWithin(key, part.range)}`;
    await checkNoDoubles(effects, is, key, from);
    const path = effects.staging.path('changes.parquet');
    const query = sql`${differences(was, is, key, schema)} order by ${keyColumns(key)}`;
    if ((await effects.engine.write(query, path)).rows > 0) changed.push(path);
  }
  const buckets = await together(effects, changed, key, size);
  return { buckets, gone: await goneIn(effects, changed) };
}

/** Records that are new or have changed, and the keys that are gone. */
function differences(was: Sql, is: Sql, key: Key, columns: readonly Column[]): Sql {
  const names = columns.map(({ name }) => identifier(name));
  const isOther = join(
    names.map((name) => sql`fresh.${name} is distinct from stale.${name}`),
    ' or ',
  );
  const [first = sql`null`] = key.map(({ name }) => identifier(name));
  const isSame = join(
    key.map(({ name }) => sql`fresh.${identifier(name)} = stale.${identifier(name)}`),
    ' and ',
  );
  return sql`select ${names.map((name) => sql`fresh.${name}`)}, ${flag(false)}
      from (${is}) fresh left join (${was}) stale on ${isSame}
      where stale.${first} is null or ${isOther}
    union all
    select ${goneRow(columns, key)} from (${was}) anti join (${is}) using (${keyColumns(key)})`;
}

/** The changes of all parts, which come in the order of their keys, in as few files as are wanted. */
async function together(
  effects: SetEffects,
  paths: readonly string[],
  key: Key,
  bucketSize: BucketSize,
): Promise<BucketFile[]> {
  if (paths.length === 0) return [];
  const path = effects.staging.path('changes.parquet');
  const size = { ...bucketSize, rowGroupRows: INCREMENT_GROUP_ROWS };
  const query = sql`select * from ${parquet(paths)}`;
  const { rows, bytes } = await effects.engine.write(query, path, {
    rowGroupRows: INCREMENT_GROUP_ROWS,
  });
  return await cut(effects, { path, rows, bytes }, key, size);
}

async function goneIn({ engine }: SetEffects, paths: readonly string[]): Promise<number> {
  if (paths.length === 0) return 0;
  const [row = {}] = await engine.rows(
    sql`select count(*) filter (${identifier(DELETED)}) as gone from ${parquet(paths)}`,
  );
  return numberAt(row, 'gone');
}
