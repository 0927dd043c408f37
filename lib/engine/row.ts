import type { Row } from './engine.ts';

/** A column that must be text; anything else is a bug in the query. */
export function textAt(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new Error(`Column '${column}' is not text: ${show(value)}.`);
  return value;
}

/** A column that must be a number; anything else is a bug in the query. */
export function numberAt(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') {
    throw new Error(`Column '${column}' is not a number: ${show(value)}.`);
  }
  return value;
}

function show(value: unknown): string {
  return typeof value === 'bigint' ? `${value}` : (JSON.stringify(value) ?? 'absent');
}
