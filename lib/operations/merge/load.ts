import type { Column } from '../../dataset/manifest.ts';
import type { Engine, Written } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { sql } from '../../engine/sql.ts';
import type { Staging } from '../../store/store.ts';
import { readAll } from '../relation/unread.ts';
import { readWhole } from '../sources/check-end.ts';
import type { Compressed } from '../sources/check-end.ts';
import { nameOf } from '../sources/name-of.ts';
import type { SnapshotSource } from './source.ts';
import { columnOf, packed, recordsOf } from './source-records.ts';
import type { PackedFile } from './source-records.ts';

/** The records of a source as one Parquet file in the order of the source. */
export interface Loaded {
  readonly path: string;
  readonly columns: readonly Column[];
  readonly rows: number;
}

/** What reading a source touches. */
export interface LoadEffects {
  readonly engine: Engine;
  readonly staging: Staging;
}

/**
 * Reads CSV, JSON lines or Parquet; plain, gzip or zstd. The fields of CSV stay the texts they are,
 * so that they read back as they were dumped: an empty field is NULL, an empty one in quotes is an
 * empty text. Throws UserError for what cannot be read to its end; nothing is left out.
 */
export async function load(
  { engine, staging }: LoadEffects,
  source: SnapshotSource,
): Promise<Loaded> {
  const files: PackedFile[] = [];
  for (const file of source.files) {
    const path = await file.fetch(() => Promise.resolve(staging));
    files.push(await packed({ path, uri: file.input.name }));
  }
  const [first, ...others] = files;
  if (first?.packing === 'parquet' && others.length === 0) return await asItIs(engine, first.path);
  const path = staging.path('loaded.parquet');
  const read = async (): Promise<Written> =>
    await engine.write(await recordsOf(engine, files), path);
  const { rows, schema } = await readWhole(files.flatMap(compressedOf), () =>
    readAll(engine, files, read),
  );
  return { path, rows, columns: schema };
}

function compressedOf(file: PackedFile): readonly Compressed[] {
  const { path, packing } = file;
  return packing === 'parquet' ? [] : [{ path, name: nameOf(file), compression: packing }];
}

async function asItIs(engine: Engine, path: string): Promise<Loaded> {
  const described = await engine.rows(sql`describe select * from ${parquet([path])}`);
  const [count] = await engine.rows(sql`select count(*) as rows from ${parquet([path])}`);
  return { path, rows: Number(count?.['rows'] ?? 0), columns: described.map(columnOf) };
}
