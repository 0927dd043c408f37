import { DATA_FILE, prefixOf } from '../../dataset/layout.ts';
import type { Partition } from '../../dataset/layout.ts';
import type { Column, Manifest } from '../../dataset/manifest.ts';
import type { Draft } from '../../dataset/publish.ts';
import { readManifest } from '../../dataset/published.ts';
import { parquet } from '../../engine/parquet.ts';
import { sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import type { RowCounts } from '../../ledger/events.ts';
import type { ColumnTypes } from '../../formats/column-types.ts';
import { isQuery } from './query.ts';
import type { Query } from './query.ts';
import { prepared } from './read.ts';
import type { DataEffects } from '../relation/effects.ts';
import { stageRecords } from './stage.ts';
import type { Counts, Tally } from './tally.ts';

/** What a partition is to hold: the result of a query, or records of JavaScript. */
export type Content = Query | Records;

export type Records =
  | Iterable<Readonly<Record<string, unknown>>>
  | AsyncIterable<Readonly<Record<string, unknown>>>;

export interface WriteOptions {
  /** Types of columns of records that their values do not tell, or tell wrongly. */
  readonly columns?: ColumnTypes;
  /** With more rejected records than that nothing is published. Default: any number. */
  readonly maxRejects?: number;
}

export interface WriteEffects extends DataEffects {
  publish(draft: Draft): Promise<Manifest>;
}

/**
 * Publishes a partition with this content. Records that were read with `rows` since the last time
 * are its input: those that did not come out again count as filtered, and those that could not be
 * read are published beside it, in `rejects/<dataset>`. Of a query its tables' rows are the input.
 *
 * Throws UserError for values that fit no column and for too many rejects; nothing is published then.
 */
export async function writePartition(
  partition: Partition,
  content: Content,
  options: WriteOptions,
  effects: WriteEffects,
  tally: Tally,
): Promise<Manifest> {
  const staged = isQuery(content)
    ? await stageQuery(content, effects)
    : { ...(await stageRecords(content, options, effects)), read: undefined };
  const { rejects, ...counts } = await tally.take();
  checkRejects(partition, counts, options);
  const rows = isQuery(content)
    ? queryRows(staged.read ?? 0, counts.rejected, staged.rows)
    : recordRows(counts.read, counts.rejected, staged.rows);
  await publishRejects(partition, rows, rejects, effects);
  const { path, schema } = staged;
  const files = [{ name: DATA_FILE, path, rows: staged.rows }];
  return effects.publish({ partition, files, rows, schema });
}

interface Staged {
  readonly path: string;
  readonly rows: number;
  readonly schema: readonly Column[];
}

async function stageQuery(
  query: Query,
  effects: WriteEffects,
): Promise<Staged & { readonly read: number }> {
  const { sql: statement, rows: read } = await prepared(query, effects);
  const path = (await effects.staging()).path(DATA_FILE);
  const { rows, schema } = await (await effects.engine()).write(statement, path);
  return { path, rows, schema, read };
}

/** What a query does with the rows it reads is known to its author alone: they count as aggregated. */
function queryRows(read: number, rejected: number, out: number): RowCounts {
  return { in: read + rejected, out, rejected, filtered: 0, aggregated: read };
}

/** Records that nobody read were made, and count as read. */
function recordRows(read: number, rejected: number, out: number): RowCounts {
  return { in: Math.max(read, out) + rejected, out, rejected, filtered: Math.max(read - out, 0) };
}

function checkRejects(
  partition: Partition,
  { read, rejected }: Counts,
  { maxRejects }: WriteOptions,
): void {
  if (maxRejects === undefined || rejected <= maxRejects) return;
  throw new UserError(
    `${rejected} of ${read + rejected} records for '${prefixOf(partition)}' cannot be read, more than maxRejects: ${maxRejects}; ` +
      'nothing was published. Raise the limit to keep the good ones and find the others in rejects/',
  );
}

async function publishRejects(
  partition: Partition,
  rows: RowCounts,
  from: string | undefined,
  effects: WriteEffects,
): Promise<void> {
  const { dataset, keys } = partition;
  const rejects = { dataset: `rejects/${dataset}`, keys };
  const isNeeded = from !== undefined || (await readManifest(effects.store, prefixOf(rejects)));
  if (!isNeeded) return;
  const none = sql`select '' as source, 0::bigint as line, '' as reason, '' as text where false`;
  const path = (await effects.staging()).path(DATA_FILE);
  const query = from === undefined ? none : sql`select * from ${parquet([from])}`;
  const { schema } = await (await effects.engine()).write(query, path);
  const files = [{ name: DATA_FILE, path, rows: rows.rejected }];
  await effects.publish({ partition: rejects, files, rows, holds: 'rejected', schema });
}
