import { join, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { How, JoinSpec, Strategy } from './spec.ts';

/** One part of a join, `part` of `parts`, from 0. */
export interface Part {
  readonly strategy: Strategy;
  /** The part by the hash of the key that this is a part of; default: the whole join. For `shards` and `hot`. */
  readonly within?: { readonly part: number; readonly parts: number };
  readonly part: number;
  readonly parts: number;
  /** For the strategy `hot`. */
  readonly hotKeys: readonly HotKey[];
}

/** A key with many rows: its values as text, and the side that has more of them. */
export interface HotKey {
  readonly values: readonly string[];
  readonly side: 'left' | 'right';
}

/** A join of some rows of the left side with some of the right one; the parts' branches make the whole. */
export interface Branch {
  readonly how: How;
  /** How right sides but the main one are joined; default: as that. */
  readonly others?: How;
  /** Conditions on each side, in terms of its columns `k0`, `k1`, … and `place`. */
  readonly left: Sql;
  readonly right: Sql;
  /** The side to build a hash table of; default: the smaller one. */
  readonly build?: 'left' | 'right';
}

/**
 * What a part of a join does, by strategy. Every combination of rows that match comes together in
 * exactly one branch of one part, and every row that matches nothing comes out once:
 *
 * - `shards`: both sides by the hash of the key, NULL being a value to hash.
 * - `hot`: the same, but the rows of a hot key are dealt out by the hash of their row id on the side
 *   that has more of them, and go to every part on the other side. A key is hot on a side only where
 *   it was seen there, so the dealt side has a partner for every row of the other one.
 * - `salted`: the left side is dealt out by row id, the right one goes to every part; rows of it
 *   that match nothing cannot be told by one part and come from an anti join by the hash of the key.
 *
 * Never by a random number: a part that is done again has the same rows.
 */
export function branchesOf(how: How, part: Part, types: readonly string[]): readonly Branch[] {
  const all = raw('true');
  const ofPart = bucket(sql`hash(${keyNames(types.length)})`, nested(part));
  const dealt = bucket(sql`hash("place")`, part);
  switch (part.strategy) {
    case 'plain':
      return [{ how, left: all, right: all }];
    case 'shards':
      return [{ how, left: ofPart, right: ofPart }];
    case 'salted':
      return how === 'rest'
        ? [{ how, left: ofPart, right: ofPart }]
        : [
            { how: withoutRest(how), left: dealt, right: all },
            ...(hasRest(how) ? [{ how: 'rest' as const, left: ofPart, right: ofPart }] : []),
          ];
    case 'hot':
      return hotBranches(how, part, types, { ofPart, dealt });
    default:
      return part.strategy satisfies never;
  }
}

function hotBranches(
  how: How,
  { hotKeys, within }: Part,
  types: readonly string[],
  { ofPart, dealt }: { readonly ofPart: Sql; readonly dealt: Sql },
): readonly Branch[] {
  // A semi or anti join looks for one partner only, so many on the right are no burden.
  const isOneSided = how === 'semi' || how === 'anti' || how === 'rest';
  const split = isOneSided ? hotKeys.filter(({ side }) => side === 'left') : hotKeys;
  if (split.length === 0 || how === 'rest') return [{ how, left: ofPart, right: ofPart }];
  // NULL is no hot key.
  const chill = sql`(${ofPart} and not coalesce(${isAmong(split, types)}, false))`;
  const ofSide = (side: HotKey['side']): readonly HotKey[] =>
    split.filter((key) => key.side === side);
  const inShard = within ? [bucket(sql`hash(${keyNames(types.length)})`, within)] : [];
  const among = (side: HotKey['side']): Sql =>
    sql`(${join([isAmong(ofSide(side), types), ...inShard], ' and ')})`;
  const onLeft = among('left');
  const onRight = among('right');
  const branches: Branch[] = [{ how, left: chill, right: chill }];
  if (ofSide('left').length > 0) {
    const left = sql`(${onLeft} and ${dealt})`;
    branches.push({ how: withoutRest(how), left, right: onLeft, build: 'right' });
  }
  if (ofSide('right').length > 0) {
    const right = sql`(${onRight} and ${dealt})`;
    const kept = how === 'right' || how === 'full' ? 'right' : 'inner';
    // A row of the left side has partners on the main right side, but maybe none on another one.
    branches.push({ how: kept, others: how, left: onRight, right, build: 'left' });
  }
  return branches;
}

/** A part of a part by the hash of the key is one of more parts by the same hash. */
function nested({ part, parts, within = { part: 0, parts: 1 } }: Part): {
  readonly part: number;
  readonly parts: number;
} {
  return { part: within.part + part * within.parts, parts: within.parts * parts };
}

/** The join without the rows of the right side that match nothing. */
function withoutRest(how: How): How {
  if (how === 'right') return 'inner';
  return how === 'full' ? 'left' : how;
}

function hasRest(how: How): boolean {
  return how === 'right' || how === 'full';
}

/** The condition that a row's main key falls into a part. */
export function bucketOf(
  { rights, main }: JoinSpec,
  part: { readonly part: number; readonly parts: number },
): Sql {
  return bucket(sql`hash(${keyNames(rights[main]?.keys.length ?? 0)})`, part);
}

function bucket(
  hash: Sql,
  { part, parts }: { readonly part: number; readonly parts: number },
): Sql {
  return sql`(${hash} % ${raw(String(parts))} = ${raw(String(part))})`;
}

/** `"k0", "k1"`. */
function keyNames(keys: number): readonly Sql[] {
  return Array.from({ length: keys }, (_, index) => raw(`"k${index}"`));
}

/** NULL where a key is. As plain as can be, so that the engine skips what it need not read. */
function isAmong(keys: readonly HotKey[], types: readonly string[]): Sql {
  const names = keyNames(types.length);
  const value = ({ values }: HotKey, index: number): Sql =>
    sql`cast(${values[index] ?? null} as ${raw(types[index] ?? 'VARCHAR')})`;
  const [only, ...others] = names;
  if (keys.length === 0) return raw('false');
  if (only && others.length === 0) return sql`${only} in (${keys.map((key) => value(key, 0))})`;
  const isKey = (key: HotKey): Sql =>
    sql`(${join(
      names.map((name, index) => sql`${name} = ${value(key, index)}`),
      ' and ',
    )})`;
  return sql`(${join(keys.map(isKey), ' or ')})`;
}
