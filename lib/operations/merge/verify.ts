import { chainOf } from '../../dataset/snapshot.ts';
import type { StoredBucket, StoredSet } from '../../dataset/snapshot.ts';
import { parquet } from '../../engine/parquet.ts';
import { numberAt } from '../../engine/row.ts';
import { identifier, join, sql } from '../../engine/sql.ts';
import { messageOf, UserError } from '../../errors.ts';
import { hashFile } from '../../store/hash-file.ts';
import { endsOf } from './bucket-files.ts';
import { keyColumns } from './key.ts';
import { keyIn } from './schema.ts';
import { spansOf, State } from './state.ts';
import type { StateEffects } from './state.ts';

/** What is wrong with a set, for people. */
export interface Fault {
  readonly day: string;
  readonly problem: string;
}

/**
 * Reads sets back and tells what is wrong with them: files that are missing or other than published,
 * counts, keys that are double, without a value or outside their bucket. `seen` are files found right before.
 */
export async function faultsOf(
  effects: StateEffects,
  sets: readonly StoredSet[],
  seen = new Set<string>(),
): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const set of sets) {
    const { day } = set;
    for (const bucket of set.buckets) {
      if (seen.has(bucket.key)) continue;
      seen.add(bucket.key);
      const problem = await bucketFault(effects, set, bucket).catch(messageOf);
      if (problem !== undefined) faults.push({ day, problem: `${bucket.key} ${problem}` });
    }
    const problem = await setFault(effects, set);
    if (problem !== undefined) faults.push({ day, problem });
  }
  return faults;
}

/** Tells which days cannot be read as they were stored: a link is missing, or the state has another count. */
export async function stateFaults(
  effects: StateEffects,
  sets: readonly StoredSet[],
): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const { day, set } of sets) {
    const problem = await countFault(effects, sets, day, set.keys).catch(messageOf);
    if (problem !== undefined) faults.push({ day, problem });
  }
  return faults;
}

async function bucketFault(
  { engine, store, staging }: StateEffects,
  set: StoredSet,
  { key: name, file, first, last }: StoredBucket,
): Promise<string | undefined> {
  const path = await store.download(name, staging, file);
  if ((await hashFile(path)).sha256 !== file.sha256) return 'is not the file that was published';
  const key = keyIn(set.manifest.schema, set.set.key);
  const [row = {}] = await engine.rows(sql`
    select count(*) as rows, (select count(*) from (select distinct ${keyColumns(key)} from ${parquet([path])})) as keys
    from ${parquet([path])}
    where ${join(
      key.map((column) => sql`${identifier(column.name)} is not null`),
      ' and ',
    )}`);
  const rows = numberAt(row, 'rows');
  const keys = numberAt(row, 'keys');
  if (rows !== file.rows) return `has ${rows} records with a key instead of ${file.rows}`;
  if (keys !== file.rows) return `has ${keys} keys for ${rows} records`;
  const ends = await endsOf(engine, path, key);
  const isSame = JSON.stringify(ends) === JSON.stringify({ first, last });
  return isSame ? undefined : `begins or ends with another key than its manifest says`;
}

/** Whether the buckets of a set are in order and a full set has all its records. */
async function setFault({ engine }: StateEffects, stored: StoredSet): Promise<string | undefined> {
  const { set, buckets, manifest } = stored;
  const key = keyIn(manifest.schema, set.key);
  const spans = await spansOf(engine, stored, buckets, key);
  if (spans.some(({ low, high }, index) => low !== index || high !== index)) {
    return 'has buckets whose keys overlap';
  }
  const rows = buckets.reduce((sum, { file }) => sum + file.rows, 0);
  if (set.kind !== 'full' || rows === set.keys) return undefined;
  return `has ${rows} records instead of ${set.keys}`;
}

async function countFault(
  effects: StateEffects,
  sets: readonly StoredSet[],
  day: string,
  expected: number | undefined,
): Promise<string | undefined> {
  const chain = chainOf(sets, day);
  if (!chain) return 'has no full set before it';
  const state = await State.open(effects, chain);
  let rows = 0;
  for (const part of state.parts) {
    const query = await state.partRows(part);
    const [row = {}] = await effects.engine.rows(sql`select count(*) as rows from (${query})`);
    rows += numberAt(row, 'rows');
  }
  if (expected === undefined || rows === expected) return undefined;
  return `has a state of ${rows} records instead of ${expected}`;
}

/** Throws UserError with all faults. */
export function demandNone(dataset: string, faults: readonly Fault[], then: string): void {
  if (faults.length === 0) return;
  const lines = faults.map(({ day, problem }) => `  ${day}: ${problem}`);
  throw new UserError(`${dataset} is not what was published:\n${lines.join('\n')}\n${then}`);
}
