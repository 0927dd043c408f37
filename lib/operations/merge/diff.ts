import type { Column } from '../../dataset/manifest.ts';
import type { Chain } from '../../dataset/snapshot.ts';
import { parquet } from '../../engine/parquet.ts';
import { numberAt } from '../../engine/row.ts';
import { identifier, join, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { RowCounts } from '../../ledger/events.ts';
import { cut, INCREMENT_GROUP_ROWS } from './bucket-files.ts';
import type { BucketFile } from './bucket-files.ts';
import { checkNoDoubles, checkNoNulls } from './check-keys.ts';
import { inputsOf, keyOf, storeLoaded } from './full.ts';
import { checkShrink } from './guards.ts';
import type { Standing } from './guards.ts';
import { isWithin, keyColumns } from './key.ts';
import type { Key } from './key.ts';
import { load } from './load.ts';
import { DELETED, evolve, flag, keyIn, selected } from './schema.ts';
import { goneRow, State } from './state.ts';
import { publishSet, sourceText } from './store-set.ts';
import type { SetEffects, SetOptions } from './store-set.ts';

/**
 * Stores a whole state as an increment: what differs from the state of the day before, part by
 * part. Without a state before it becomes a full set.
 */
export async function storeDiff(
  effects: SetEffects,
  options: SetOptions,
  given: readonly string[] | undefined,
  standing: Standing,
): Promise<RowCounts> {
  const { before, present } = standing;
  const names = keyOf(given, standing);
  if (before && isSameDump(options, before))
    return await storeSame(effects, options, before, present);
  const loaded = await load(effects, options.source);
  if (!before) return await storeLoaded(effects, options, names, standing, loaded);
  const { dataset, from } = options;
  const old = before.tip.manifest.schema;
  const schema = evolve(old, loaded.columns, { key: names, from, accept: options.acceptSchema });
  const key = keyIn(schema, before.tip.set.key);
  if (!options.allowShrink) checkShrink(dataset, loaded.rows, before);
  await checkNoNulls(effects, loaded, key, from);
  const dump = effects.staging.path('dump.parquet');
  await effects.engine.write(
    sql`select ${selected(schema, loaded.columns)} from ${parquet([loaded.path])}
      order by ${keyColumns(key)}`,
    dump,
  );
  const state = await State.open(effects, before);
  const changed: string[] = [];
  for (const part of state.parts) {
    const was = sql`select ${selected(schema, old)} from (${await state.partRows(part)})`;
    const is = sql`select * from ${parquet([dump])} where ${isWithin(key, part.range)}`;
    await checkNoDoubles(effects, is, key, from);
    const path = effects.staging.path('changes.parquet');
    const query = sql`${differences(was, is, key, schema)} order by ${keyColumns(key)}`;
    if ((await effects.engine.write(query, path)).rows > 0) changed.push(path);
  }
  const buckets = await together(effects, changed, key, options);
  const out = buckets.reduce((sum, { file }) => sum + file.rows, 0);
  const gone = await goneIn(effects, changed);
  const rows = {
    in: loaded.rows + gone,
    out,
    rejected: 0,
    filtered: loaded.rows - (out - gone),
  };
  await publishSet(effects, options, present, {
    kind: 'increment',
    key: before.tip.set.key,
    schema,
    buckets,
    rows,
    after: before.tip.day,
    keys: loaded.rows,
    source: sourceText(options),
    inputs: inputsOf(options),
  });
  effects.log(
    `${dataset}: of ${loaded.rows} records ${out - gone} are new or changed; ${gone} are gone`,
  );
  return rows;
}

/** Whether the state before was stored from the same files, read as a whole state then, too. */
function isSameDump({ source }: SetOptions, { tip }: Chain): boolean {
  const [recipe, version] = [tip.set.source?.split(' ')[0], tip.set.source?.split(' ').at(-1)];
  const isWhole = recipe === 'full' || recipe === 'diff';
  return isWhole && version === source.version && tip.set.keys !== undefined;
}

/** Stores that nothing has changed, without reading anything. */
async function storeSame(
  effects: SetEffects,
  options: SetOptions,
  { tip }: Chain,
  present: Standing['present'],
): Promise<RowCounts> {
  const keys = tip.set.keys ?? 0;
  const rows = { in: keys, out: 0, rejected: 0, filtered: keys };
  await publishSet(effects, options, present, {
    kind: 'increment',
    key: tip.set.key,
    schema: tip.manifest.schema,
    buckets: [],
    rows,
    after: tip.day,
    keys,
    source: sourceText(options),
    inputs: inputsOf(options),
  });
  effects.log(`${options.dataset}: the same source as on ${tip.day}, so nothing has changed`);
  return rows;
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
  { bucketSize }: Pick<SetOptions, 'bucketSize'>,
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
