import { dataPaths } from '../lib/dataset/catalog.ts';
import { prefixOf } from '../lib/dataset/layout.ts';
import { readManifest } from '../lib/dataset/published.ts';
import type { Engine } from '../lib/engine/engine.ts';
import { parquet } from '../lib/engine/parquet.ts';
import { sql } from '../lib/engine/sql.ts';
import { NoDataError } from '../lib/errors.ts';
import { tableBytes } from '../lib/operations/join/advice.ts';
import { lookFrom } from '../lib/operations/join/facts.ts';
import type { HeavyKey, Look } from '../lib/operations/join/look.ts';
import { engineBytes, parseSize, rowGroupRows } from '../lib/operations/join/memory.ts';
import type { PartOptions } from '../lib/operations/join/part.ts';
import { lookPartition } from '../lib/operations/join/request.ts';
import type { JoinRequest } from '../lib/operations/join/request.ts';
import type { HotKey } from '../lib/operations/join/split.ts';
import type { RunContext, SummaryContext } from '../lib/task/task.ts';

/** An engine that keeps to the memory that a join may take, and spills into the run's own folder. */
export async function joinEngine(
  context: RunContext,
  memory: string,
  threads?: number,
): Promise<Engine> {
  const staging = await context.staging();
  staging.path('spill');
  const engine = await context.engine({
    memoryLimit: `${engineBytes(parseSize(memory, '--memory'))}B`,
    spillFolder: staging.folder,
    ...(threads !== undefined && { threads }),
  });
  // Every block of a sample is read on its own, and would begin with the footer of the file.
  await engine.execute(sql`set parquet_metadata_cache = true`);
  // The system has files that are read twice in memory already; a copy of them would take that of the rows.
  await engine.execute(sql`set enable_external_file_cache = false`);
  return engine;
}

/** What reading a row group may take. */
export function scanBytes(memory: string): number {
  return engineBytes(parseSize(memory, '--memory')) * 0.6;
}

/** What join:look has found out; the values of frequent keys only where an engine is given to read them. */
export async function readLook(
  request: JoinRequest,
  context: Pick<SummaryContext, 'store' | 'staging'>,
  engine?: Engine,
): Promise<Look> {
  const prefix = prefixOf(lookPartition(request));
  const published = await readManifest(context.store, prefix);
  if (!published) {
    throw new NoDataError(`${prefix}: nobody has looked at the keys; do so with pipe join:look`);
  }
  const { manifest } = published;
  if (!engine) return lookFrom(manifest.counts ?? {});
  const paths = await dataPaths(context.store, manifest, await context.staging());
  const rows = await engine.rows(sql`select values from ${parquet(paths)} order by rank`);
  const values = rows.map((row) => {
    const texts = row['values'];
    return Array.isArray(texts) ? texts.map(String) : [];
  });
  return lookFrom(manifest.counts ?? {}, values);
}

/** The first so many frequent keys, each dealt out on the side that has more of it. */
export function hotKeysOf({ heavy }: Look, count: number): readonly HotKey[] {
  return heavy.slice(0, count).map((key: HeavyKey) => ({
    values: key.values,
    side: key.left >= key.right ? 'left' : 'right',
  }));
}

export function partOptions(look: Look, build: 'left' | 'right'): PartOptions {
  const width = [look.left, ...look.rights].reduce((sum, facts) => sum + facts.width, 0);
  const bytes = [look.left, ...look.rights].map((facts) => tableBytes(facts, false));
  return {
    build,
    rowGroupRows: rowGroupRows(width),
    heavy: hotKeysOf(look, look.heavy.length),
    spillBytes: bytes.reduce((sum, each) => sum + each, 0),
  };
}
