import type { Engine, Row } from '../../engine/engine.ts';
import { EngineError } from '../../engine/error.ts';
import { textAt } from '../../engine/row.ts';
import { sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { compressionOf } from '../../formats/compression.ts';
import type { Compression } from '../../formats/compression.ts';
import { delimiterOf, fieldsOf } from '../../formats/csv.ts';
import { formatOf, isParquet } from '../../formats/detect.ts';
import { plainName } from '../../formats/file-name.ts';
import { linesOf } from '../ingest/lines.ts';
import { nameOf } from '../sources/name-of.ts';
import { readAt } from '../sources/read-at.ts';
import type { DataFile } from './place.ts';

/** How a file is to be read. Files of equal kinds are read together. */
export type Kind =
  | { readonly format: 'parquet' }
  | {
      readonly format: 'csv';
      readonly compression: Compression;
      readonly delimiter: string;
      /** Names of the columns, all different to an engine that knows no case. */
      readonly header: readonly string[];
    }
  | { readonly format: 'jsonl' | 'json'; readonly compression: Compression };

const HEAD_BYTES = 64 * 1024;
const SAMPLE_LINES = 200;

/** Looks at the first lines of a file; its name decides between kinds of text. Throws UserError for what it cannot read. */
export async function kindOf(engine: Engine, file: DataFile): Promise<Kind> {
  const { path } = file;
  const name = nameOf(file);
  const head = await readAt(path, 0, HEAD_BYTES);
  if (head.length === 0) throw emptyError(name);
  if (isParquet(head)) return { format: 'parquet' };
  const compression = compressionOf(name, head);
  const rows = await firstLines(engine, path, compression, name);
  const lines = rows.map((row) => textAt(row, 'line'));
  const filled = filledLines(name, { head, compression, lines });
  const format = textFormat(name, filled);
  switch (format) {
    case 'csv':
      return csvKind(name, compression, filled);
    case 'jsonl':
      return { format: 'jsonl', compression };
    case 'json':
      return { format: 'json', compression };
    case 'clf':
      throw new UserError(`'${name}' is an access log; read it with pipe events:ingest`);
    case undefined:
      throw new UserError(
        `'${name}': its format can be told neither by its name nor by its first lines; expected Parquet, CSV, TSV, JSON or JSON lines, named .parquet, .csv, .tsv, .json or .jsonl`,
      );
    default:
      return format satisfies never;
  }
}

/** Lines of a file, which may be damaged where it is compressed. */
async function firstLines(
  engine: Engine,
  path: string,
  compression: Compression,
  name: string,
): Promise<Row[]> {
  try {
    return await engine.rows(sql`select coalesce(line, '') as line
      from (${linesOf({ paths: [path], compression }, 'nowhere')}) limit ${SAMPLE_LINES}`);
  } catch (cause) {
    if (compression === 'uncompressed' || !(cause instanceof EngineError)) throw cause;
    const problem = `'${name}' is damaged: it is not valid ${compression}`;
    throw new UserError(`${problem}; fetch it again`, { cause });
  }
}

/**
 * The first lines with more than blanks, without a byte order mark, of the lines that the engine could
 * read. That leaves out one that is too long, such as a whole list of JSON: its beginning is taken then,
 * and none of compressed JSON. Throws UserError where there is nothing.
 */
export function filledLines(
  name: string,
  file: {
    readonly head: Uint8Array;
    readonly compression: Compression;
    readonly lines: readonly string[];
  },
): readonly string[] {
  const { head, compression, lines } = file;
  const filled = lines.map((line) => line.replace(/^\uFEFF/, '')).filter(isFilled);
  if (filled.length > 0) return filled;
  const isPlain = compression === 'uncompressed';
  const begun = isPlain ? textOf(name, head).split('\n').filter(isFilled) : [];
  if (begun.length === 0 && (isPlain || !plainName(name).endsWith('.json'))) throw emptyError(name);
  return begun;
}

function isFilled(line: string): boolean {
  return line.trim() !== '';
}

function textOf(name: string, head: Uint8Array): string {
  try {
    // The last character may be cut off.
    return new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
  } catch (cause) {
    throw new UserError(
      `'${name}' is no text in UTF-8; write it anew as CSV, JSON lines or Parquet, or name another file`,
      { cause },
    );
  }
}

function emptyError(name: string): UserError {
  return new UserError(`'${name}' is empty: it has neither rows nor columns; name another file`);
}

/** The format of text by the name of its file and by its first lines, those with more than blanks; undefined where neither tells. */
export function textFormat(
  uri: string,
  lines: readonly string[],
): 'csv' | 'jsonl' | 'json' | 'clf' | undefined {
  const seen = formatOf(lines);
  const name = plainName(uri);
  if (/\.(csv|tsv|tab|psv)$/.test(name)) return 'csv';
  if (/\.(jsonl|ndjson)$/.test(name)) return 'jsonl';
  if (name.endsWith('.json')) return seen === 'jsonl' && lines.length > 1 ? 'jsonl' : 'json';
  if (seen === undefined || seen === 'csv') return /^\s*[[{]/.test(lines[0] ?? '') ? 'json' : seen;
  return seen === 'clf' ? 'clf' : 'jsonl';
}

/** How CSV is to be read, by the name of its file and by its first lines, those with more than blanks. */
export function csvKind(
  uri: string,
  compression: Compression,
  lines: readonly string[],
): Kind & { readonly format: 'csv' } {
  const first = firstRecord(lines);
  const isTabs = /\.(tsv|tab)$/.test(plainName(uri));
  const delimiter = isTabs ? '\t' : (delimiterOf(first) ?? ',');
  return { format: 'csv', compression, delimiter, header: distinct(fieldsOf(first, delimiter)) };
}

/** The first line, with those behind it that a quoted line break takes along. */
function firstRecord(lines: readonly string[]): string {
  let record: string | undefined;
  for (const line of lines) {
    record = record === undefined ? line : `${record}\n${line}`;
    if (record.split('"').length % 2 === 1) return record;
  }
  return lines[0] ?? '';
}

/** Names of columns, all different to an engine that knows no case: `a`, `a_2`; `column2` where a name is empty. */
export function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name, index) => {
    const plain = name.trim() === '' ? `column${index + 1}` : name;
    let found = plain;
    for (let turn = 2; taken.has(found.toLowerCase()); turn += 1) found = `${plain}_${turn}`;
    taken.add(found.toLowerCase());
    return found;
  });
}
