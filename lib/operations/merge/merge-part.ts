import type { Engine } from '../../engine/engine.ts';
import { numberAt } from '../../engine/row.ts';
import { identifier, literal, sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import type { RowCounts } from '../../ledger/events.ts';
import { finish, rewriteBucket } from './bucket-files.ts';
import type { BucketFile, BucketSize } from './bucket-files.ts';
import { TURN } from './state.ts';
import type { Part, State, Turns } from './state.ts';
import type { SetEffects } from './store-set.ts';

/** A part of a state after its increments. */
export interface MergedPart {
  /** Ready to be published: on the disk, and hashed. The next part can be merged meanwhile. */
  readonly files: Promise<readonly BucketFile[]>;
  readonly rows: RowCounts;
}

/**
 * Writes a part anew, with its changes; undefined where there are none and its file can stay.
 * Throws UserError where records do not add up.
 */
export async function mergePart(
  effects: SetEffects,
  state: State,
  part: Part,
  size: BucketSize,
): Promise<MergedPart | undefined> {
  const changes = await state.partTurns(part);
  if (!changes) return state.keepsSchema ? undefined : await copy(effects, state, part, size);
  const { engine } = effects;
  const names = namesOf(part);
  await engine.execute(sql`create temporary table ${names.turns} as ${changes}`);
  const last = state.lastTurns(names.turns);
  await engine.execute(sql`create temporary table ${names.last} as ${last}`);
  const counts = await countChanges(engine, names);
  const isSame = counts.keys === 0 && state.keepsSchema;
  const merged = isSame ? undefined : await change(effects, state, { part, names, counts, size });
  for (const table of [names.turns, names.last]) await engine.execute(sql`drop table ${table}`);
  return merged;
}

/** For each part other ones, since two may share an engine. */
function namesOf({ index }: Part): Turns {
  return {
    turns: identifier(`merging_turns_${index}`),
    last: identifier(`merging_last_${index}`),
    gone: `merging_gone_${index}`,
  };
}

async function copy(
  effects: SetEffects,
  state: State,
  part: Part,
  size: BucketSize,
): Promise<MergedPart> {
  const files = await rewriteBucket(effects, await state.partBase(part), state.key, size);
  const rows = rowsIn(files);
  return finished(effects, files, { in: rows, out: rows, rejected: 0, filtered: 0 });
}

interface Changes {
  /** All that were changed. */
  readonly keys: number;
  /** Those that were not deleted. */
  readonly upserts: number;
}

async function countChanges(engine: Engine, { last }: Turns): Promise<Changes> {
  const [row = {}] = await engine.rows(
    sql`select count(*) as keys, count(*) filter (${TURN} % 2 = 0) as upserts from ${last}`,
  );
  return { keys: numberAt(row, 'keys'), upserts: numberAt(row, 'upserts') };
}

interface Work {
  readonly part: Part;
  readonly names: Turns;
  readonly counts: Changes;
  readonly size: BucketSize;
}

/** Every record is accounted for: those before, without those that went, and the upserts are those after. */
async function change(
  effects: SetEffects,
  state: State,
  { part, names, counts, size }: Work,
): Promise<MergedPart> {
  const { engine } = effects;
  const sequence = identifier(names.gone);
  await engine.execute(sql`create temporary sequence ${sequence}`);
  const query = await state.partRowsBy(part, names);
  const files = await rewriteBucket(effects, query, state.key, size);
  const [row = {}] = await engine.rows(sql`select nextval(${literal(names.gone)}) - 1 as gone`);
  await engine.execute(sql`drop sequence ${sequence}`);
  const before = part.base?.file.rows ?? 0;
  const out = rowsIn(files);
  const expected = before - numberAt(row, 'gone') + counts.upserts;
  if (out !== expected) {
    throw new UserError(
      `A bucket has ${out} records after the merge, but ${expected} are expected (${before} before). Nothing was published; look at the sets with snapshot:verify.`,
    );
  }
  const read = before + counts.keys;
  return finished(effects, files, { in: read, out, rejected: 0, filtered: read - out });
}

function finished(effects: SetEffects, files: readonly BucketFile[], rows: RowCounts): MergedPart {
  const ready = Promise.all(files.map((file) => finish(effects, file)));
  // Whoever waits for it is told; until then somebody else may have failed.
  ready.catch(() => undefined);
  return { files: ready, rows };
}

function rowsIn(files: readonly BucketFile[]): number {
  return files.reduce((sum, { file }) => sum + file.rows, 0);
}
