import { messageOf, UserError } from '../errors.ts';
import type { RowCounts } from '../ledger/events.ts';
import { isValue, prefixOf } from './layout.ts';
import type { Column, Counts, DataFile, Fingerprint, Input, Manifest, Range } from './manifest.ts';

/**
 * Reads a manifest that somebody else may have written. Throws {@link UserError} that names the
 * manifest (`where`, its key) and the field that is wrong.
 */
export function parseManifest(bytes: Uint8Array, where: string): Manifest {
  try {
    return manifest(
      field('the manifest', JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))),
    );
  } catch (error) {
    throw new UserError(
      `Cannot read the manifest "${where}": ${messageOf(error)}. Remove the partition's folder and run the command that makes it again.`,
      { cause: error },
    );
  }
}

/** A value with its path in the document, for messages. */
interface Field {
  readonly path: string;
  readonly value: unknown;
}

function manifest(root: Field): Manifest {
  const at = object(root);
  const format = at('format').value;
  if (format !== 1)
    throw new Error(`format is ${JSON.stringify(format)}, this version of Pipe reads 1`);
  const result: Manifest = {
    format,
    dataset: text(at('dataset')),
    partition: texts(at('partition')),
    commit: text(at('commit')),
    ...optional('generation', at('generation')),
    publishedAt: text(at('publishedAt')),
    run: text(at('run')),
    command: text(at('command')),
    fingerprint: fingerprint(at('fingerprint')),
    inputs: list(at('inputs'), input),
    files: list(at('files'), dataFile),
    rows: rowCounts(at('rows')),
    ...(at('counts').value !== undefined && { counts: counts(at('counts')) }),
    schema: list(at('schema'), column),
  };
  prefixOf({ dataset: result.dataset, keys: result.partition });
  return result;
}

function fingerprint(value: Field): Fingerprint {
  const at = object(value);
  return {
    task: text(at('task')),
    argv: list(at('argv'), text),
    settings: texts(at('settings')),
    code: text(at('code')),
    engine: text(at('engine')),
  };
}

function input(value: Field): Input {
  const at = object(value);
  return {
    name: text(at('name')),
    version: text(at('version')),
    ...optional('bytes', at('bytes')),
    ...(at('sight').value !== undefined && { sight: text(at('sight')) }),
    ...optional('rows', at('rows')),
  };
}

function dataFile(value: Field): DataFile {
  const at = object(value);
  const name = text(at('name'));
  // It becomes part of a path.
  if (!isValue(name))
    throw new Error(`${value.path}.name is ${JSON.stringify(name)}, expected a file name`);
  return {
    name,
    bytes: count(at('bytes')),
    sha256: text(at('sha256')),
    rows: count(at('rows')),
    ...(at('range').value !== undefined && { range: range(at('range')) }),
  };
}

function range(value: Field): Range {
  const at = object(value);
  return { column: text(at('column')), first: text(at('first')), last: text(at('last')) };
}

function rowCounts(value: Field): RowCounts {
  const at = object(value);
  return {
    in: count(at('in')),
    out: count(at('out')),
    rejected: count(at('rejected')),
    filtered: count(at('filtered')),
    ...optional('aggregated', at('aggregated')),
  };
}

function counts(value: Field): Counts {
  if (!isObject(value.value)) throw wrong(value, 'an object');
  const at = object(value);
  return Object.fromEntries(Object.keys(value.value).map((name) => [name, count(at(name))]));
}

function column(value: Field): Column {
  const at = object(value);
  return { name: text(at('name')), type: text(at('type')) };
}

function object(field: Field): (name: string) => Field {
  const { path, value } = field;
  if (!isObject(value)) throw wrong(field, 'an object');
  return (name) => ({
    path: `${path}.${name}`,
    value: Object.hasOwn(value, name) ? value[name] : undefined,
  });
}

function texts(value: Field): Record<string, string> {
  if (!isObject(value.value)) throw wrong(value, 'an object');
  const at = object(value);
  return Object.fromEntries(Object.keys(value.value).map((name) => [name, text(at(name))]));
}

function list<T>(field: Field, item: (value: Field) => T): T[] {
  if (!Array.isArray(field.value)) throw wrong(field, 'a list');
  return field.value.map((value: unknown, index) =>
    item({ path: `${field.path}[${index}]`, value }),
  );
}

function text(field: Field): string {
  if (typeof field.value !== 'string') throw wrong(field, 'a text');
  return field.value;
}

function count(field: Field): number {
  const { value } = field;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(field, 'a count');
}

function optional<Name extends string>(
  name: Name,
  field: Field,
): { readonly [N in Name]?: number } {
  const present: { [N in Name]?: number } = {};
  if (field.value !== undefined) present[name] = count(field);
  return present;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(field: Field, expected: string): Error {
  return new Error(
    `${field.path} is ${JSON.stringify(field.value) ?? 'missing'}, expected ${expected}`,
  );
}

function field(path: string, value: unknown): Field {
  return { path, value };
}
