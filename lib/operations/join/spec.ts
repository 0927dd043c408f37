import { raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UsageError } from '../../errors.ts';

export const hows = ['inner', 'left', 'right', 'full', 'semi', 'anti', 'rest'] as const;

/** Which rows come out. `rest`: rows of the right side that match nothing, with the columns of a full join. */
export type How = (typeof hows)[number];

/** How a join is cut into parts; see `split.ts`. */
export type Strategy = 'plain' | 'shards' | 'hot' | 'salted';

/** A column of each side that must be equal, compared as `type` where one is given. */
export interface Key {
  readonly left: string;
  readonly right: string;
  readonly type?: KeyType;
}

const keyTypes = {
  bigint: 'BIGINT',
  integer: 'INTEGER',
  double: 'DOUBLE',
  varchar: 'VARCHAR',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMP WITH TIME ZONE',
  boolean: 'BOOLEAN',
  uuid: 'UUID',
} as const;

export type KeyType = keyof typeof keyTypes;

/**
 * Reads keys as usages write them: `user,day` or `user_id=id::bigint`.
 * Throws UsageError that names the option for anything else.
 */
export function parseKeys(text: string, option: string): readonly Key[] {
  return text.split(',').map((item) => parseKey(item.trim(), option));
}

function parseKey(item: string, option: string): Key {
  const [, left, right = left, type] = /^([^=]+?)(?:=([^=]+?))?(?:::(\w+))?$/.exec(item) ?? [];
  if (left === undefined || right === undefined) {
    throw new UsageError(
      `${option}: '${item}' is not a key; write for example ${option}=user, ${option}=user_id=id or ${option}=id::bigint`,
    );
  }
  if (type === undefined) return { left, right };
  const known = type.toLowerCase();
  if (isKeyType(known)) return { left, right, type: known };
  throw new UsageError(
    `${option}: '${type}' is not a type to compare as; it is one of ${Object.keys(keyTypes).join(', ')}`,
  );
}

function isKeyType(text: string): text is KeyType {
  return Object.hasOwn(keyTypes, text);
}

/** A key's value as the type it is compared as; what cannot be read as that type is NULL, matches nothing and is counted (see `unreadable.ts`). */
export function castTo(type: KeyType, value: Sql): Sql {
  return sql`try_cast(${value} as ${raw(keyTypes[type])})`;
}

/** A column of a side: its name and type, and its value in the side's source. */
export interface SideColumn {
  readonly name: string;
  readonly type: string;
  readonly value: Sql;
  /** Stands in the partition's path, and so not in the result of a left side. */
  readonly isKeyOfPartition?: boolean;
}

/** A side as the engine reads it. */
export interface Side {
  /** What stands behind `from`. */
  readonly source: Sql;
  /** A number that tells the side's rows apart, always the same for the same files. */
  readonly place: Sql;
  readonly columns: readonly SideColumn[];
}

/** A right side with its keys as pairs of values of both sides. */
export interface RightSide extends Side {
  readonly keys: readonly KeyPair[];
}

export interface KeyPair {
  readonly left: Sql;
  readonly right: Sql;
  /** The engine's type of both values. */
  readonly type: string;
  /** Columns whose values were asked to be read as another type. */
  readonly read?: { readonly left: SideColumn; readonly right: SideColumn };
}

/** A column of the result. Of the left side, of a right one, or of both: a key with the same name. */
export interface OutColumn {
  readonly name: string;
  readonly type: string;
  /** Position among the left side's columns. */
  readonly left?: number;
  /** Position among a right side's columns. */
  readonly right?: { readonly join: number; readonly column: number };
}

/** A join as a whole, whatever way it is done. */
export interface JoinSpec {
  readonly how: How;
  readonly left: Side;
  readonly rights: readonly RightSide[];
  readonly columns: readonly OutColumn[];
  /** The right side whose keys decide which rows come together where a join is cut into parts. */
  readonly main: number;
}
