import { UsageError } from '../../errors.ts';

/**
 * What a process takes is more than the limit of its engine: 1.45 times as much in joins and sorts
 * that spill (measured), and what Node and the engine's code take. It may be a quarter more than
 * `--memory` at its peak.
 */
const OVERSHOOT = 1.45;
const BASE_BYTES = 120e6;
const PEAK = 1.25;

/** With less the engine gets nowhere. */
const LEAST_SHARE = 0.5;

/** Row groups of about so many bytes: a reader holds one of each thread, a writer two. */
const ROW_GROUP_BYTES = 32 * 1024 * 1024;

/**
 * What a thread takes to read a row group, in times of its bytes: pages as they are in the file and
 * unpacked (measured: 430 MB for 210 MB in 25 columns of one page each).
 */
export const SCAN_FACTOR = 2.2;

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
  const fitting = (memoryBytes * PEAK - BASE_BYTES) / OVERSHOOT;
  return Math.round(Math.max(fitting, memoryBytes * LEAST_SHARE));
}
