import { raw, sql } from '../lib/engine/sql.ts';
import { textRows } from '../lib/operations/relation/copy.ts';
import type { DataEffects } from '../lib/operations/relation/effects.ts';
import type { Relation } from '../lib/operations/relation/relation.ts';
import type { Shown } from '../lib/task/task.ts';
import { tableOf } from './data-table.ts';

/** What a table shows at most: all of its rows are in memory. */
const MAX_TABLE_ROWS = 1000;

/** The rows of a relation as a table, or as text that passes in pieces. */
export async function* rowsAs(
  format: 'table' | 'csv' | 'jsonl',
  relation: Relation,
  context: Pick<DataEffects, 'engine'>,
  notes: readonly string[] = [],
): AsyncGenerator<Shown, void, undefined> {
  if (format === 'table') yield await asTable(relation, context, notes);
  else yield* textRows(await context.engine(), relation, format);
}

async function asTable(
  { query, columns }: Relation,
  context: Pick<DataEffects, 'engine'>,
  notes: readonly string[],
): Promise<Shown> {
  const engine = await context.engine();
  const limit = raw(String(MAX_TABLE_ROWS + 1));
  const rows = await engine.rows(sql`from (${query}) limit ${limit}`);
  const more = `These are the first ${MAX_TABLE_ROWS} rows; --format=csv prints all`;
  const isCut = rows.length > MAX_TABLE_ROWS;
  return tableOf(columns, rows.slice(0, MAX_TABLE_ROWS), {
    notes: isCut ? [more, ...notes] : notes,
  });
}
