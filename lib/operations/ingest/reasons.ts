import { literals, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';

/** Why a record is rejected. While rows are on their way a reason is its place in this list. */
const reasons = [
  'broken JSON',
  'not a JSON object',
  'no timestamp',
  'impossible date',
  'no event name',
  'not a line of the common or combined log format',
] as const;

export type Reason = (typeof reasons)[number];

/** Stands where a reason would for a blank line, which is no record but has a number. */
export const blank = raw('0::tinyint');

/** The number that stands for a reason in SQL. */
export function code(reason: Reason): Sql {
  return raw(`${reasons.indexOf(reason) + 1}::tinyint`);
}

/** The text of a reason's number. */
export function reasonText(column: Sql): Sql {
  return sql`(${literals(reasons)})[${column}]`;
}
