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

/** Writes a part anew, with its changes. Throws UserError where records do not add up. */
export async function mergePart(
  effects: SetEffects,
  state: State,
  part: Part,
  size: BucketSize,
): Promise<MergedPart> {
  const changes = await state.partTurns(part);
  if (!changes) {
    const files = await rewriteBucket(effects, await state.partBase(part), state.key, size);
    const rows = rowsIn(files);
    return merged(files, { in: rows, out: rows, rejected: 0, filtered: 0 });
  }
  const { engine } = effects;
  const names = namesOf(part);
  await engine.execute(sql`create temporary table ${names.turns} as ${changes}`);
  await engine.execute(
    sql`create temporary table ${names.last} as ${state.lastTurns(names.turns)}`,
  );
  await engine.execute(sql`create temporary sequence ${identifier(names.gone)}`);
  const query = await state.partRowsBy(part, names);
  const files = await rewriteBucket(effects, query, state.key, size);
  const rows = await checked(engine, part, names, files);
  for (const table of [names.turns, names.last]) await engine.execute(sql`drop table ${table}`);
  await engine.execute(sql`drop sequence ${identifier(names.gone)}`);
  return merged(files, rows);
}

/** For each part other ones, since two may share an engine. */
function namesOf({ index }: Part): Turns {
  return {
    turns: identifier(`merging_turns_${index}`),
    last: identifier(`merging_last_${index}`),
    gone: `merging_gone_${index}`,
  };
}

function merged(files: readonly BucketFile[], rows: RowCounts): MergedPart {
  const finished = Promise.all(files.map(finish));
  // Whoever waits for it is told; until then somebody else may have failed.
  finished.catch(() => undefined);
  return { files: finished, rows };
}

/** Every record is accounted for: those before, without those that went, and inserts and updates are those after. */
async function checked(
  engine: Engine,
  part: Part,
  { last, gone }: Turns,
  files: readonly BucketFile[],
): Promise<RowCounts> {
  const before = part.base?.file.rows ?? 0;
  const out = rowsIn(files);
  const [row = {}] = await engine.rows(sql`select nextval(${literal(gone)}) - 1 as gone,
    (select count(*) from ${last}) as changes,
    (select count(*) from ${last} where ${TURN} % 2 = 0) as upserts`);
  const expected = before - numberAt(row, 'gone') + numberAt(row, 'upserts');
  if (out !== expected) {
    throw new UserError(
      `A bucket has ${out} records after the merge, but ${expected} are expected (${before} before). Nothing was published; look at the sets with snapshot:verify.`,
    );
  }
  const read = before + numberAt(row, 'changes');
  return { in: read, out, rejected: 0, filtered: read - out };
}

function rowsIn(files: readonly BucketFile[]): number {
  return files.reduce((sum, { file }) => sum + file.rows, 0);
}
