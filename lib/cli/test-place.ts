import { listPartitions } from '../dataset/catalog.ts';
import { datasetsIn } from '../dataset/datasets.ts';
import { DATA_FILE } from '../dataset/layout.ts';
import type { Partition } from '../dataset/layout.ts';
import { publish } from '../dataset/publish.ts';
import { openDuckDB } from '../engine/duckdb.ts';
import type { Engine, Row } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { stageRecords } from '../operations/records/stage.ts';
import { tableOf } from '../operations/records/table.ts';
import type { Staging, Store } from '../store/store.ts';
import { storeIn } from './compose.ts';

/** Where a test has its partitions. */
export interface Place {
  readonly store: Store;
  readonly staging: Staging;
  readonly engine: Engine;
}

export async function openPlace(uri: string, cwd: string): Promise<Place> {
  const store = await storeIn(uri, cwd);
  const staging = await store.openStaging('test');
  return { store, staging, engine: await openDuckDB({ threads: 1 }) };
}

/** Publishes a partition that holds these records. */
export async function publishRows(
  partition: Partition,
  records: readonly Readonly<Record<string, unknown>>[],
  { store, staging, engine }: Place,
): Promise<void> {
  const effects = {
    engine: () => Promise.resolve(engine),
    staging: () => Promise.resolve(staging),
  };
  const { path: file, rows, schema } = await stageRecords(records, {}, effects);
  const draft = {
    partition,
    files: [{ name: DATA_FILE, path: file, rows }],
    rows: { in: rows, out: rows, rejected: 0, filtered: 0 },
    schema,
  };
  const fingerprint = { task: 'given', argv: [], settings: {}, code: '', engine: engine.id };
  const at = '1970-01-01T00:00:00.000Z';
  await publish(store, draft, { run: 'given', command: 'given', fingerprint, inputs: [], at });
}

/** The rows of each dataset, with the keys of their partitions. */
export async function rowsOf({
  store,
  staging,
  engine,
}: Place): Promise<Readonly<Record<string, readonly Row[]>>> {
  const rows: Record<string, readonly Row[]> = {};
  for await (const dataset of datasetsIn(store)) {
    const partitions: Partition[] = [];
    for await (const { partition } of listPartitions(store, dataset)) partitions.push(partition);
    const table = await tableOf(store, staging, partitions);
    rows[dataset] = await engine.rows(sql`select * from ${table.sql}`);
  }
  return rows;
}
