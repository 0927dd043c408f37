import { isLogLine } from './access-log.ts';
import { delimiterOf } from './csv.ts';

export type Format = 'clf' | 'jsonl' | 'csv' | 'parquet';

export const formats: readonly Format[] = ['clf', 'jsonl', 'csv', 'parquet'];

/** Whether a file is Parquet, told by its first bytes. */
export function isParquet(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, 4)).toString('latin1') === 'PAR1';
}

/**
 * The format of a text by its first lines, or undefined. Half of the lines must fit, so that a
 * broken one at the top does not decide.
 */
export function formatOf(lines: readonly string[]): Exclude<Format, 'parquet'> | undefined {
  const filled = lines.filter((line) => line.trim() !== '');
  const fits = (test: (line: string) => boolean): boolean =>
    filled.length > 0 && filled.filter(test).length * 2 >= filled.length;
  if (fits(isJsonObject)) return 'jsonl';
  if (fits(isLogLine)) return 'clf';
  return filled[0] !== undefined && delimiterOf(filled[0]) !== undefined ? 'csv' : undefined;
}

function isJsonObject(line: string): boolean {
  return recordOf(line) !== undefined;
}

/** The JSON object in a line, or undefined. */
export function recordOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
