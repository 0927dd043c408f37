import type { Column } from '../../dataset/manifest.ts';
import type { Bounds } from '../../dataset/snapshot.ts';
import { identifier, join, literal, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';

/** The columns of a key with their types, in the order that sorts records. */
export type Key = readonly Column[];

/** A part of the keys: from the first of a bucket up to that of the next; open where a side is left out. */
export interface KeyRange {
  readonly from?: readonly string[];
  /** Exclusive. */
  readonly to?: readonly string[];
}

/** `"a", "b"`. */
export function keyColumns(key: Key): Sql {
  return sql`${key.map(({ name }) => identifier(name))}`;
}

/** The n-th column of a key as text; no column of a source has this name. */
export function textColumn(n: number): string {
  return `__pipe_key${n}`;
}

/** The key's columns as texts, which `cast` reads back, as {@link textColumn}. */
export function keyTexts(key: Key): Sql {
  const texts = key.map(
    ({ name }, n) => sql`${identifier(name)}::varchar as ${raw(textColumn(n))}`,
  );
  return sql`${texts}`;
}

/** Whether the keys of rows lie in a range. The first column stands alone too, so that row groups are skipped by it. */
export function isWithin(key: Key, { from, to }: KeyRange): Sql {
  const conditions = [
    ...(from ? [sql`not (${isBefore(key, from)})`, ...edge(key, from, '>=')] : []),
    ...(to ? [isBefore(key, to), ...edge(key, to, '<=')] : []),
  ];
  return conditions.length === 0 ? raw('true') : join(conditions, ' and ');
}

/** Whether the keys of rows lie between two others, both inclusive. */
export function isBetween(key: Key, { first, last }: Bounds): Sql {
  return sql`(not (${isBefore(key, first)}) and ${isBefore(key, last, '<=')})`;
}

/** Which bucket the key of a row belongs to, where each begins with one of `firsts`; what comes before all is in the first. */
export function bucketOf(key: Key, firsts: readonly (readonly string[])[]): Sql {
  const search = (low: number, high: number): Sql => {
    if (low >= high) return raw(String(low));
    const middle = Math.ceil((low + high) / 2);
    const before = isBefore(key, firsts[middle] ?? []);
    return sql`case when ${before} then ${search(low, middle - 1)} else ${search(middle, high)} end`;
  };
  return search(0, Math.max(firsts.length - 1, 0));
}

/** The ranges that buckets cover together: no key is in none, and none is in two. */
export function rangesOf(buckets: readonly { readonly first: readonly string[] }[]): KeyRange[] {
  if (buckets.length === 0) return [{}];
  return buckets.map(({ first }, index) => {
    const next = buckets[index + 1];
    return { ...(index > 0 && { from: first }), ...(next && { to: next.first }) };
  });
}

/** A text of a key as a value of its column. */
export function keyValue({ type }: Column, text: string): Sql {
  return sql`cast(${literal(text)} as ${typeName(type)})`;
}

/** The name of a type as the engine gave it. Throws UserError for what no engine has written. */
export function typeName(type: string): Sql {
  // Fields of a struct may have any name in quotes.
  const bare = type.replaceAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'/g, '');
  if (/^[\w\s(),.[\]]+$/.test(bare)) return raw(type);
  throw new UserError(
    `'${type}' in a manifest is no type of a column. The manifest was changed by somebody else; store the whole state anew with snapshot:full.`,
  );
}

/** Whether keys come before a bound; with `<=` also the bound itself. */
function isBefore(key: Key, bound: readonly string[], operator: '<' | '<=' = '<'): Sql {
  const [column, ...rest] = key;
  const [text = '', ...texts] = bound;
  if (!column) return raw('false');
  const name = identifier(column.name);
  const value = keyValue(column, text);
  if (rest.length === 0) return sql`${name} ${raw(operator)} ${value}`;
  return sql`(${name} < ${value} or (${name} = ${value} and ${isBefore(rest, texts, operator)}))`;
}

function edge([column]: Key, [text = '']: readonly string[], operator: '>=' | '<='): Sql[] {
  if (!column) return [];
  return [sql`${identifier(column.name)} ${raw(operator)} ${keyValue(column, text)}`];
}
