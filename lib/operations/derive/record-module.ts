import { messageOf, UserError } from '../../errors.ts';
import { types } from '../../formats/column-types.ts';
import type { ColumnType, ColumnTypes } from '../../formats/column-types.ts';

/** A module whose function computes a row of a record, or several at once. */
export interface RecordModule {
  readonly name: string;
  /** Takes a record, or with `batch` a list of them, and the context. */
  readonly call: (input: unknown, context: object) => unknown;
  /** How many records the function takes at once; undefined: one, not in a list. */
  readonly batch: number | undefined;
  /** Types of columns that their values do not tell, or tell wrongly. */
  readonly columns: ColumnTypes;
}

/**
 * Loads a module. It exports one function, and may export `batch`, a number, and `columns`, the
 * types of columns by their names. Throws UserError for one that does not load or exports something else.
 */
export async function loadRecordModule(
  name: string,
  load: () => Promise<Readonly<Record<string, unknown>>>,
): Promise<RecordModule> {
  const exported = await load().catch((error: unknown) => {
    throw new UserError(`--with: '${name}' cannot be loaded: ${messageOf(error)}`, {
      cause: error,
    });
  });
  return {
    name,
    call: functionIn(name, exported),
    batch: batchIn(name, exported['batch']),
    columns: columnsIn(name, exported['columns']),
  };
}

function functionIn(
  name: string,
  exported: Readonly<Record<string, unknown>>,
): RecordModule['call'] {
  const functions = Object.entries(exported).filter(([, value]) => typeof value === 'function');
  const [only, ...others] = new Set(functions.map(([, value]) => value));
  if (typeof only === 'function' && others.length === 0) {
    return (input, context): unknown => Reflect.apply(only, undefined, [input, context]);
  }
  const found = functions.length === 0 ? 'no function' : functions.map(([key]) => key).join(', ');
  throw new UserError(
    `--with: '${name}' exports ${found}; expected one function, such as export function attributes(record, context) { return { length: record.name.length }; }`,
  );
}

function batchIn(name: string, batch: unknown): number | undefined {
  if (batch === undefined) return undefined;
  if (typeof batch === 'number' && Number.isSafeInteger(batch) && batch > 0) return batch;
  throw new UserError(
    `--with: '${name}' exports the batch '${JSON.stringify(batch)}'; expected how many records its function takes at once, such as 100`,
  );
}

function columnsIn(name: string, columns: unknown): ColumnTypes {
  if (columns === undefined) return {};
  const entries = Object.entries(Object(columns)).map(([column, type]) => {
    if (isType(type)) return [column, type] as const;
    throw new UserError(
      `--with: '${name}' gives the column '${column}' the type '${String(type)}'; expected one of ${Object.keys(types).join(', ')}`,
    );
  });
  return Object.fromEntries(entries);
}

function isType(type: unknown): type is ColumnType {
  return typeof type === 'string' && Object.hasOwn(types, type);
}
