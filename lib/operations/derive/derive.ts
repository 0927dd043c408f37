import type { Column, Input } from '../../dataset/manifest.ts';
import { parquet } from '../../engine/parquet.ts';
import { identifier, join, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { writeBuckets } from '../merge/bucket-files.ts';
import type { BucketSize } from '../merge/bucket-files.ts';
import { checkShrink } from '../merge/guards.ts';
import type { Standing } from '../merge/guards.ts';
import { evolve, find, selected } from '../merge/schema.ts';
import { publishSet } from '../merge/store-set.ts';
import type { SetEffects } from '../merge/store-set.ts';
import type { Base } from './base.ts';
import { PLACE } from './computing.ts';
import type { Computed, ComputeEffects, Computing, ToCompute } from './computing.ts';
import { Failures } from './failures.ts';
import type { Gathered } from './gather.ts';
import { placesOf } from './placed.ts';
import { publishRejects, writeRejects } from './rejects.ts';
import type { Rejects } from './rejects.ts';

export interface DeriveOptions {
  /** The derived one. */
  readonly dataset: string;
  readonly day: string;
  readonly base: Base | undefined;
  /** What the set is made of. */
  readonly inputs: readonly Input[];
  readonly standing: Standing;
  readonly maxRejects: number;
  readonly acceptSchema: boolean;
  readonly allowShrink: boolean;
  readonly bucketSize: BucketSize;
}

export type DeriveEffects = SetEffects & Omit<ComputeEffects, 'failures'>;

/** What became of the records, and of derived rows that were there before. */
export interface Derived {
  readonly kept: number;
  readonly computed: number;
  readonly rejected: number;
  /** Derived rows whose records are no longer there. */
  readonly gone: number;
}

/**
 * Computes what was gathered and publishes it with the rows that are kept, as a full set of the day. A
 * record that fails has no row until it succeeds; it is kept with the reason in `rejects/<dataset>`.
 * Throws UserError for too many of these, for a set that has shrunk, and for columns that do not fit.
 */
export async function storeDerived(
  effects: DeriveEffects,
  gathered: Gathered,
  computing: Computing,
  options: DeriveOptions,
): Promise<Derived> {
  const { dataset, standing } = options;
  const failures = new Failures(effects.staging, options.maxRejects);
  const todo = await together(effects, gathered, options);
  const { done, failed } = await compute(effects, computing, todo, failures);
  const computed = done?.rows ?? 0;
  const rejected = gathered.todo.rows - computed;
  failures.check(rejected, `a record for which '${computing.name}' gave no row`);
  const counts = { kept: gathered.kept.rows, computed, rejected, gone: gathered.gone };
  const rejects = todo && (await writeRejects(effects, todo, done, failed));
  if (rejects && rejects.rows > 0) {
    checkAny(counts, rejects, computing, options);
    effects.log(`${dataset}: ${rejects.rows} records failed; the first one: ${rejects.first}`);
  }
  if (!options.allowShrink) checkShrink(dataset, counts.kept + computed, standing.before);
  if (isAsPublished(counts, options)) return counts;
  const schema = schemaOf(gathered, done, computing, options);
  const parts = [...keptRows(gathered, schema, options), ...doneRows(todo, done, schema)];
  await publishDerived(effects, gathered, options, { counts, schema, parts, rejects });
  return counts;
}

interface Made {
  readonly counts: Derived;
  readonly schema: readonly Column[];
  /** Rows that make up the set together. */
  readonly parts: readonly Sql[];
  readonly rejects: Rejects | undefined;
}

async function publishDerived(
  effects: DeriveEffects,
  { key, records }: Gathered,
  options: DeriveOptions,
  { counts, schema, parts, rejects }: Made,
): Promise<void> {
  const { dataset, day, standing, inputs, bucketSize } = options;
  const { kept, computed, rejected, gone } = counts;
  const all = sql`select * from (${join(parts, ' union all ')})`;
  const buckets = parts.length > 0 ? await writeBuckets(effects, all, key, bucketSize) : [];
  const rows = { in: records + gone, out: kept + computed, rejected, filtered: gone };
  await publishRejects(effects, { dataset, day }, rows, rejects);
  await publishSet(effects, { dataset, day }, standing.present, {
    kind: 'full',
    key: key.map(({ name }) => name),
    schema,
    buckets,
    rows,
    counts: { kept, computed, gone },
    keys: rows.out,
    source: inputs.map(({ version }) => version).join(' '),
    inputs,
  });
}

/** A function that fails for every record is at fault itself, unless there are rows of before. */
function checkAny(
  { kept, computed }: Derived,
  { rows, first }: Rejects,
  { name }: Computing,
  { dataset, day }: DeriveOptions,
): void {
  if (kept + computed > 0) return;
  throw new UserError(
    `${dataset}: none of ${rows} records of ${day} could be computed; the first one: ${first}. Nothing was published; look at '${name}'.`,
  );
}

/** The records to compute in one file, so that each has a place. */
async function together(
  { engine, staging }: DeriveEffects,
  { todo, key, columns }: Gathered,
  { base }: DeriveOptions,
): Promise<ToCompute | undefined> {
  if (todo.rows === 0) return undefined;
  const known = base?.set.manifest.schema ?? [];
  const [only = '', ...others] = todo.paths;
  const path = others.length === 0 ? only : staging.path('records.parquet');
  if (others.length > 0) await engine.write(sql`select * from ${parquet(todo.paths)}`, path);
  return { path, rows: todo.rows, columns, key, known };
}

async function compute(
  effects: DeriveEffects,
  computing: Computing,
  todo: ToCompute | undefined,
  failures: Failures,
): Promise<{ readonly done: Computed | undefined; readonly failed: string | undefined }> {
  try {
    const done = todo && (await computing.compute(todo, { ...effects, failures }));
    return { done, failed: await failures.close() };
  } catch (error) {
    await failures.close();
    throw error;
  }
}

/** Whether the set of the day is what would come out: same state, same code, nothing new. */
function isAsPublished(
  { computed, gone }: Derived,
  { standing, base, inputs }: DeriveOptions,
): boolean {
  const { present } = standing;
  if (!present || base?.set !== present || computed + gone > 0) return false;
  return inputs.every((input) =>
    present.manifest.inputs.some(
      ({ name, version }) => name === input.name && version === input.version,
    ),
  );
}

function schemaOf(
  { key, kept }: Gathered,
  done: Computed | undefined,
  { name }: Computing,
  { base, acceptSchema }: DeriveOptions,
): Column[] {
  const before = (base && kept.rows > 0 ? base.set.manifest.schema : []).map((column) => {
    const isNumber = done && find(done.columns, column.name)?.type === 'DOUBLE';
    const mayBe = isNumber && done.hasSafeIntegers === true && column.type === 'BIGINT';
    return mayBe ? { ...column, type: 'DOUBLE' } : column;
  });
  const others = done ? done.columns : (base?.set.manifest.schema ?? []);
  const now = [...key, ...others.filter((column) => !find(key, column.name))];
  return evolve(before, now, {
    key: key.map((column) => column.name),
    from: `--with: '${name}'`,
    accept: acceptSchema,
  });
}

function keptRows({ kept }: Gathered, schema: readonly Column[], { base }: DeriveOptions): Sql[] {
  if (kept.rows === 0 || !base) return [];
  return [sql`select ${selected(schema, base.set.manifest.schema)} from ${parquet(kept.paths)}`];
}

function doneRows(
  todo: ToCompute | undefined,
  done: Computed | undefined,
  schema: readonly Column[],
): Sql[] {
  if (!todo || !done || done.rows === 0) return [];
  const columns = selected(schema, [...todo.key, ...done.columns]);
  return [
    sql`select ${columns} from (${placesOf(todo)}) join ${parquet([done.path])} using (${identifier(PLACE)})`,
  ];
}
