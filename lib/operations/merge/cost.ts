import type { Chain } from '../../dataset/snapshot.ts';
import { bytesText } from '../pack/wording.ts';

/** What merging costs against what it saves. Times are estimates in seconds. */
export interface MergeCost {
  readonly increments: number;
  /** Rows of all increments as a part of those of the full set. */
  readonly share: number;
  /** C: rewriting the buckets that changes fall into. */
  readonly rewrite: number;
  /** R. */
  readonly readsPerDay: number;
  /** a: what each increment adds to a read. */
  readonly perRead: number;
  /** k*: increments after which rewriting costs less than going on. */
  readonly best: number;
  readonly isDue: boolean;
  /** The figures, for people. */
  readonly text: string;
}

/**
 * Measured on 50 M records of 1.09 GB: rewriting takes 12.2 s, and a read 0.126 s more for each
 * increment of 1 %, on two cores.
 */
const REWRITE_BYTES_PER_SECOND = 90e6;
const READ_BYTES_PER_SECOND = 87e6;
/** Opening one more file. */
const READ_OVERHEAD = 0.005;

/** Beyond these a merge is due whatever it costs: reads would need too much memory. */
const MOST_INCREMENTS = 30;
const MOST_SHARE = 0.25;

/**
 * A full set every k days costs C/k + R·a·k/2 a day (the k-th day reads k increments, k/2 on
 * average), which is least for k* = √(2C/(R·a)).
 */
export function mergeCost(
  { full, increments }: Chain,
  touchedBytes: number,
  readsPerDay: number,
): MergeCost {
  const filled = increments.filter(({ set }) => set.buckets.length > 0);
  const bytes = sum(filled.flatMap(({ buckets }) => buckets.map(({ file }) => file.bytes)));
  const changed = sum(filled.flatMap(({ buckets }) => buckets.map(({ file }) => file.rows)));
  const rows = sum(full.buckets.map(({ file }) => file.rows));
  const share = rows === 0 ? (changed === 0 ? 0 : Infinity) : changed / rows;
  const rewrite = touchedBytes / REWRITE_BYTES_PER_SECOND;
  const each = filled.length === 0 ? 0 : bytes / filled.length;
  const perRead = READ_OVERHEAD + each / READ_BYTES_PER_SECOND;
  const best = readsPerDay === 0 ? Infinity : Math.sqrt((2 * rewrite) / (readsPerDay * perRead));
  const why = reasonOf(filled.length, share, best);
  const text =
    `${filled.length} increments with changes, ${percent(share)} of the rows; rewriting ${bytesText(touchedBytes)} takes C = ${seconds(rewrite)}, ` +
    `an increment adds a = ${seconds(perRead)} to each of R = ${readsPerDay} reads a day: k* = √(2C/(R·a)) = ${Number.isFinite(best) ? best.toFixed(1) : '∞'}: ${why.text}`;
  return {
    increments: filled.length,
    share,
    rewrite,
    readsPerDay,
    perRead,
    best,
    isDue: why.isDue,
    text,
  };
}

function reasonOf(
  increments: number,
  share: number,
  best: number,
): { readonly isDue: boolean; readonly text: string } {
  if (increments === 0) return { isDue: false, text: 'nothing to merge' };
  if (increments >= MOST_INCREMENTS) {
    return { isDue: true, text: `due, since ${MOST_INCREMENTS} increments are the most` };
  }
  if (share >= MOST_SHARE) {
    return { isDue: true, text: `due, since ${percent(MOST_SHARE)} of the rows are the most` };
  }
  if (increments >= best) return { isDue: true, text: 'due, since k* is reached' };
  return { isDue: false, text: 'not due yet' };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;
}

function seconds(value: number): string {
  return `${value.toFixed(3)} s`;
}
