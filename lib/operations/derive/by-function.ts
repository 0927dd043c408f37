import type { Column } from '../../dataset/manifest.ts';
import type { Row } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { sql } from '../../engine/sql.ts';
import { messageOf, UserError } from '../../errors.ts';
import { columnTypesOf } from '../../formats/column-types.ts';
import type { ColumnTypes } from '../../formats/column-types.ts';
import type { Key } from '../merge/key.ts';
import { find } from '../merge/schema.ts';
import { inOrder } from '../pack/in-order.ts';
import { stageRecords } from '../records/stage.ts';
import { PLACE } from './computing.ts';
import type { Computed, ComputeEffects, ToCompute } from './computing.ts';
import type { RecordModule } from './record-module.ts';

export interface FunctionOptions {
  /** How many calls are under way at once. */
  readonly concurrency: number;
  /** What the function gets besides records. */
  readonly context: object;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Computes rows by a function of JavaScript. It may give a row later, and none at all; a record on
 * which it throws has failed. Of a batch it gives a list of as many rows, with an Error in the place of
 * one that failed. Throws UserError where it gives something else.
 */
export async function computeByFunction(
  module: RecordModule,
  todo: ToCompute,
  effects: ComputeEffects,
  options: FunctionOptions,
): Promise<Computed> {
  const { head, rows } = await peeked(rowsOf(module, todo, effects, options));
  const columns = { [PLACE]: 'integer', ...typesOf(head, todo, module.columns) } as const;
  const { engine, staging } = effects;
  const staged = await stageRecords(
    rows,
    { columns },
    { engine: () => Promise.resolve(engine), staging: () => Promise.resolve(staging) },
  );
  const computed = staged.schema.filter(({ name }) => name !== PLACE);
  return { path: staged.path, rows: staged.rows, columns: computed, hasSafeIntegers: true };
}

interface Batch {
  readonly place: number;
  readonly records: readonly Row[];
}

type Result = { readonly row: Fields } | { readonly reason: string } | undefined;

/** The rows in the order of their records. */
async function* rowsOf(
  module: RecordModule,
  todo: ToCompute,
  { engine, failures, signal, progress }: ComputeEffects,
  { concurrency, context }: FunctionOptions,
): AsyncGenerator<Fields> {
  const records = engine.stream(sql`select * from ${parquet([todo.path])}`);
  const window = { concurrency, maxBytes: Infinity, bytesOf: () => 0 };
  const work = async (batch: Batch): Promise<{ batch: Batch; results: readonly Result[] }> => {
    signal.throwIfAborted();
    const results = await resultsOf(module, batch, todo.key, context);
    // What fails since the run is at its end has not failed.
    signal.throwIfAborted();
    return { batch, results };
  };
  for await (const { batch, results } of inOrder(
    batched(records, module.batch ?? 1),
    window,
    work,
  )) {
    for (const [index, result] of results.entries()) {
      const place = batch.place + index;
      if (result && 'row' in result) yield { ...result.row, [PLACE]: place };
      else if (result) await failures.add(place, result.reason);
    }
    progress(batch.place + batch.records.length, todo.rows);
  }
}

async function* batched(
  records: AsyncIterable<readonly Row[]>,
  size: number,
): AsyncGenerator<Batch> {
  let place = 0;
  let batch: Row[] = [];
  for await (const rows of records) {
    for (const row of rows) {
      if (batch.push(row) < size) continue;
      yield { place, records: batch };
      place += batch.length;
      batch = [];
    }
  }
  if (batch.length > 0) yield { place, records: batch };
}

async function resultsOf(
  { name, call, batch }: RecordModule,
  { records }: Batch,
  key: Key,
  context: object,
): Promise<readonly Result[]> {
  let given: unknown;
  try {
    given = await call(batch === undefined ? records[0] : records, context);
  } catch (error) {
    return records.map(() => ({ reason: messageOf(error) }));
  }
  const rows: readonly unknown[] =
    batch === undefined ? [given] : Array.isArray(given) ? given : [];
  if (rows.length !== records.length) {
    const found = Array.isArray(given) ? `${rows.length} rows` : shown(given);
    throw new UserError(
      `--with: the function of '${name}' gave ${found} for a batch of ${records.length} records; expected a list of as many rows`,
    );
  }
  return records.map((record, index) => resultOf(name, rows[index], record, key));
}

function resultOf(name: string, given: unknown, record: Row, key: Key): Result {
  if (given === undefined || given === null) return undefined;
  if (given instanceof Error) return { reason: messageOf(given) };
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new UserError(
      `--with: the function of '${name}' gave ${shown(given)} for the record ${shown(record)}; expected a row, such as { score: 1 }`,
    );
  }
  const row = Object.entries(given).filter(([column, value]) => {
    const part = find(key, column);
    if (part && value !== record[part.name]) {
      throw new UserError(
        `--with: the function of '${name}' changed the key '${column}' of the record ${shown(record)} to ${shown(value)}; expected the same, or none, since rows keep the keys of their records`,
      );
    }
    return part === undefined;
  });
  if (row.some(([column]) => column === PLACE)) {
    throw new UserError(
      `--with: the function of '${name}' gave a column '${PLACE}', a name that Pipe uses beside those of records. Give it another one.`,
    );
  }
  return { row: Object.fromEntries(row) };
}

/** Types are told by so many rows. */
const SAMPLE_ROWS = 1000;

async function peeked(
  rows: AsyncGenerator<Fields>,
): Promise<{ readonly head: readonly Fields[]; readonly rows: AsyncIterable<Fields> }> {
  const head: Fields[] = [];
  while (head.length < SAMPLE_ROWS) {
    const { done, value } = await rows.next();
    if (done === true) break;
    head.push(value);
  }
  return { head, rows: joined(head, rows) };
}

async function* joined(
  head: readonly Fields[],
  rest: AsyncIterable<Fields>,
): AsyncGenerator<Fields> {
  yield* head;
  yield* rest;
}

/** The few rows of a day may have no value in a column, or integers alone, so that those that are kept tell types, too. */
function typesOf(head: readonly Fields[], todo: ToCompute, given: ColumnTypes): ColumnTypes {
  const known = todo.known.filter(
    ({ name }) => !find(todo.key, name) && !Object.hasOwn(given, name),
  );
  const days = known
    .filter(({ type }) => type === 'DATE')
    .map(({ name }) => [name, 'date'] as const);
  const fixed: ColumnTypes = { ...Object.fromEntries(days), ...given };
  const rows = [...head, exampleOf(known)].map((row) =>
    Object.fromEntries(
      Object.entries(row).filter(([name]) => name !== PLACE && !Object.hasOwn(fixed, name)),
    ),
  );
  return { ...columnTypesOf(rows), ...fixed };
}

/** Values that have the types of columns. */
function exampleOf(columns: readonly Column[]): Fields {
  return Object.fromEntries(columns.map(({ name, type }) => [name, examples[type] ?? null]));
}

const examples: Readonly<Record<string, unknown>> = {
  VARCHAR: '',
  BIGINT: 1,
  DOUBLE: 0.5,
  BOOLEAN: true,
  'TIMESTAMP WITH TIME ZONE': new Date(0),
  JSON: {},
};

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_, field: unknown) =>
    typeof field === 'bigint' ? String(field) : field,
  );
  return (text ?? typeof value).slice(0, 100);
}
