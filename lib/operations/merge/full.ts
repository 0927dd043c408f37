import type { Input } from '../../dataset/manifest.ts';
import { parquet } from '../../engine/parquet.ts';
import { sql } from '../../engine/sql.ts';
import { UsageError } from '../../errors.ts';
import type { RowCounts } from '../../ledger/events.ts';
import { writeBuckets } from './bucket-files.ts';
import { checkNoDoubles, checkNoNulls } from './check-keys.ts';
import { checkShrink } from './guards.ts';
import type { Standing } from './guards.ts';
import { load } from './load.ts';
import type { Loaded } from './load.ts';
import { evolve, keyIn, selected } from './schema.ts';
import { publishSet, sourceText } from './store-set.ts';
import type { SetEffects, SetOptions } from './store-set.ts';

/**
 * Stores a whole state as the set of a day: sorted by key, cut into buckets. Throws UserError for
 * records without a key, two of one key, a state that has shrunk, and columns that do not fit.
 */
export async function storeFull(
  effects: SetEffects,
  options: SetOptions,
  key: readonly string[],
  standing: Standing,
): Promise<RowCounts> {
  const loaded = await load(effects, options.source);
  return await storeLoaded(effects, options, key, standing, loaded);
}

/** Stores what was read before. */
export async function storeLoaded(
  effects: SetEffects,
  options: SetOptions,
  key: readonly string[],
  { before, present }: Standing,
  loaded: Loaded,
): Promise<RowCounts> {
  const { dataset, from, allowShrink } = options;
  const schema = evolve(before?.tip.manifest.schema ?? [], loaded.columns, {
    key,
    from,
    accept: options.acceptSchema,
  });
  const columns = keyIn(schema, key);
  if (!allowShrink) checkShrink(dataset, loaded.rows, before);
  await checkNoNulls(effects, loaded, columns, from);
  const rows = sql`select ${selected(schema, loaded.columns)} from ${parquet([loaded.path])}`;
  const buckets = await writeBuckets(effects, rows, columns, options.bucketSize);
  for (const { file } of buckets) {
    await checkNoDoubles(effects, sql`select * from ${parquet([file.path])}`, columns, from);
  }
  const counts = { in: loaded.rows, out: loaded.rows, rejected: 0, filtered: 0 };
  await publishSet(effects, options, present, {
    kind: 'full',
    key: columns.map(({ name }) => name),
    schema,
    buckets,
    rows: counts,
    keys: loaded.rows,
    source: sourceText(options),
    inputs: inputsOf(options),
  });
  return counts;
}

/** The key that the dataset has, or the one that was given for its first set. Throws UsageError for another one. */
export function keyOf(
  given: readonly string[] | undefined,
  { before, present }: Standing,
): readonly string[] {
  const known = (before?.tip ?? present)?.set.key;
  if (known === undefined && given === undefined) {
    throw new UsageError(
      '--key: this is the first set of the dataset, so its key is not known; name the columns that tell one record from another, such as --key=id',
    );
  }
  const isKnown = known === undefined || given === undefined || isSameKey(given, known);
  if (!isKnown) {
    throw new UsageError(
      `--key: '${given.join(',')}' is not the key of the dataset, which is ${known.join(',')}; leave --key out, or begin another dataset`,
    );
  }
  return given ?? known ?? [];
}

function isSameKey(a: readonly string[], b: readonly string[]): boolean {
  return a.join('\n').toLowerCase() === b.join('\n').toLowerCase();
}

/** The files of the source, as a manifest names them. */
export function inputsOf({ source }: Pick<SetOptions, 'source'>): readonly Input[] {
  return source.files.map(({ input }) => input);
}
