import { dataPaths } from '../../dataset/catalog.ts';
import { prefixOf } from '../../dataset/layout.ts';
import { readManifest } from '../../dataset/published.ts';
import { parquet } from '../../engine/parquet.ts';
import { textAt } from '../../engine/row.ts';
import { sql } from '../../engine/sql.ts';
import { chunksOf, rejectsOfChunk } from './chunks.ts';
import type { PublishedChunk } from './chunks.ts';
import type { UnpackEffects } from './unpack.ts';

interface PackTable {
  readonly title: string;
  readonly columns: readonly { readonly name: string; readonly kind: 'text' | 'number' }[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly notes: readonly string[];
}

/** How many reasons for failures are shown. */
const SHOWN = 5;

/**
 * What a packed dataset holds: `attempted` keys are `packed`, `missing` or `failed`; bytes of the
 * objects and of the files. `place` is the store as a person types it.
 */
export async function packTable(
  dataset: string,
  place: string,
  effects: UnpackEffects,
): Promise<PackTable> {
  const chunks = await chunksOf(effects.store, dataset);
  return {
    title: `${dataset}: packed objects`,
    columns: [
      { name: 'chunks', kind: 'number' },
      { name: 'attempted', kind: 'number' },
      { name: 'packed', kind: 'number' },
      { name: 'missing', kind: 'number' },
      { name: 'failed', kind: 'number' },
      { name: 'bytes', kind: 'number' },
      { name: 'bytes in files', kind: 'number' },
    ],
    rows: chunks.length === 0 ? [] : [totals(chunks)],
    notes: [...(await reasons(dataset, chunks, effects)), `Files: ${place}/${dataset}/chunk=<n>/`],
  };
}

function totals(chunks: readonly PublishedChunk[]): number[] {
  const sum = (numberOf: (chunk: PublishedChunk) => number): number =>
    chunks.reduce((total, chunk) => total + numberOf(chunk), 0);
  return [
    chunks.length,
    sum(({ manifest }) => manifest.rows.in),
    sum(({ manifest }) => manifest.rows.out),
    sum(({ manifest }) => manifest.rows.filtered),
    sum(({ manifest }) => manifest.rows.rejected),
    sum(({ manifest }) => manifest.inputs[0]?.bytes ?? 0),
    sum(({ manifest }) => manifest.files.reduce((total, file) => total + file.bytes, 0)),
  ];
}

/** The first failures, with the chunk they are in. */
async function reasons(
  dataset: string,
  chunks: readonly PublishedChunk[],
  { store, engine, staging }: UnpackEffects,
): Promise<string[]> {
  const notes: string[] = [];
  for (const { chunk, manifest } of chunks) {
    if (manifest.rows.rejected === 0 || notes.length >= SHOWN) continue;
    const rejects = await readManifest(store, prefixOf(rejectsOfChunk(dataset, chunk)));
    if (!rejects) continue;
    const paths = await dataPaths(store, rejects.manifest, await staging());
    const rows = await (
      await engine()
    ).rows(sql`select key, reason from ${parquet(paths)} limit ${SHOWN - notes.length}`);
    notes.push(...rows.map((row) => `Failed: ${textAt(row, 'key')}: ${textAt(row, 'reason')}`));
  }
  return notes.length === 0
    ? []
    : [...notes, `All of them: rejects/${dataset}; the next run tries them again`];
}
