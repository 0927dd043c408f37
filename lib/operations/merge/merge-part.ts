import { numberAt } from '../../engine/row.ts';
import { identifier, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import type { RowCounts } from '../../ledger/events.ts';
import { finish, rewriteBucket } from './bucket-files.ts';
import type { BucketFile, BucketSize } from './bucket-files.ts';
import { keyColumns } from './key.ts';
import { TURN } from './state.ts';
import type { Part, State } from './state.ts';
import type { SetEffects } from './store-set.ts';

/** A part of a state after its increments. */
export interface MergedPart {
  /** Ready to be published: on the disk, and measured. The next part can be merged meanwhile. */
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
  const { engine } = effects;
  const turns = await state.lastTurns(part);
  if (!turns) {
    const files = await rewriteBucket(effects, await state.partBase(part), state.key, size);
    const rows = rowsIn(files);
    return merged(files, { in: rows, out: rows, rejected: 0, filtered: 0 });
  }
  // In which turn each key was changed last; a name for each part, since two may share an engine.
  const table = identifier(`merging_turns_${part.index}`);
  await engine.execute(sql`create temporary table ${table} as ${turns}`);
  const files = await rewriteBucket(effects, await state.partRowsBy(part, table), state.key, size);
  const rows = await checked(effects, state, part, table, files);
  await engine.execute(sql`drop table ${table}`);
  return merged(files, rows);
}

function merged(files: readonly BucketFile[], rows: RowCounts): MergedPart {
  const finished = Promise.all(files.map(finish));
  // Whoever waits for it is told; until then somebody else may have failed.
  finished.catch(() => undefined);
  return { files: finished, rows };
}

/** Every record is accounted for: those before, and inserts, without deletes, are those after. */
async function checked(
  { engine }: SetEffects,
  state: State,
  part: Part,
  turns: Sql,
  files: readonly BucketFile[],
): Promise<RowCounts> {
  const before = part.base?.file.rows ?? 0;
  const out = rowsIn(files);
  // Of the few changes the table of a join is made, and the bucket runs past it.
  const [row = {}] = await engine.rows(sql`
    select (select count(*) from ${turns}) as changes,
      (select count(*) from ${turns} where ${TURN} % 2 = 1) as deletes,
      (select count(*) from ${turns}
        semi join (${await state.partBase(part)}) using (${keyColumns(state.key)})) as known`);
  const changes = numberAt(row, 'changes');
  const expected = before - numberAt(row, 'known') + changes - numberAt(row, 'deletes');
  if (out !== expected) {
    throw new UserError(
      `A bucket has ${out} records after the merge, but ${expected} are expected (${before} before). Nothing was published; look at the sets with snapshot:verify.`,
    );
  }
  const read = before + changes;
  return { in: read, out, rejected: 0, filtered: read - out };
}

function rowsIn(files: readonly BucketFile[]): number {
  return files.reduce((sum, { file }) => sum + file.rows, 0);
}
