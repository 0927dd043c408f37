import type { Row, Value } from '../lib/engine/engine.ts';
import type { Column } from '../lib/dataset/manifest.ts';
import { isNumber } from '../lib/operations/relation/profile.ts';
import type { Summary } from '../lib/task/task.ts';

/** Longer ones hide the columns beside them; a row format shows all. */
const MAX_CELL = 200;

/** Rows as a table; numbers stand as they are, since they may be ids, and NULL is written. */
export function tableOf(
  columns: readonly Column[],
  rows: readonly Row[],
  { title = '', notes = [] }: { readonly title?: string; readonly notes?: readonly string[] } = {},
): Summary {
  return {
    title,
    columns: columns.map(({ name, type }) => ({ name, kind: isNumber(type) ? 'number' : 'text' })),
    rows: rows.map((row) => columns.map(({ name }) => cellOf(row[name] ?? null))),
    notes,
  };
}

/** A value as a person reads it. */
export function cellOf(value: Value): string {
  const text = textOf(value);
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text;
}

function textOf(value: Value): string {
  if (value === null) return 'NULL';
  if (typeof value !== 'object') return String(value);
  return JSON.stringify(value, (_, field: unknown) =>
    typeof field === 'bigint' ? String(field) : field,
  );
}
