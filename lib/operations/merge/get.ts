import type { Reader } from '../../dataset/published.ts';
import { setsOf } from '../../dataset/snapshot.ts';
import type { Chain, StoredBucket, StoredSet } from '../../dataset/snapshot.ts';
import type { Engine, Row } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { identifier, join, literal, sql } from '../../engine/sql.ts';
import { UsageError } from '../../errors.ts';
import { numberAt } from '../../engine/row.ts';
import { bucketOf, isBetween, keyValue, typeName } from './key.ts';
import type { Key } from './key.ts';
import { DELETED, keyIn, selected } from './schema.ts';
import type { StateEffects } from './state.ts';

/** What a day did to a record. */
export interface Change {
  readonly day: string;
  readonly change: 'added' | 'changed' | 'deleted';
  /** As it was from then on; null where it is gone. */
  readonly record: Row | null;
}

/** The state of one record, or undefined. Of each set at most the one file is read that may have the key. */
export async function getRecord(
  effects: StateEffects,
  { full, increments, tip }: Chain,
  key: readonly string[],
): Promise<Row | undefined> {
  await checkValues(effects, tip, key);
  for (const set of [...increments].reverse()) {
    const found = await lookUp(effects, set, tip, key);
    if (found !== undefined) return found ?? undefined;
  }
  return (await lookUp(effects, full, tip, key)) ?? undefined;
}

/** How a record has changed over the days that are kept; the first one says what it was then. */
export async function getHistory(
  effects: StateEffects & { readonly store: Reader },
  dataset: string,
  key: readonly string[],
): Promise<Change[]> {
  const sets = await setsOf(effects.store, dataset);
  const changes: Change[] = [];
  let before: Row | null = null;
  const tip = sets.at(-1);
  if (tip) await checkValues(effects, tip, key);
  for (const set of tip ? sets : []) {
    const found = await lookUp(effects, set, tip ?? set, key);
    const record: Row | null = found ?? (found === null || set.set.kind === 'full' ? null : before);
    if (textOf(record) !== textOf(before)) {
      const change = before === null ? 'added' : record === null ? 'deleted' : 'changed';
      changes.push({ day: set.day, change, record });
    }
    before = record;
  }
  return changes;
}

/** A record of a set; null: it is gone; undefined: the set says nothing of it. */
async function lookUp(
  { engine, store, staging }: StateEffects,
  stored: StoredSet,
  tip: StoredSet,
  values: readonly string[],
): Promise<Row | null | undefined> {
  const { set, manifest } = stored;
  const key = keyIn(manifest.schema, set.key);
  const bucket = await bucketWith(engine, stored, key, values);
  if (!bucket) return undefined;
  const path = await store.download(bucket.key, staging, bucket.file);
  const isIt = join(
    key.map((column, n) => sql`${identifier(column.name)} = ${keyValue(column, values[n] ?? '')}`),
    ' and ',
  );
  const mark = set.kind === 'full' ? sql`false` : identifier(DELETED);
  const [row] = await engine.rows(sql`
    select ${selected(tip.manifest.schema, manifest.schema)}, ${mark} as ${identifier(DELETED)}
    from ${parquet([path])} where ${isIt}`);
  if (!row) return undefined;
  const { [DELETED]: isGone, ...record } = row;
  return isGone === true ? null : record;
}

/** The one bucket of a set that may have a key. */
async function bucketWith(
  engine: Engine,
  { buckets }: StoredSet,
  key: Key,
  values: readonly string[],
): Promise<StoredBucket | undefined> {
  if (buckets.length === 0) return undefined;
  const record = key.map(
    (column, n) => sql`${keyValue(column, values[n] ?? '')} as ${identifier(column.name)}`,
  );
  const firsts = buckets.map(({ first }) => first);
  const [at = {}] = await engine.rows(
    sql`select ${bucketOf(key, firsts)} as bucket from (select ${record})`,
  );
  const bucket = buckets[numberAt(at, 'bucket')];
  if (!bucket) return undefined;
  const found = sql`select 1 as there from (select ${record}) where ${isBetween(key, bucket)}`;
  return (await engine.rows(found)).length > 0 ? bucket : undefined;
}

/** Throws UsageError unless there is a value for each column of the key, of its type. */
async function checkValues(
  { engine }: StateEffects,
  { manifest, set }: StoredSet,
  values: readonly string[],
): Promise<void> {
  const key = keyIn(manifest.schema, set.key);
  if (values.length !== key.length) throw wrongKey(key);
  const casts = key.map(
    ({ name, type }, n) =>
      sql`try_cast(${literal(values[n] ?? '')} as ${typeName(type)}) is null as ${identifier(name)}`,
  );
  const [row = {}] = await engine.rows(sql`select ${casts}`);
  const at = key.findIndex(({ name }) => row[name] === true);
  const column = key[at];
  if (!column) return;
  throw new UsageError(
    `--key: '${values[at]}' is no ${column.type}, which the column ${column.name} of the key holds`,
  );
}

function wrongKey(key: Key): UsageError {
  const options = key.map(({ name }) => `--key=<${name}>`);
  return new UsageError(
    `--key: expected a value for each column of the key, in their order: ${options.join(' ')}`,
  );
}

/** Values of wide integers have no JSON. */
export function textOf(record: Row | null): string {
  return JSON.stringify(record, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}
