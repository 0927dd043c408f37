import type { Engine } from '../../engine/engine.ts';
import { numberAt } from '../../engine/row.ts';
import { join, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { tableBytes } from './advice.ts';
import { inWrittenOrder } from './in-written-order.ts';
import type { Look } from './look.ts';
import { joinCondition, keysOf } from './query.ts';
import type { JoinSpec } from './spec.ts';
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

export interface TallyOptions {
  /** Each holds a part of the main right side's keys in memory. */
  readonly steps: number;
  /**
   * Whether to count the rows of each of the left side's keys before looking for its partners. With
   * many rows a key that takes half the time; with few it would keep more keys than there is memory for.
   */
  readonly isRepetitive?: boolean;
}

const LEAST_ROWS_A_KEY = 8;

/** How to count what an engine with so many bytes is to count. A part of the right side's keys takes half of them. */
export function tallyOptions(
  { left, rights }: Look,
  main: number,
  engineBytes: number,
): TallyOptions {
  const right = rights[main];
  const steps = right ? Math.ceil((tableBytes(right, true) * 2) / engineBytes) : 1;
  const isRepetitive = left.keys > 0 && left.keys * LEAST_ROWS_A_KEY <= left.rows;
  return { steps: Math.max(1, steps), isRepetitive };
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
    right.rows = await rowsOfRight(engine, spec, index);
    if (spec.rights.length > 1) right.unmatched = await restOfRight(engine, spec, index);
  }
  return { ...whole, rights };
}

/** Whether it takes next to nothing, beside the left side, to find out if keys occur twice on the right ones. */
export function areSmall({ left, rights }: Look): boolean {
  return rights.every(({ rows }) => rows * LEAST_ROWS_A_KEY <= left.rows);
}

/** Whether no key occurs twice on any right side. */
export async function areUnique(engine: Engine, spec: JoinSpec): Promise<boolean> {
  for (const index of spec.rights.keys()) {
    const groups = groupsOf(spec, index, raw('true'));
    const [row = {}] = await engine.rows(sql`select coalesce(max(n), 0) as most from (${groups})`);
    if (numberAt(row, 'most') > 1) return false;
  }
  return true;
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

/** The rows of a right side. */
export async function rowsOfRight(engine: Engine, spec: JoinSpec, index: number): Promise<number> {
  const [row = {}] = await engine.rows(
    sql`select count(*) as rows from (${keysOf(spec, index, raw('true'))})`,
  );
  return numberAt(row, 'rows');
}

/** Those of them that match no row of the left side. */
async function restOfRight(engine: Engine, spec: JoinSpec, index: number): Promise<number> {
  const all = raw('true');
  const [row = {}] = await engine.rows(sql`select coalesce(sum(n), 0)::bigint as rest
    from (${groupsOf(spec, index, all)}) ${raw(`r${index}`)}
    anti join (${keysOf(spec, 'left', all)}) l on ${joinCondition(spec, index)}`);
  return numberAt(row, 'rest');
}
