import { UsageError } from '../../errors.ts';

/** Types by column, as the engine names them. */
export type Types = ReadonlyMap<string, string>;

/**
 * Reads `price:decimal(10,2),id:text`. Throws UsageError for another way of writing and for a type
 * that is none.
 */
export function parseTypes(text: string, option = '--types'): Types {
  const items = text.split(/,(?![^(]*\))/);
  const types = items.map((item): [string, string] => {
    const at = item.lastIndexOf(':');
    const [name, type] = [
      item.slice(0, at).trim(),
      item
        .slice(at + 1)
        .trim()
        .toLowerCase(),
    ];
    const found = known.get(type) ?? decimalOf(type);
    if (at < 1 || name === '' || found === undefined) {
      throw new UsageError(
        `${option}: '${item}' is not a column and its type; write for example ${option}=id:text,price:decimal(10,2) ` +
          `(types: ${[...new Set(known.keys())].join(', ')} and decimal(<digits>,<of these behind the point>))`,
      );
    }
    return [name, found];
  });
  return new Map(types);
}

/** Throws UsageError for a column that there is not. */
export function checkTyped(types: Types, columns: readonly string[], option = '--types'): void {
  const unknown = [...types.keys()].find((name) => !columns.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(
    `${option}: there is no column '${unknown}'; the columns are ${columns.join(', ')}`,
  );
}

const known: ReadonlyMap<string, string> = new Map([
  ['text', 'VARCHAR'],
  ['varchar', 'VARCHAR'],
  ['integer', 'INTEGER'],
  ['bigint', 'BIGINT'],
  ['double', 'DOUBLE'],
  ['boolean', 'BOOLEAN'],
  ['date', 'DATE'],
  ['time', 'TIME'],
  ['timestamp', 'TIMESTAMP'],
  ['timestamptz', 'TIMESTAMP WITH TIME ZONE'],
]);

function decimalOf(type: string): string | undefined {
  const [, digits, behind] = /^decimal\((\d{1,2}), ?(\d{1,2})\)$/.exec(type) ?? [];
  const isWide = Number(digits) > 38 || Number(behind) > Number(digits);
  return digits === undefined || behind === undefined || Number(digits) < 1 || isWide
    ? undefined
    : `DECIMAL(${Number(digits)},${Number(behind)})`;
}
