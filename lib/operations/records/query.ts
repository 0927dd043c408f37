import type { Partition } from '../../dataset/layout.ts';
import { join, raw, sql } from '../../engine/sql.ts';
import type { Sql, SqlValue } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';

/** SQL as a task writes it, with partitions of datasets in the place of tables. Nothing is read before it runs. */
export interface Query {
  readonly [query]: true;
  readonly strings: readonly string[];
  readonly parts: readonly QueryPart[];
}

/** A value is bound; a partition, or several as a list, is a table; `Sql` is spliced in; a list of values becomes `a, b`. */
export type QueryPart =
  | SqlValue
  | Sql
  | Partition
  | readonly (SqlValue | Sql)[]
  | readonly Partition[];

const query = Symbol('query');

/**
 * A query of a template. Nothing that stands in `${…}` can become SQL but other `sql`.
 * @example sql`select count(*) as n from ${events({ site, date })} where status = ${404}`
 */
export function queryOf(strings: TemplateStringsArray, ...parts: readonly QueryPart[]): Query {
  return { [query]: true, strings: [...strings], parts };
}

export function isQuery(value: unknown): value is Query {
  return typeof value === 'object' && value !== null && query in value;
}

/** The query with what `tableOf` gives in the place of its partitions, in their order. */
export async function resolveQuery(
  { strings, parts }: Query,
  tableOf: (partitions: readonly Partition[]) => Promise<Sql>,
): Promise<Sql> {
  const pieces = [raw(strings[0] ?? '')];
  for (const [index, part] of parts.entries()) {
    const partitions = partitionsIn(part);
    pieces.push(partitions ? await tableOf(partitions) : spliced(part));
    pieces.push(raw(strings[index + 1] ?? ''));
  }
  return join(pieces, '');
}

function partitionsIn(part: QueryPart): readonly Partition[] | undefined {
  const items = itemsOf(part);
  const partitions = items.filter(isPartition);
  if (partitions.length === 0) return undefined;
  if (partitions.length === items.length) return partitions;
  throw new UserError(
    'a list in a query holds partitions and other things; expected partitions alone, which make one table, or values alone',
  );
}

function spliced(part: QueryPart): Sql {
  return sql`${itemsOf(part).filter(isSplice)}`;
}

function itemsOf(part: QueryPart): readonly Item[] {
  return isList(part) ? part : [part];
}

function isList(part: QueryPart): part is Extract<QueryPart, readonly unknown[]> {
  return Array.isArray(part);
}

function isPartition(item: Item): item is Partition {
  return typeof item === 'object' && item !== null && 'dataset' in item;
}

function isSplice(item: Item): item is SqlValue | Sql {
  return !isPartition(item);
}

type Item = SqlValue | Sql | Partition;
