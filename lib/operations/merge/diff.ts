import type { Chain } from '../../dataset/snapshot.ts';
import { parquet } from '../../engine/parquet.ts';
import { sql } from '../../engine/sql.ts';
import type { RowCounts } from '../../ledger/events.ts';
import { checkNoNulls } from './check-keys.ts';
import { writeDifferences } from './differences.ts';
import { inputsOf, keyOf, storeLoaded } from './full.ts';
import { checkShrink } from './guards.ts';
import type { Standing } from './guards.ts';
import { keyColumns } from './key.ts';
import { load } from './load.ts';
import { evolve, keyIn, selected } from './schema.ts';
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
  if (before && isSameDump(options, before)) {
    return await storeSame(effects, options, before, present);
  }
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
  const wanted = { dump, schema, key, from, size: options.bucketSize };
  const { buckets, gone } = await writeDifferences(effects, before, wanted);
  const out = buckets.reduce((sum, { file }) => sum + file.rows, 0);
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
