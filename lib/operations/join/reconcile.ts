import type { Counts } from '../../dataset/manifest.ts';
import type { Engine } from '../../engine/engine.ts';
import { numberAt } from '../../engine/row.ts';
import { join, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import type { RowCounts } from '../../ledger/events.ts';
import { tableBytes } from './advice.ts';
import { inWrittenOrder } from './in-written-order.ts';
import type { SideFacts } from './look.ts';
import { joinCondition, keysOf } from './query.ts';
import type { How, JoinSpec } from './spec.ts';
import { bucketOf } from './split.ts';

/** What a join must come to, counted apart from it: by keys and how often each occurs. */
export interface Tally {
  readonly left: number;
  /** Rows of the left side that match rows of every right one. */
  readonly matched: number;
  /** Rows of the left side that match none of the right ones. */
  readonly unmatched: number;
  /** Rows of an inner join. */
  readonly pairs: number;
  /** Rows of a left join. */
  readonly pairsOrLeft: number;
  readonly rights: readonly RightTally[];
}

export interface RightTally {
  readonly rows: number;
  readonly unmatched: number;
  /** Rows of the left side that match one of this side. */
  readonly matchedLeft: number;
  /** Rows of the most frequent key. */
  readonly most: number;
}

/** In how many steps to count, so that a part of the right side's keys takes half of the engine's bytes. */
export function tallySteps(right: SideFacts | undefined, engineBytes: number): number {
  if (!right) return 1;
  return Math.max(1, Math.ceil((tableBytes(right, true) * 2) / engineBytes));
}

/**
 * Whether to count the rows of each of the left side's keys before looking for its partners. With
 * many rows a key that takes half the time; with few it would keep more keys than there is memory for.
 */
export function isRepetitive({ rows, keys }: SideFacts): boolean {
  return keys > 0 && keys * LEAST_ROWS_A_KEY <= rows;
}

const LEAST_ROWS_A_KEY = 8;

export interface TallyOptions {
  /** Each holds a part of the main right side's keys in memory. */
  readonly steps: number;
  /** See {@link isRepetitive}. */
  readonly isRepetitive?: boolean;
}

/** Counts what a join must come to. */
export async function tally(
  engine: Engine,
  spec: JoinSpec,
  { steps, isRepetitive: isGrouped = false }: TallyOptions,
): Promise<Tally> {
  const rights = spec.rights.map(() => ({ rows: 0, unmatched: 0, matchedLeft: 0, most: 0 }));
  const whole = { left: 0, matched: 0, unmatched: 0, pairs: 0, pairsOrLeft: 0 };
  for (let step = 0; step < steps; step++) {
    const where = steps === 1 ? raw('true') : bucketOf(spec, { part: step, parts: steps });
    const [row = {}] = await inWrittenOrder(engine, true, () =>
      engine.rows(tallyQuery(spec, where, isGrouped)),
    );
    whole.left += numberAt(row, 'left');
    whole.matched += numberAt(row, 'matched');
    whole.unmatched += numberAt(row, 'unmatched');
    whole.pairs += numberAt(row, 'pairs');
    whole.pairsOrLeft += numberAt(row, 'pairs_or_left');
    for (const [index, right] of rights.entries()) {
      right.matchedLeft += numberAt(row, `matched${index}`);
      right.most = Math.max(right.most, numberAt(row, `most${index}`));
    }
    if (spec.rights.length > 1) continue;
    for (const right of rights) right.unmatched += numberAt(row, 'rest');
  }
  for (const [index, right] of rights.entries()) {
    const [row = {}] = await engine.rows(rightQuery(spec, index));
    right.rows = numberAt(row, 'rows');
    if (spec.rights.length > 1) right.unmatched = numberAt(row, 'rest');
  }
  return { ...whole, rights };
}

/** With one right side its keys without a partner come from the same pass. */
function tallyQuery(spec: JoinSpec, where: Sql, isGrouped: boolean): Sql {
  if (spec.rights.length > 1) return tallySeveral(spec, where);
  return sql`
    select *, "left" - unmatched as matched, "left" - unmatched as matched0,
      pairs + unmatched as pairs_or_left
    from (
      select coalesce(sum(l.m), 0)::bigint as "left",
        coalesce(sum(l.m) filter (r0.n is null), 0)::bigint as unmatched,
        coalesce(sum(l.m * r0.n), 0)::bigint as pairs,
        coalesce(sum(r0.n) filter (l.m is null), 0)::bigint as rest, coalesce(max(r0.n), 0) as most0
      from (${isGrouped ? leftGroups(spec, where) : leftKeys(spec, where)}) l
      full join (${groupsOf(spec, 0, where)}) r0 on ${joinCondition(spec, 0)})`;
}

/** Every row of the left side beside the number of its partners on each right side, summed up. */
function tallySeveral(spec: JoinSpec, where: Sql): Sql {
  const indexes = [...spec.rights.keys()];
  const joined = indexes.map((index) => {
    const grouped = groupsOf(spec, index, index === spec.main ? where : raw('true'));
    return sql`left join (${grouped}) ${raw(`r${index}`)} on ${joinCondition(spec, index)}`;
  });
  const all = (test: string): Sql =>
    raw(indexes.map((index) => `r${index}.n ${test}`).join(' and '));
  const product = (factor: (index: number) => string): Sql =>
    raw(indexes.map((index) => `${factor(index)}::hugeint`).join(' * '));
  const each = indexes.map((index) =>
    raw(`count(r${index}.n) as matched${index}, coalesce(max(r${index}.n), 0) as most${index}`),
  );
  return sql`
    select count(*) as "left", count(*) filter (${all('is not null')}) as matched,
      count(*) filter (${all('is null')}) as unmatched,
      coalesce(sum(${product((index) => `r${index}.n`)}), 0)::bigint as pairs,
      coalesce(sum(${product((index) => `coalesce(r${index}.n, 1)`)}), 0)::bigint as pairs_or_left,
      0 as rest, ${each}
    from (${leftKeys(spec, where)}) l ${join(joined, ' ')}`;
}

function leftKeys(spec: JoinSpec, where: Sql): Sql {
  return sql`select *, 1::bigint as m from (${keysOf(spec, 'left', where)})`;
}

function leftGroups(spec: JoinSpec, where: Sql): Sql {
  const keys = (spec.rights[0]?.keys ?? []).map((_, key) => raw(`"k${key}"`));
  return sql`select ${keys}, count(*) as m from (${keysOf(spec, 'left', where)}) group by ${keys}`;
}

/** How often each key occurs on a right side. */
function groupsOf(spec: JoinSpec, index: number, where: Sql): Sql {
  const keys = (spec.rights[index]?.keys ?? []).map((_, key) => raw(`"k${key}"`));
  return sql`select ${keys}, count(*) as n from (${keysOf(spec, index, where)}) group by ${keys}`;
}

function rightQuery(spec: JoinSpec, index: number): Sql {
  const all = raw('true');
  const rows = sql`select count(*) as rows, 0 as rest from (${keysOf(spec, index, all)})`;
  if (spec.rights.length === 1) return rows;
  return sql`select (select rows from (${rows})) as rows, coalesce(sum(n), 0)::bigint as rest
    from (${groupsOf(spec, index, all)}) ${raw(`r${index}`)}
    anti join (${keysOf(spec, 'left', all)}) l on ${joinCondition(spec, index)}`;
}

/** How many rows a join has to have. */
export function expectedRows(how: How, { pairs, pairsOrLeft, ...tally }: Tally): number {
  const rest = tally.rights[0]?.unmatched ?? 0;
  switch (how) {
    case 'inner':
      return pairs;
    case 'left':
      return pairsOrLeft;
    case 'right':
      return pairs + rest;
    case 'full':
      return pairsOrLeft + rest;
    case 'semi':
      return tally.matched;
    case 'anti':
      return tally.unmatched;
    case 'rest':
      return rest;
    default:
      return how satisfies never;
  }
}

/** What the manifest of a join says, by name. Numbers of further right sides end in `2`, `3`, …. */
export function countsOf(tally: Tally, out: number): Counts {
  const rights = tally.rights.flatMap(({ rows, unmatched, matchedLeft }, index) => {
    const suffix = index === 0 ? '' : String(index + 1);
    return [
      [`right${suffix}`, rows],
      [`matchedLeft${suffix}`, matchedLeft],
      [`unmatchedLeft${suffix}`, tally.left - matchedLeft],
      [`matchedRight${suffix}`, rows - unmatched],
      [`unmatchedRight${suffix}`, unmatched],
    ];
  });
  return { left: tally.left, ...Object.fromEntries(rights), matched: tally.pairs, out };
}

/** Throws UserError with the numbers unless the join came to as many rows as were counted apart from it. */
export function reconcile(how: How, tally: Tally, out: number): void {
  const expected = expectedRows(how, tally);
  if (expected === out) return;
  throw new UserError(
    `The ${how} join has ${out} rows, but by its keys it has to have ${expected}. Nothing was published; ` +
      `the inputs may have changed while they were read, so run the same command again, and report this if it stays: ${JSON.stringify(countsOf(tally, out))}`,
    { retryable: true },
  );
}

/** The rows of the left side: `aggregated` went into the result, as one row, several or none of their own. */
export function rowCounts(how: How, tally: Tally, out: number): RowCounts {
  const kept = keptRows(how, tally);
  const { left } = tally;
  return { in: left, out, rejected: 0, filtered: left - kept, aggregated: kept };
}

function keptRows(how: How, { left, matched, unmatched }: Tally): number {
  switch (how) {
    case 'left':
    case 'full':
      return left;
    case 'inner':
    case 'right':
    case 'semi':
      return matched;
    case 'anti':
      return unmatched;
    case 'rest':
      return 0;
    default:
      return how satisfies never;
  }
}
