import { gunzipSync, constants } from 'node:zlib';
import type { Engine } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { textAt } from '../../engine/row.ts';
import { sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { compressionOf } from '../../formats/compression.ts';
import type { Compression } from '../../formats/compression.ts';
import { delimiterOf, fieldsOf } from '../../formats/csv.ts';
import { formatOf, isParquet, isRecord, recordOf } from '../../formats/detect.ts';
import type { Format } from '../../formats/detect.ts';
import { mappingOf } from './fields.ts';
import type { FieldOptions, Mapping } from './fields.ts';
import { linesOf } from './lines.ts';
import { checkParquet } from '../sources/check-form.ts';
import { readAt } from '../sources/read-at.ts';
import type { Source } from './source.ts';

/** How a file is to be read. Files of equal kinds are read together. */
export type Kind =
  | { readonly format: 'clf'; readonly compression: Compression }
  | { readonly format: 'jsonl'; readonly compression: Compression; readonly mapping: Mapping }
  | {
      readonly format: 'csv';
      readonly compression: Compression;
      readonly mapping: Mapping;
      readonly delimiter: string;
      readonly header: readonly string[];
    }
  | {
      readonly format: 'parquet';
      readonly compression: 'uncompressed';
      readonly mapping: Mapping;
      readonly header: readonly string[];
    };

export interface KindOptions extends FieldOptions {
  readonly format: Format | 'auto';
}

/** Looks at the first records of a file. Throws UserError when it cannot be read with these options. */
export async function kindOf(engine: Engine, source: Source, options: KindOptions): Promise<Kind> {
  const head = await readAt(source.path, 0, HEAD_BYTES);
  const parquet = isParquet(head);
  if (parquet !== (options.format === 'parquet') && (parquet ? options.format !== 'auto' : true)) {
    if (parquet || options.format === 'parquet') throw mismatch(source, options.format);
  }
  if (parquet) return parquetKind(engine, source, options);
  const compression = compressionOf(source.path, head);
  const lines = await firstLines(engine, source, head, compression);
  const format = options.format === 'auto' ? formatOf(lines) : options.format;
  switch (format) {
    case 'clf':
      checkNoFields(source, options);
      return { format, compression };
    case 'jsonl': {
      const sample = lines.map(recordOf).filter((record) => record !== undefined);
      return { format, compression, mapping: mappingOf(source.name, sample, options) };
    }
    case 'csv':
      return csvKind(source, compression, lines, options);
    case 'parquet':
      throw mismatch(source, format);
    case undefined:
      // An empty file has no records in any format.
      if (lines.every((line) => line.trim() === '')) return { format: 'clf', compression };
      throw new UserError(
        `'${source.name}': the format cannot be told from its first lines. Name it with --format=<clf|jsonl|csv>.`,
      );
    default:
      return format satisfies never;
  }
}

const HEAD_BYTES = 64 * 1024;
const SAMPLE_LINES = 200;

function mismatch({ name }: Source, format: string): UserError {
  return format === 'parquet'
    ? new UserError(`'${name}' is not a Parquet file. Leave --format out, or name its format.`)
    : new UserError(`'${name}' is a Parquet file. Leave --format=${format} out.`);
}

/** Access logs have their fields in fixed places. */
function checkNoFields({ name }: Source, options: KindOptions): void {
  const { ts, event, eventName, user, url } = options;
  const given = Object.entries({ ts, event, 'event-name': eventName, user, url })
    .filter(([, value]) => value !== undefined)
    .map(([option]) => `--${option}`);
  if (given.length === 0) return;
  throw new UserError(
    `'${name}' is an access log, whose fields are known. Leave ${given.join(', ')} out.`,
  );
}

async function firstLines(
  engine: Engine,
  source: Source,
  head: Uint8Array,
  compression: Compression,
): Promise<string[]> {
  switch (compression) {
    case 'uncompressed':
      return linesIn(Buffer.from(head), head.length === source.bytes);
    case 'gzip':
      return linesIn(gunzipHead(source, head), false);
    case 'zstd': {
      const files = { paths: [source.path], compression };
      const rows = await engine.rows(
        sql`select coalesce(line, '') as line from (${linesOf(files, 'nowhere')}) limit ${SAMPLE_LINES}`,
      );
      return rows.map((row) => textAt(row, 'line'));
    }
    default:
      return compression satisfies never;
  }
}

function gunzipHead({ name }: Source, head: Uint8Array): Buffer {
  try {
    // A flush at the end takes the data for whole although it is only the beginning.
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    throw new UserError(`'${name}' is damaged: it is not valid gzip; fetch it again`, { cause });
  }
}

/** The first lines; the last one only if it is whole. */
function linesIn(bytes: Buffer, isWhole: boolean): string[] {
  const lines = bytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split('\n');
  if (!isWhole && lines.length > 1) lines.pop();
  return lines.slice(0, SAMPLE_LINES);
}

function csvKind(
  source: Source,
  compression: Compression,
  [first = '', ...rest]: readonly string[],
  options: KindOptions,
): Kind {
  const delimiter = delimiterOf(first) ?? ',';
  const header = fieldsOf(first, delimiter);
  const twice = header.find((name, index) => name === '' || header.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new UserError(
      `'${source.name}': the header names the column '${twice}' ${twice === '' ? 'with nothing' : 'twice'}. Expected different names in the first line.`,
    );
  }
  const sample = rest
    .map((line) => fieldsOf(line, delimiter))
    .filter((fields) => fields.length === header.length)
    .map((fields) => Object.fromEntries(header.map((name, index) => [name, fields[index]])));
  const mapping = mappingOf(source.name, sample, options);
  return { format: 'csv', compression, mapping, delimiter, header };
}

async function parquetKind(engine: Engine, source: Source, options: KindOptions): Promise<Kind> {
  await checkParquet({ path: source.path, uri: source.name });
  const rows = await engine.rows(sql`select to_json(t)::varchar as json
    from ${parquet([source.path])} t limit ${SAMPLE_LINES}`);
  const sample = rows.map((row) => recordOf(textAt(row, 'json'))).filter(isRecord);
  const mapping = mappingOf(source.name, sample, options);
  const header = Object.keys(sample[0] ?? {});
  return { format: 'parquet', compression: 'uncompressed', mapping, header };
}
