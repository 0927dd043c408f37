import {
  DuckDBArrayValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
} from '@duckdb/node-api';
import type { DuckDBValue } from '@duckdb/node-api';
import type { Row, Value } from './engine.ts';

/** A row of DuckDB's values as plain ones. */
export function rowFrom(names: readonly string[], values: readonly DuckDBValue[]): Row {
  return Object.fromEntries(names.map((name, index) => [name, valueFrom(values[index] ?? null)]));
}

function valueFrom(value: DuckDBValue): Value {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return fromInteger(value);
  if (value instanceof DuckDBTimestampTZValue) return withZone(fromMicros(value.micros));
  if (value instanceof DuckDBTimestampValue) return fromMicros(value.micros);
  if (value instanceof DuckDBDateValue) return value.toString();
  if (value instanceof DuckDBDecimalValue) return Number(value.toString());
  if (value instanceof DuckDBListValue) return value.items.map(valueFrom);
  if (value instanceof DuckDBArrayValue) return value.items.map(valueFrom);
  if (value instanceof DuckDBStructValue) return fromFields(Object.entries(value.entries));
  if (value instanceof DuckDBMapValue) {
    return fromFields(value.entries.map((entry) => [String(entry.key), entry.value]));
  }
  return value.toString();
}

function fromFields(fields: readonly (readonly [string, DuckDBValue])[]): Value {
  return Object.fromEntries(fields.map(([name, field]) => [name, valueFrom(field)]));
}

function fromInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function withZone(text: string): string {
  return text.endsWith('infinity') ? text : `${text}Z`;
}

/** `2026-11-19T10:05:03.000`, with three more digits where they are not zero. */
function fromMicros(micros: bigint): string {
  const millis = Number(micros / 1000n) - (micros % 1000n < 0n ? 1 : 0);
  const date = new Date(millis);
  // DuckDB's years reach further than those of a Date, and ±infinity are its outermost instants.
  if (Number.isNaN(date.getTime())) return new DuckDBTimestampValue(micros).toString();
  const rest = ((micros % 1000n) + 1000n) % 1000n;
  return date.toISOString().slice(0, -1) + (rest === 0n ? '' : String(rest).padStart(3, '0'));
}
