import { open } from 'node:fs/promises';
import type { Column } from '../../dataset/manifest.ts';
import type { Engine, Written } from '../../engine/engine.ts';
import { exactly, parquet } from '../../engine/parquet.ts';
import { textAt } from '../../engine/row.ts';
import { identifier, join, literal, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { compressionOf } from '../../formats/compression.ts';
import type { Compression } from '../../formats/compression.ts';
import { delimiterOf, fieldsOf } from '../../formats/csv.ts';
import { formatOf, isParquet } from '../../formats/detect.ts';
import type { Staging } from '../../store/store.ts';
import { linesOf } from '../ingest/lines.ts';
import { readAll } from '../relation/unread.ts';
import { readWhole } from '../sources/check-end.ts';
import type { Compressed } from '../sources/check-end.ts';
import type { SnapshotSource } from './source.ts';

/** The records of a source as one Parquet file in the order of the source. */
export interface Loaded {
  readonly path: string;
  readonly columns: readonly Column[];
  readonly rows: number;
}

/** What reading a source touches. */
export interface LoadEffects {
  readonly engine: Engine;
  readonly staging: Staging;
}

/**
 * Reads CSV, JSON lines or Parquet; plain, gzip or zstd. The fields of CSV stay the texts they are,
 * so that they read back as they were dumped: an empty field is NULL, an empty one in quotes is an
 * empty text. Throws UserError for what cannot be read to its end; nothing is left out.
 */
export async function load(
  { engine, staging }: LoadEffects,
  source: SnapshotSource,
): Promise<Loaded> {
  const paths: string[] = [];
  for (const file of source.files) paths.push(await file.fetch(() => Promise.resolve(staging)));
  const [first = '', ...others] = paths;
  const head = await headOf(first);
  if (isParquet(head) && others.length === 0) return await asItIs(engine, first);
  const path = staging.path('loaded.parquet');
  const files = paths.map((each) => ({ path: each, uri: each }));
  const read = async (): Promise<Written> => {
    const query = isParquet(head)
      ? sql`select * from ${parquet(paths)}`
      : await textRecords(engine, paths, compressionOf(first, head));
    return await engine.write(query, path);
  };
  const { rows, schema } = await readWhole(await compressedOf(paths), () =>
    readAll(engine, files, read),
  );
  return { path, rows, columns: schema };
}

async function compressedOf(paths: readonly string[]): Promise<readonly Compressed[]> {
  const files = paths.map(async (path) => ({
    path,
    name: path,
    compression: compressionOf(path, await headOf(path)),
  }));
  return await Promise.all(files);
}

async function asItIs(engine: Engine, path: string): Promise<Loaded> {
  const described = await engine.rows(sql`describe select * from ${parquet([path])}`);
  const [count] = await engine.rows(sql`select count(*) as rows from ${parquet([path])}`);
  return { path, rows: Number(count?.['rows'] ?? 0), columns: described.map(columnOf) };
}

async function textRecords(
  engine: Engine,
  paths: readonly string[],
  compression: Compression,
): Promise<Sql> {
  const [path = ''] = paths;
  const lines = await engine.rows(
    sql`select coalesce(line, '') as line from (${linesOf({ paths: [path], compression }, 'nowhere')}) limit 200`,
  );
  const texts = lines.map((row) => textAt(row, 'line'));
  const [header = ''] = texts;
  if (texts.length === 0)
    throw new UserError(`'${path}' is empty. Expected at least the line that names its columns.`);
  return formatOf(texts) === 'jsonl'
    ? await jsonRecords(engine, paths, compression)
    : csvRecords(paths, header, compression);
}

function csvRecords(paths: readonly string[], header: string, compression: Compression): Sql {
  const delimiter = delimiterOf(header) ?? ',';
  const names = fieldsOf(header, delimiter);
  const twice = names.find((name, index) => name === '' || names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new UserError(
      `'${paths[0]}': the header names the column '${twice}' ${twice === '' ? 'with nothing' : 'twice'}. Expected different names in the first line.`,
    );
  }
  const types = names.map((name) => sql`${literal(name)}: 'VARCHAR'`);
  return sql`select * from read_csv(${exactly(paths)}, columns = {${join(types, ', ')}}, header = true,
    delim = ${literal(delimiter)}, quote = '"', escape = '"', auto_detect = false, strict_mode = true,
    null_padding = false, allow_quoted_nulls = false, compression = ${literal(compression)},
    max_line_size = 16777216, hive_partitioning = false)`;
}

/** Days and times stay texts: what one dump writes as a day the next may write as something else. */
async function jsonRecords(
  engine: Engine,
  paths: readonly string[],
  compression: Compression,
): Promise<Sql> {
  const read = (columns: Sql): Sql => sql`read_json(${exactly(paths)},
    format = 'newline_delimited', compression = ${literal(compression)}, hive_partitioning = false,
    maximum_object_size = 16777216, ${columns})`;
  const found = await engine.rows(
    sql`describe select * from ${read(sql`auto_detect = true, sample_size = -1`)}`,
  );
  const columns = found.map(columnOf).map(({ name, type }) => {
    const isTime = /^(?:DATE|TIME|TIMESTAMP.*|UUID)$/.test(type);
    return sql`${literal(name)}: ${literal(isTime ? 'VARCHAR' : type)}`;
  });
  const names = found.map((row) => identifier(textAt(row, 'column_name')));
  return sql`select ${names} from ${read(sql`columns = {${join(columns, ', ')}}`)}`;
}

function columnOf(row: Parameters<typeof textAt>[0]): Column {
  return { name: textAt(row, 'column_name'), type: textAt(row, 'column_type') };
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
