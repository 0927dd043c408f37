import type { Engine } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { numberAt } from '../../engine/row.ts';
import { identifier, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { Joined } from './part.ts';
import { keyPosition } from './query.ts';
import type { JoinSpec } from './spec.ts';
import { rowsOfRight } from './tally.ts';
import type { Tally } from './tally.ts';

/**
 * What an inner join must come to where every row of the left side has a partner, as events have
 * that name something known. No key occurs twice on the right side, so no row can have come to more
 * than one; where there are as many as the left side's files have, there is none without, and the
 * left side need not be read again. Undefined where it has to be counted.
 */
export async function tallyOfAll(
  engine: Engine,
  spec: JoinSpec,
  parts: readonly Joined[],
  left: number,
): Promise<Tally | undefined> {
  const out = parts.reduce((sum, { file }) => sum + file.rows, 0);
  const keys = keysIn(spec);
  if (spec.how !== 'inner' || spec.rights.length > 1 || !keys || out !== left) return undefined;
  const files = parquet(parts.map(({ file }) => file.path));
  const [row = {}] = await engine.rows(
    sql`select count(*) as keys from (select distinct ${keys} from ${files})`,
  );
  const rows = await rowsOfRight(engine, spec, 0);
  const right = { rows, unmatched: rows - numberAt(row, 'keys'), matchedLeft: left, most: 1 };
  return { left, matched: left, unmatched: 0, pairs: left, pairsOrLeft: left, rights: [right] };
}

/** The keys by their names in the result, where it has all of them as they are. */
function keysIn(spec: JoinSpec): readonly Sql[] | undefined {
  const keys = spec.rights[spec.main]?.keys ?? [];
  const columns = keys.map((_, index) => spec.columns[keyPosition(spec, index) ?? -1]);
  const names = columns.flatMap((column) => (column ? [identifier(column.name)] : []));
  return names.length === keys.length ? names : undefined;
}
