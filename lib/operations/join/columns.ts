import { sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UsageError } from '../../errors.ts';
import { castTo } from './spec.ts';
import type { How, Key, KeyPair, OutColumn, Side, SideColumn } from './spec.ts';

/**
 * The values that are compared, by key. Integers of different widths are compared as the widest,
 * float and double as double; other types that differ are an error that names the casts to choose from.
 */
export function pairKeys(left: Side, right: Side, keys: readonly Key[]): readonly KeyPair[] {
  return keys.map((key) => {
    const ofLeft = columnOf(left, key.left, 'left');
    const ofRight = columnOf(right, key.right, 'right');
    if (key.type !== undefined) {
      const cast = (column: SideColumn): Sql => castTo(key.type ?? 'varchar', column.value);
      const read = { left: ofLeft, right: ofRight };
      return { left: cast(ofLeft), right: cast(ofRight), type: key.type, read };
    }
    if (ofLeft.type === ofRight.type) {
      return { left: ofLeft.value, right: ofRight.value, type: ofLeft.type };
    }
    const common = commonType(ofLeft.type, ofRight.type);
    if (common === undefined) throw differentTypes(key, ofLeft, ofRight);
    const cast = ({ value }: SideColumn): Sql => sql`cast(${value} as ${common.type})`;
    return { left: cast(ofLeft), right: cast(ofRight), type: common.name };
  });
}

function columnOf({ columns }: Side, name: string, side: string): SideColumn {
  const found = find(columns, name);
  if (found) return found;
  const names = columns.map((column) => column.name).join(', ');
  throw new UsageError(`--on: the ${side} side has no column '${name}'; it has ${names}`);
}

/** Names are the same whatever their case, as they are to the engine. */
function find<Named extends { readonly name: string }>(
  columns: readonly Named[],
  name: string,
): Named | undefined {
  return (
    columns.find((column) => column.name === name) ??
    columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
  );
}

const integers = new Set(
  ['', 'U'].flatMap((sign) =>
    ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT'].map((type) => sign + type),
  ),
);
const floats = new Set(['FLOAT', 'DOUBLE']);

function commonType(
  a: string,
  b: string,
): { readonly type: Sql; readonly name: string } | undefined {
  if (integers.has(a) && integers.has(b)) return { type: sql`hugeint`, name: 'HUGEINT' };
  return floats.has(a) && floats.has(b) ? { type: sql`double`, name: 'DOUBLE' } : undefined;
}

function differentTypes(key: Key, left: SideColumn, right: SideColumn): UsageError {
  const written = key.left === key.right ? key.left : `${key.left}=${key.right}`;
  return new UsageError(
    `--on: '${left.name}' is ${left.type} on the left and '${right.name}' is ${right.type} on the right; ` +
      `say what to compare them as, for example --on=${written}::varchar or --on=${written}::bigint`,
  );
}

export interface OutputOptions {
  /** Names of columns of the result; default: all. */
  readonly select?: readonly string[];
  readonly leftPrefix?: string;
  /** By right side. */
  readonly rightPrefixes: readonly (string | undefined)[];
}

/**
 * The columns of the result: those of the left side, then those of each right one. A key that has
 * the same name on both sides comes once, without a prefix. Another column whose name is taken is
 * called `right_<name>` unless a prefix is given.
 */
export function outputColumns(
  how: How,
  left: Side,
  rights: readonly { readonly side: Side; readonly keys: readonly Key[] }[],
  { select, leftPrefix = '', rightPrefixes }: OutputOptions,
): readonly OutColumn[] {
  const keyNames = new Set(rights.flatMap(({ keys }) => keys.map((key) => key.left.toLowerCase())));
  const columns: OutColumn[] = left.columns.flatMap(({ name, type, isKeyOfPartition }, index) => {
    if (isKeyOfPartition) return [];
    const prefix = keyNames.has(name.toLowerCase()) ? '' : leftPrefix;
    return [{ name: prefix + name, type, left: index }];
  });
  const twice = firstTwice(columns.map(({ name }) => name));
  if (twice !== undefined) {
    throw new UsageError(
      `--left-prefix: two columns of the result would be called '${twice}'; choose another prefix`,
    );
  }
  if (how !== 'semi' && how !== 'anti') {
    rights.forEach(({ side, keys }, join) => {
      addRight(columns, { side, keys, join, prefix: rightPrefixes[join], left });
    });
  }
  return select ? selected(columns, select) : columns;
}

interface Added {
  readonly side: Side;
  readonly keys: readonly Key[];
  readonly join: number;
  readonly prefix: string | undefined;
  readonly left: Side;
}

function addRight(columns: OutColumn[], { side, keys, join, prefix, left }: Added): void {
  side.columns.forEach(({ name, type }, column) => {
    const right = { join, column };
    const key = keys.find((each) => find(side.columns, each.right)?.name === name);
    const shared = key && find(left.columns, key.left);
    if (shared && shared.name.toLowerCase() === name.toLowerCase()) {
      const at = columns.findIndex((each) => each.left === left.columns.indexOf(shared));
      const known = columns[at];
      if (known && known.right === undefined) columns[at] = { ...known, right };
      return;
    }
    const isTaken = find(columns, (prefix ?? '') + name) !== undefined;
    const named = (prefix ?? (isTaken ? 'right_' : '')) + name;
    if (find(columns, named)) {
      throw new UsageError(
        `--right: two columns of the result would be called '${named}'; name the right side's apart with --right-prefix=<text>`,
      );
    }
    columns.push({ name: named, type, right });
  });
}

/** The first name that is there before, whatever its case. */
export function firstTwice(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name.toLowerCase()).size);
}

function selected(columns: readonly OutColumn[], names: readonly string[]): readonly OutColumn[] {
  const twice = firstTwice(names);
  if (twice !== undefined) {
    throw new UsageError(`--select: '${twice}' stands there twice; name each column once`);
  }
  return names.map((name) => {
    const found = find(columns, name);
    if (found) return found;
    const known = columns.map((column) => column.name).join(', ');
    throw new UsageError(`--select: the result has no column '${name}'; it has ${known}`);
  });
}
