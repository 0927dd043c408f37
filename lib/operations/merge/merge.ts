import { chainOf } from '../../dataset/snapshot.ts';
import type { StoredBucket, StoredSet } from '../../dataset/snapshot.ts';
import { prefixOf } from '../../dataset/layout.ts';
import { versionOf } from '../../dataset/manifest.ts';
import { setPartition } from '../../dataset/snapshot.ts';
import type { Engine } from '../../engine/engine.ts';
import { numberAt } from '../../engine/row.ts';
import { identifier, raw, sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import type { RowCounts } from '../../ledger/events.ts';
import { rewriteBucket } from './bucket-files.ts';
import type { BucketFile, BucketSize } from './bucket-files.ts';
import { mergeCost } from './cost.ts';
import type { MergeCost } from './cost.ts';
import { keyColumns } from './key.ts';
import { DELETED } from './schema.ts';
import { State } from './state.ts';
import type { Part } from './state.ts';
import { publishSet } from './store-set.ts';
import type { SetEffects } from './store-set.ts';

/** What to merge, and when. */
export interface MergeOptions {
  readonly dataset: string;
  /** The set whose state becomes a full set; left out: the last one. */
  readonly day?: string;
  readonly when: 'auto' | 'always';
  readonly readsPerDay: number;
  readonly bucketSize: BucketSize;
}

export interface MergeEffects extends SetEffects {
  /** One for each bucket that is merged at the same time. */
  readonly engines: readonly Engine[];
}

/** What came of a merge. */
export interface Merging {
  readonly cost: MergeCost;
  /** Undefined where it was not merged. */
  readonly merged?: {
    readonly rows: RowCounts;
    readonly rewritten: number;
    readonly carried: number;
  };
}

/**
 * Merges the last full set with the increments after it into a full set, in place of the increment of its day.
 * Buckets without changes are taken over as they are: the new set refers to the files of the old one.
 * Undefined where the day's set is a full one already.
 */
export async function mergeSets(
  effects: MergeEffects,
  sets: readonly StoredSet[],
  { dataset, day, when, readsPerDay, bucketSize }: MergeOptions,
): Promise<Merging | undefined> {
  const chain = chainOf(sets, day);
  if (!chain || chain.increments.length === 0) return undefined;
  const state = await State.open(effects, chain);
  const touched = new Set<Part>();
  for (const part of state.parts) if (await isTouched(effects, state, part)) touched.add(part);
  const bytes = [...touched].reduce((sum, { base }) => sum + (base?.file.bytes ?? 0), 0);
  const cost = mergeCost(chain, bytes, readsPerDay);
  if (when === 'auto' && !cost.isDue) return { cost };
  const merged = await mergeParts(effects, state, [...touched], bucketSize);
  const buckets = state.parts.flatMap((part): readonly (BucketFile | StoredBucket)[] => {
    if (touched.has(part)) return merged.get(part)?.files ?? [];
    return part.base ? [part.base] : [];
  });
  const rows = [...merged.values()].map((each) => each.rows).reduce(add, NO_ROWS);
  const keys = buckets.reduce((sum, { file }) => sum + file.rows, 0);
  const { tip } = chain;
  await publishSet(effects, { dataset, day: tip.day }, tip, {
    kind: 'full',
    key: tip.set.key,
    schema: state.columns,
    buckets,
    rows,
    keys,
    source: tip.set.source,
    inputs: [chain.full, ...chain.increments].map((set) => ({
      name: prefixOf(setPartition(dataset, set.day)),
      version: versionOf(set.manifest),
    })),
  });
  const carried = buckets.filter((bucket) => 'date' in bucket).length;
  return { cost, merged: { rows, rewritten: touched.size, carried } };
}

/** With other columns every bucket is written anew, so that all files of a set have the same. */
async function isTouched({ engine }: SetEffects, state: State, part: Part): Promise<boolean> {
  if (!state.keepsSchema) return true;
  const changes = await state.partChanges(part);
  if (!changes) return false;
  return (await engine.rows(sql`select 1 as there from (${changes}) limit 1`)).length > 0;
}

const NO_ROWS: RowCounts = { in: 0, out: 0, rejected: 0, filtered: 0 };

interface MergedPart {
  readonly files: readonly BucketFile[];
  readonly rows: RowCounts;
}

/** A bucket is too small for the engine to write it with several threads, so several are written at once. */
async function mergeParts(
  effects: MergeEffects,
  state: State,
  parts: readonly Part[],
  size: BucketSize,
): Promise<ReadonlyMap<Part, MergedPart>> {
  const merged = new Map<Part, MergedPart>();
  const waiting = [...parts];
  const work = async (engine: Engine): Promise<void> => {
    for (let part = waiting.shift(); part; part = waiting.shift()) {
      merged.set(part, await mergePart({ ...effects, engine }, state, part, size));
    }
  };
  const works = effects.engines.map((engine) => work(engine));
  try {
    await Promise.all(works);
  } finally {
    // When one has failed nothing goes on behind.
    waiting.length = 0;
    await Promise.allSettled(works);
  }
  return merged;
}

/** Holds the changes of the part that is being merged, which are read more than once. */
const HELD = raw('merging_changes');

async function mergePart(
  effects: SetEffects,
  state: State,
  part: Part,
  size: BucketSize,
): Promise<MergedPart> {
  const { engine } = effects;
  const changes = await state.partChanges(part);
  if (!changes) {
    const files = await rewriteBucket(effects, await state.partBase(part), state.key, size);
    const rows = rowsIn(files);
    return { files, rows: { in: rows, out: rows, rejected: 0, filtered: 0 } };
  }
  await engine.execute(sql`create or replace temporary table ${HELD} as ${changes}`);
  const held = sql`select * from ${HELD}`;
  const query = await state.partRowsWith(part, held);
  const files = await rewriteBucket(effects, query, state.key, size);
  const rows = await checked(effects, state, part, files);
  await engine.execute(sql`drop table ${HELD}`);
  return { files, rows };
}

/** Every record is accounted for: those before, and inserts, without deletes, are those after. */
async function checked(
  { engine }: SetEffects,
  state: State,
  part: Part,
  files: readonly BucketFile[],
): Promise<RowCounts> {
  const before = part.base?.file.rows ?? 0;
  const out = rowsIn(files);
  // Changes are few, so that the table of a join is made of them and the bucket runs past it.
  const [row = {}] = await engine.rows(sql`
    select (select count(*) from ${HELD}) as changes,
      (select count(*) from ${HELD} where ${identifier(DELETED)}) as deletes,
      (select count(*) from (${await state.partBase(part)})
        semi join ${HELD} using (${keyColumns(state.key)})) as known`);
  const [all, deletes, known] = ['changes', 'deletes', 'known'].map((name) => numberAt(row, name));
  const expected = before - (known ?? 0) + (all ?? 0) - (deletes ?? 0);
  if (out !== expected) {
    throw new UserError(
      `A bucket has ${out} records after the merge, but ${expected} are expected (${before} before). Nothing was published; look at the sets with snapshot:verify.`,
    );
  }
  const read = before + (all ?? 0);
  return { in: read, out, rejected: 0, filtered: read - out };
}

function rowsIn(files: readonly BucketFile[]): number {
  return files.reduce((sum, { file }) => sum + file.rows, 0);
}

function add(a: RowCounts, b: RowCounts): RowCounts {
  return {
    in: a.in + b.in,
    out: a.out + b.out,
    rejected: 0,
    filtered: a.filtered + b.filtered,
  };
}
