import { DATA_FILE, prefixOf } from '../../dataset/layout.ts';
import type { Column } from '../../dataset/manifest.ts';
import { readManifest } from '../../dataset/published.ts';
import { setPartition } from '../../dataset/snapshot.ts';
import { parquet } from '../../engine/parquet.ts';
import { textAt } from '../../engine/row.ts';
import { identifier, join, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { RowCounts } from '../../ledger/events.ts';
import type { SetEffects } from '../merge/store-set.ts';
import { PLACE } from './computing.ts';
import type { Computed, ToCompute } from './computing.ts';

export interface Rejects {
  readonly path: string;
  readonly rows: number;
  readonly schema: readonly Column[];
  /** The first one for people, if there is any. */
  readonly first: string;
}

const NO_ROW = 'no row was given for it';

/** Writes the records that have no row: `key` (columns of a key of several joined by `, `), `reason` and the `record` as JSON. */
export async function writeRejects(
  { engine, staging }: Pick<SetEffects, 'engine' | 'staging'>,
  { path: records, key }: ToCompute,
  done: Computed | undefined,
  failures: string | undefined,
): Promise<Rejects> {
  const place = identifier(PLACE);
  const texts = join(
    key.map(({ name }) => sql`${identifier(name)}::varchar`),
    ` || ', ' || `,
  );
  const all = sql`select file_row_number as ${place}, ${texts} as key, to_json(__pipe_record)::varchar as record
    from ${parquet([records])} __pipe_record`;
  const known: Sql =
    failures === undefined
      ? sql`select 0::bigint as ${place}, '' as reason where false`
      : sql`select * from ${parquet([failures])}`;
  const computed = done
    ? sql`anti join (select ${place} from ${parquet([done.path])}) using (${place})`
    : sql``;
  const path = staging.path(DATA_FILE);
  const { rows, schema } = await engine.write(
    sql`select key, coalesce(reason, ${NO_ROW}::varchar) as reason, record
      from (select * from (${all}) ${computed}) left join (${known}) using (${place}) order by ${place}`,
    path,
  );
  const [first] = await engine.rows(sql`select key, reason from ${parquet([path])} limit 1`);
  return {
    path,
    rows,
    schema,
    first: first ? `'${textAt(first, 'key')}': ${textAt(first, 'reason')}` : '',
  };
}

/** Publishes the rejects of a day, if there are any or were. */
export async function publishRejects(
  { engine, staging, store, publish }: Pick<SetEffects, 'engine' | 'staging' | 'store' | 'publish'>,
  { dataset, day }: { readonly dataset: string; readonly day: string },
  rows: RowCounts,
  rejects: Rejects | undefined,
): Promise<void> {
  const partition = setPartition(`rejects/${dataset}`, day);
  const isNeeded = rows.rejected > 0 || (await readManifest(store, prefixOf(partition)));
  if (!isNeeded) return;
  const { path, schema } = rejects ?? (await noRejects({ engine, staging }));
  const files = [{ name: DATA_FILE, path, rows: rows.rejected }];
  await publish({ partition, files, rows, holds: 'rejected', schema });
}

async function noRejects({
  engine,
  staging,
}: Pick<SetEffects, 'engine' | 'staging'>): Promise<Pick<Rejects, 'path' | 'schema'>> {
  const path = staging.path(DATA_FILE);
  const none = sql`select '' as key, '' as reason, '' as record where false`;
  const { schema } = await engine.write(none, path);
  return { path, schema };
}
