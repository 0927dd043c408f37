import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Column } from '../dataset/manifest.ts';
import type { Engine } from '../engine/engine.ts';
import { literal, raw, sql } from '../engine/sql.ts';
import { reasonOf, UserError } from '../errors.ts';
import { createFolders } from '../store/durable.ts';
import { hashFile } from '../store/hash-file.ts';
import { sampleEvents, sampleLines, sampleSize } from './sample.ts';
import type { Sample } from './sample.ts';

/** Log lines as text, plain or compressed, or the columns of the dataset `events`. */
export type SampleFormat = 'jsonl' | 'jsonl.gz' | 'parquet';

/** Writes a sample to a new local file. */
export async function writeSample(
  engine: Engine,
  sample: Sample,
  format: SampleFormat,
  file: string,
): Promise<{ readonly rows: number; readonly schema: readonly Column[] }> {
  if (format === 'parquet') return engine.write(sampleEvents(sample), file);
  const compression = raw(format === 'jsonl.gz' ? 'gzip' : 'none');
  // Without a quote and a delimiter to look for, a line of "CSV" is the text as it is.
  await engine.execute(sql`copy (${sampleLines(sample)}) to ${literal(file)}
    (format csv, header false, quote '', escape '', delimiter '', compression ${compression})`);
  return { rows: sampleSize(sample), schema: [{ name: 'line', type: 'VARCHAR' }] };
}

/**
 * Puts a file in the place of another one with what `write` writes to the path it is given, in one
 * step. A file that holds the same bytes already is left untouched; returns whether it was not.
 */
export async function replaceFile(
  file: string,
  write: (path: string) => Promise<unknown>,
): Promise<boolean> {
  const folder = path.dirname(file);
  const draft = path.join(folder, `.${path.basename(file)}.part`);
  await createFolders(folder).catch((cause: unknown) => {
    const message = `'${folder}' cannot be made: ${reasonOf(cause)}; name another folder with --to`;
    throw new UserError(message, { cause });
  });
  try {
    await write(draft);
    const isSame = await sameBytes(draft, file);
    if (!isSame) await rename(draft, file);
    return !isSame;
  } finally {
    await rm(draft, { force: true });
  }
}

async function sameBytes(a: string, b: string): Promise<boolean> {
  const [sizeA, sizeB] = await Promise.all([sizeOf(a), sizeOf(b)]);
  if (sizeA === undefined || sizeA !== sizeB) return false;
  const [first, second] = await Promise.all([hashFile(a), hashFile(b)]);
  return first.sha256 === second.sha256;
}

async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ size }) => size,
    () => undefined,
  );
}
