import { identifier, join, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { How, JoinSpec, OutColumn, Side } from './spec.ts';
import { branchesOf } from './split.ts';
import type { Branch, Part } from './split.ts';

/** A query, and whether the engine must keep the order in which its joins are written. */
export interface JoinQuery {
  readonly query: Sql;
  /** The engine builds the hash table of what stands behind `join`. */
  readonly isOrdered: boolean;
}

export interface QueryOptions {
  /** The smaller side, of which a hash table is built where there is one right side. */
  readonly build: 'left' | 'right';
  /** Whether no key occurs twice on a right side, so that the place of the left side's row decides the order. */
  readonly isUnique?: boolean;
}

/**
 * One part of a join, sorted by the main key, then by the places of the rows in their files: the
 * same rows always come in the same order.
 */
export function joinQuery(spec: JoinSpec, part: Part, options: QueryOptions): JoinQuery {
  const types = (spec.rights[spec.main]?.keys ?? []).map(({ type }) => type);
  const branches = branchesOf(spec.how, part, types);
  const rows = branches.map((branch) =>
    branchQuery(spec, branch, { ...options, build: branch.build ?? options.build }),
  );
  const outer = spec.columns.map(
    ({ name }, index) => sql`${raw(`"o${index}"`)} as ${identifier(name)}`,
  );
  const order = [...types.keys()].map((index) => raw(`"${sortName(spec, index)}"`));
  const places = placesOf(spec, options).map((index) => raw(`"p${index}"`));
  return {
    query: sql`select ${outer} from (${join(rows, ' union all ')})
      order by ${[...order, raw('"p"'), ...places]}`,
    isOrdered: branches.every(({ how }) => how !== 'semi' && how !== 'anti' && how !== 'rest'),
  };
}

/** The right sides whose places matter to the order: rows without one of the left side are told apart by them. */
function placesOf(
  { how, rights }: JoinSpec,
  { isUnique = false }: QueryOptions,
): readonly number[] {
  const isLeftEnough = isUnique && how !== 'right' && how !== 'full' && how !== 'rest';
  return isLeftEnough ? [] : [...rights.keys()];
}

/** Where a key is a column of the result as it is, rows are sorted by that, so that they carry it once. */
function sortName(spec: JoinSpec, index: number): string {
  const position = keyPosition(spec, index);
  return position === undefined ? `s${index}` : `o${position}`;
}

/** Which column of the result is one of the left side's keys for the main right side, as it is. */
export function keyPosition(
  { how, left, rights, main, columns }: JoinSpec,
  index: number,
): number | undefined {
  const key = rights[main]?.keys[index]?.left;
  const position = columns.findIndex(
    (column) => column.left !== undefined && left.columns[column.left]?.value === key,
  );
  const isKept = how !== 'right' && how !== 'full' && how !== 'rest';
  return isKept && position >= 0 ? position : undefined;
}

/** `select` of one branch: the columns of the result as `o0`, …, the main key as `s0`, … and the rows' places. */
function branchQuery(spec: JoinSpec, branch: Branch, options: QueryOptions): Sql {
  const { rights, main } = spec;
  const { how } = branch;
  const columns = spec.columns.map(
    (column, index) => sql`${valueOf(column, how)} as ${raw(`"o${index}"`)}`,
  );
  const keys = (rights[main]?.keys ?? []).flatMap((_, index) =>
    sortName(spec, index) === `s${index}`
      ? [sql`${keyOf(how, main, index)} as ${raw(`"s${index}"`)}`]
      : [],
  );
  const noLeft = how === 'rest';
  const noRight = how === 'semi' || how === 'anti';
  const place = (name: string, value: string, isAbsent: boolean): Sql =>
    raw(`${isAbsent ? 'null::bigint' : value} as "${name}"`);
  const places = [
    place('p', 'l."place"', noLeft),
    ...placesOf(spec, options).map((index) => place(`p${index}`, `r${index}."place"`, noRight)),
  ];
  return sql`select ${[...columns, ...keys, ...places]} from ${tables(spec, branch, options.build)}`;
}

function tables(
  spec: JoinSpec,
  { how, others = how, left, right }: Branch,
  build: 'left' | 'right',
): Sql {
  const [first] = spec.rights;
  const leftTable = sql`(${rowsOf(leftOf(spec), left)}) l`;
  const rightTable = (index: number): Sql =>
    sql`(${rowsOf(rightOf(spec, index), index === spec.main ? right : raw('true'))}) ${raw(`r${index}`)}`;
  const on = (index: number): Sql => joinCondition(spec, index);
  if (how === 'rest') return sql`${rightTable(0)} anti join ${leftTable} on ${on(0)}`;
  if (first && spec.rights.length === 1 && build === 'left' && how in mirrored) {
    return sql`${rightTable(0)} ${raw(mirrored[how] ?? how)} join ${leftTable} on ${on(0)}`;
  }
  const joined = spec.rights.map(
    (_, index) =>
      sql`${raw(index === spec.main ? how : others)} join ${rightTable(index)} on ${on(index)}`,
  );
  return join([leftTable, ...joined], ' ');
}

/** The same join with its sides changed over. */
const mirrored: Partial<Record<How, string>> = {
  inner: 'inner',
  left: 'right',
  right: 'left',
  full: 'full',
};

/** What makes rows of the left side `l` and a right one `r<index>` partners. */
export function joinCondition({ rights, main }: JoinSpec, index: number): Sql {
  const pairs = (rights[index]?.keys ?? []).map((_, key) =>
    raw(`l."${leftKey(index, main, key)}" = r${index}."k${key}"`),
  );
  return join(pairs, ' and ');
}

/** The name of a key's column on the left side, `k0`, … for the main right side; on the right one it is `k<key>`. */
function leftKey(index: number, main: number, key: number): string {
  return index === main ? `k${key}` : `j${index}_${key}`;
}

interface Table {
  readonly side: Side;
  readonly keys: readonly { readonly name: string; readonly value: Sql }[];
}

function leftOf({ left, rights, main }: JoinSpec): Table {
  const keys = rights.flatMap((right, index) =>
    right.keys.map((pair, key) => ({ name: leftKey(index, main, key), value: pair.left })),
  );
  return { side: left, keys };
}

function rightOf({ rights }: JoinSpec, index: number): Table {
  const side = rights[index];
  if (!side) throw new Error(`there is no right side ${index}`);
  return { side, keys: side.keys.map((pair, key) => ({ name: `k${key}`, value: pair.right })) };
}

/** A side's rows: columns as `c0`, …, keys, and the place of a row in the side's files. */
function rowsOf({ side, keys }: Table, where: Sql): Sql {
  const columns = side.columns.map(({ value }, index) => sql`${value} as ${raw(`"c${index}"`)}`);
  const named = keys.map(({ name, value }) => sql`${value} as ${identifier(name)}`);
  return sql`select * from (select ${[...columns, ...named]}, ${side.place} as "place"
    from ${side.source}) where ${where}`;
}

/** Only the keys of a side and the places of its rows, for counting. */
export function keysOf(spec: JoinSpec, side: 'left' | number, where: Sql): Sql {
  const table = side === 'left' ? leftOf(spec) : rightOf(spec, side);
  return rowsOf({ ...table, side: { ...table.side, columns: [] } }, where);
}

function valueOf({ left, right, type }: OutColumn, how: How): Sql {
  const ofLeft = left === undefined ? undefined : raw(`l."c${left}"`);
  const ofRight = right && raw(`r${right.join}."c${right.column}"`);
  if (how === 'semi' || how === 'anti' || !ofRight) {
    return how === 'rest' ? sql`null::${raw(type)}` : (ofLeft ?? raw('null'));
  }
  if (how === 'rest') return ofLeft ? sql`try_cast(${ofRight} as ${raw(type)})` : ofRight;
  if (!ofLeft) return ofRight;
  const isKept = how === 'inner' || how === 'left';
  return isKept ? ofLeft : sql`coalesce(${ofLeft}, try_cast(${ofRight} as ${raw(type)}))`;
}

function keyOf(how: How, main: number, index: number): Sql {
  if (how === 'rest') return raw(`r${main}."k${index}"`);
  return how === 'right' || how === 'full'
    ? raw(`coalesce(l."k${index}", r${main}."k${index}")`)
    : raw(`l."k${index}"`);
}
