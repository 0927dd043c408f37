import { UsageError } from '../errors.ts';

/** Timers of Node count 31 bits of milliseconds, which is 24.8 days. */
export const MAX_DURATION_MS = 24 * 86_400_000;

/**
 * Reads a length of time, a whole number and its unit, in milliseconds; `label` is the option to blame.
 *
 * @example parseDuration('30s', '--timeout') // 30000
 * @throws {UsageError} for another way of writing, and for more than 24 days.
 */
export function parseDuration(text: string, label: string): number {
  const [, count = '', unit = ''] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
  const scale = units.find(([name]) => name === unit)?.[1];
  if (scale === undefined) throw refusal(text, label);
  const durationMs = Number(count) * scale;
  if (durationMs <= MAX_DURATION_MS) return durationMs;
  throw new UsageError(`${label}: '${text}' is too long; write at most 24d`);
}

/** As {@link parseDuration} reads it, in the largest unit that fits: `90s`, `2h`. */
export function durationText(durationMs: number): string {
  const [unit, scale] = units.find((each) => durationMs > 0 && durationMs % each[1] === 0) ?? [
    'ms',
    1,
  ];
  return `${durationMs / scale}${unit}`;
}

/** From the largest to the smallest. */
const units: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

function refusal(text: string, label: string): UsageError {
  const problem = /^\d+$/.test(text) ? 'has no unit' : 'is not a duration';
  const example = /^\d+$/.test(text) ? `${text}s` : '30s';
  return new UsageError(
    `${label}: '${text}' ${problem}; write a whole number and ms, s, m, h or d, for example ${example}`,
  );
}
