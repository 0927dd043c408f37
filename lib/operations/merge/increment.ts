import type { Column } from '../../dataset/manifest.ts';
import { parquet } from '../../engine/parquet.ts';
import { identifier, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import type { RowCounts } from '../../ledger/events.ts';
import { INCREMENT_GROUP_ROWS, writeBuckets } from './bucket-files.ts';
import { checkNoNulls } from './check-keys.ts';
import { inputsOf } from './full.ts';
import type { Standing } from './guards.ts';
import { keyColumns } from './key.ts';
import { load } from './load.ts';
import type { Loaded } from './load.ts';
import { DELETED, evolve, find, keyIn, selected } from './schema.ts';
import { publishSet, sourceText } from './store-set.ts';
import type { SetEffects, SetOptions } from './store-set.ts';

/** How records become an increment. */
export interface IncrementOptions extends SetOptions {
  /** Records in which the column has this value say that their key is gone. */
  readonly deletes?: { readonly column: string; readonly value: string };
  /** Of several records of a key the one with the greatest value counts; left out: the last one. */
  readonly order?: string;
}

/**
 * Stores records that are new, changed or gone as the increment of a day. Of several records of a
 * key the last one counts: by the order column, as numbers where all its values are numbers, and
 * among equals by their order in the source. The column that marks deletes is stored only where the
 * dataset has it.
 */
export async function storeIncrement(
  effects: SetEffects,
  options: IncrementOptions,
  { before, present }: Standing,
): Promise<RowCounts> {
  const { dataset, day, from, deletes, order } = options;
  if (!before) {
    throw new UserError(
      `${dataset}: there is no state before ${day} that an increment could change. Store one first: pipe snapshot:full -- --dataset=${dataset} --key=<columns> --from=<uri>`,
    );
  }
  const { schema: old } = before.tip.manifest;
  const { key: names } = before.tip.set;
  const loaded = await load(effects, options.source);
  if (deletes) demandColumn(loaded, deletes.column, '--deletes', from);
  if (order !== undefined) demandColumn(loaded, order, '--order', from);
  const isMark = (column: Column): boolean =>
    deletes !== undefined &&
    find([column], deletes.column) !== undefined &&
    !find(old, column.name);
  const columns = loaded.columns.filter((column) => !isMark(column));
  const schema = evolve(old, columns, { key: names, from, accept: options.acceptSchema });
  const key = keyIn(schema, names);
  await checkNoNulls(effects, loaded, key, from);
  const ranked = await rankedBy(effects, loaded, order);
  // No row_number(): DuckDB 1.5.6 makes a join of it on the rows' places, whose types differ, and fails.
  const buckets = await writeBuckets(
    effects,
    sql`select ${selected(schema, columns)}, ${isGone(deletes)} as ${identifier(DELETED)}
      from (select *, file_row_number as __pipe_place from ${parquet([loaded.path])})
      qualify rank() over (partition by ${keyColumns(key)} order by ${ranked}__pipe_place desc) = 1`,
    key,
    { ...options.bucketSize, rowGroupRows: INCREMENT_GROUP_ROWS },
  );
  const out = buckets.reduce((sum, { file }) => sum + file.rows, 0);
  const rows = { in: loaded.rows, out, rejected: 0, filtered: loaded.rows - out };
  await publishSet(effects, options, present, {
    kind: 'increment',
    key: names,
    schema,
    buckets,
    rows,
    after: before.tip.day,
    source: sourceText(options),
    inputs: inputsOf(options),
  });
  return rows;
}

function isGone(deletes: IncrementOptions['deletes']): Sql {
  if (!deletes) return raw('false');
  return sql`coalesce(${identifier(deletes.column)}::varchar = ${deletes.value}, false)`;
}

/** What sorts the records of a key, the one that counts first. */
async function rankedBy(
  { engine }: SetEffects,
  { path, columns }: Loaded,
  order: string | undefined,
): Promise<Sql> {
  if (order === undefined) return raw('');
  const column = identifier(order);
  const isText = find(columns, order)?.type === 'VARCHAR';
  if (!isText) return sql`${column} desc nulls last, `;
  const [odd] = await engine.rows(sql`select 1 as odd from ${parquet([path])}
    where ${column} is not null and try_cast(${column} as double) is null limit 1`);
  return odd ? sql`${column} desc nulls last, ` : sql`cast(${column} as double) desc nulls last, `;
}

function demandColumn(
  { columns }: Loaded,
  name: string,
  option: '--deletes' | '--order',
  from: string,
): void {
  if (find(columns, name)) return;
  throw new UserError(
    `'${from}' has no column '${name}'; its columns are ${columns.map((column) => column.name).join(', ')}. Name one of them with ${option}.`,
  );
}
