import { Readable, pipeline } from 'node:stream';
import { parse } from 'csv-parse';
import type { Parser } from 'csv-parse';
import { delimiterOf } from './csv.ts';
import type { Peeked } from './peek.ts';

/** A record that cannot be read, with its line (from 1; the last one of a record of several). */
export interface BadRecord {
  readonly line: number;
  readonly reason: string;
  readonly text: string;
}

/**
 * The records of a CSV text by the names in its first line, every value the text it is. What is no
 * record of that many fields, or has quotes where RFC 4180 has none, goes to `reject`, and the rest
 * is read on. The delimiter is the one of the first line (`, ; | tab`). Throws what the source throws.
 */
export async function* csvRecords(
  { head, all }: Peeked,
  reject: (bad: BadRecord) => void,
): AsyncGenerator<Readonly<Record<string, string>>> {
  const delimiter = delimiterOf(head) ?? ',';
  // Its errors come out of the parser, which is read below.
  const parser = parserOf(delimiter, reject);
  pipeline(Readable.from(all), parser, () => undefined);
  const records: AsyncIterable<Parsed> = parser;
  const strict = strictRecord(delimiter);
  for await (const { record, raw, info } of records) {
    if (!raw.includes('"') || strict.test(raw)) yield record;
    else reject({ line: info.lines, reason: MISPLACED, text: raw.trimEnd() });
  }
}

interface Parsed {
  readonly record: Readonly<Record<string, string>>;
  readonly raw: string;
  readonly info: { readonly lines: number };
}

const MISPLACED = 'a quote inside a field that does not start with one, or after its end';

/**
 * Misplaced quotes are let through and found afterwards, because the parser would not find the end
 * of such a record, and lose those that follow.
 */
function parserOf(delimiter: string, reject: (bad: BadRecord) => void): Parser {
  return parse({
    bom: true,
    columns: true,
    delimiter,
    info: true,
    raw: true,
    max_record_size: MAX_RECORD_CHARACTERS,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip(error, raw) {
      const line = error && 'lines' in error ? Number(error.lines) : 0;
      reject({ line, reason: error?.message ?? 'no record', text: (raw ?? '').trimEnd() });
      return undefined;
    },
  });
}

/** A quote that is never closed would take in the whole rest of a file. */
const MAX_RECORD_CHARACTERS = 16 * 1024 * 1024;

function strictRecord(delimiter: string): RegExp {
  const field = String.raw`(?:"(?:[^"]|"")*"|[^"\r\n${delimiter}]*)`;
  return new RegExp(`^${field}(?:[${delimiter}]${field})*\r?\n?$`);
}
