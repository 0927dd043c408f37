import { UsageError } from '../../errors.ts';

/**
 * The part of `--memory` that the engine is told to keep to. What a process takes is more than its
 * engine's limit: 1.3 to 1.7 times as much in joins that spill, and Node's own 0.1 GB.
 */
const ENGINE_SHARE = 0.7;

/** Row groups of about so many bytes: a reader holds one of each thread, a writer two. */
const ROW_GROUP_BYTES = 32 * 1024 * 1024;

/** The engine's vectors: a row group has a multiple of it. */
const LEAST_ROWS = 2048;
const MOST_ROWS = 60 * LEAST_ROWS;

/** Rows of a row group, by the bytes of a row. */
export function rowGroupRows(width: number): number {
  const vectors = Math.floor(ROW_GROUP_BYTES / Math.max(width, 1) / LEAST_ROWS);
  return Math.min(Math.max(vectors * LEAST_ROWS, LEAST_ROWS), MOST_ROWS);
}

const units: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** Below this the engine cannot even hold its buffers. */
const LEAST_BYTES = 100e6;

/** Reads `500MB`, `1GB` or `2GiB` as bytes. Throws UsageError for anything else and for too little. */
export function parseSize(text: string, option: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([KMGT]?i?B)$/i.exec(text) ?? [];
  const bytes = Number(number) * (units[unit.toUpperCase()] ?? NaN);
  if (bytes >= LEAST_BYTES) return bytes;
  throw new UsageError(
    `${option}: '${text}' is not a size of 100MB or more; write for example ${option}=500MB or ${option}=2GB`,
  );
}

/** What the engine may use so that the process stays near `memoryBytes`. */
export function engineBytes(memoryBytes: number): number {
  return Math.round(memoryBytes * ENGINE_SHARE);
}
