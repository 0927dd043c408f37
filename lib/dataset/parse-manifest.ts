import { messageOf, UserError } from '../errors.ts';
import type { RowCounts } from '../ledger/events.ts';
import { isValue, prefixOf } from './layout.ts';
import {
  count,
  field,
  isObject,
  list,
  object,
  optional,
  text,
  texts,
  wrong,
} from './manifest-fields.ts';
import type { Field } from './manifest-fields.ts';
import type {
  Accepted,
  Column,
  Counts,
  DataFile,
  Fingerprint,
  Input,
  Manifest,
  Range,
} from './manifest.ts';
import type { Bucket, SnapshotSet } from './snapshot.ts';

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
      `Cannot read the manifest '${where}': ${messageOf(error)}. Remove the partition's folder and run the command that makes it again.`,
      { cause: error },
    );
  }
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
    ...(at('accepted').value !== undefined && { accepted: accepted(at('accepted')) }),
    run: text(at('run')),
    command: text(at('command')),
    fingerprint: fingerprint(at('fingerprint')),
    inputs: list(at('inputs'), input),
    files: list(at('files'), dataFile),
    rows: rowCounts(at('rows')),
    ...(at('counts').value !== undefined && { counts: counts(at('counts')) }),
    schema: list(at('schema'), column),
    ...(at('snapshot').value !== undefined && { snapshot: snapshot(at('snapshot')) }),
    ...(at('replaced').value !== undefined && { replaced: list(at('replaced'), fileName) }),
  };
  prefixOf({ dataset: result.dataset, keys: result.partition });
  return result;
}

function accepted(value: Field): Accepted {
  const at = object(value);
  return { at: text(at('at')), run: text(at('run')) };
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
  return {
    name: fileName(at('name')),
    bytes: count(at('bytes')),
    sha256: text(at('sha256')),
    rows: count(at('rows')),
    ...(at('range').value !== undefined && { range: range(at('range')) }),
  };
}

/** It becomes part of a path. */
function fileName(value: Field): string {
  const name = text(value);
  if (isValue(name)) return name;
  throw new Error(`${value.path} is ${JSON.stringify(name)}, expected a file name`);
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

function snapshot(value: Field): SnapshotSet {
  const at = object(value);
  const kind = text(at('kind'));
  if (kind !== 'full' && kind !== 'increment') {
    throw new Error(`${value.path}.kind is ${JSON.stringify(kind)}, expected full or increment`);
  }
  return {
    kind,
    key: list(at('key'), text),
    ...(at('after').value !== undefined && { after: text(at('after')) }),
    ...optional('keys', at('keys')),
    ...(at('source').value !== undefined && { source: text(at('source')) }),
    buckets: list(at('buckets'), bucket),
  };
}

function bucket(value: Field): Bucket {
  const at = object(value);
  const bounds = { first: list(at('first'), text), last: list(at('last'), text) };
  if (at('date').value === undefined) return { ...bounds, file: count(at('file')) };
  const date = text(at('date'));
  if (!isValue(date)) {
    throw new Error(`${value.path}.date is ${JSON.stringify(date)}, expected a day`);
  }
  return { ...bounds, date, file: dataFile(at('file')) };
}
