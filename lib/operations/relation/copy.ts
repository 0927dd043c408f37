import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Column } from '../../dataset/manifest.ts';
import type { Engine } from '../../engine/engine.ts';
import { numberAt, textAt } from '../../engine/row.ts';
import { identifier, join, literal, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { csvLine } from '../../formats/csv.ts';
import { messageOf, UserError } from '../../errors.ts';
import type { NamedFormat, RowFormat } from '../../formats/file-name.ts';
import { inParquet } from './integers.ts';
import type { Relation } from './relation.ts';

/**
 * Writes a query's rows, in its order, to a new local file and returns how many there are. The engine
 * writes; no row comes here. For gzip there has to be room for the text as it is, too: Node compresses
 * it in less than half the time that the engine takes.
 */
export async function copyRows(
  engine: Engine,
  relation: Pick<Relation, 'query' | 'columns'>,
  path: string,
  format: NamedFormat,
): Promise<number> {
  if (format.format === 'parquet' || format.compression !== 'gzip') {
    return copy(engine, relation, path, format);
  }
  const rows = await copy(engine, relation, path, { ...format, compression: 'uncompressed' });
  await gzipInPlace(path);
  return rows;
}

async function copy(
  engine: Engine,
  { query, columns }: Pick<Relation, 'query' | 'columns'>,
  path: string,
  format: NamedFormat,
): Promise<number> {
  const written = columns.map((column) =>
    format.format === 'parquet' ? asParquet(column) : inText(column, format.format),
  );
  const rows = sql`select ${written} from (${query})`;
  const [found = {}] = await engine.rows(
    sql`copy (${rows}) to ${literal(path)} (${optionsOf(format)})`,
  );
  return numberAt(found, 'Count');
}

async function gzipInPlace(path: string): Promise<void> {
  const packed = `${path}.gz`;
  try {
    await pipeline(
      createReadStream(path, { highWaterMark: PIECE_BYTES }),
      createGzip({ chunkSize: PIECE_BYTES }),
      createWriteStream(packed),
    );
    await rename(packed, path);
  } catch (cause) {
    await rm(packed, { force: true });
    throw new UserError(
      `'${path}' cannot be compressed: ${messageOf(cause)}; free some space, or end the name in .zst, which needs none beside it`,
      { cause },
    );
  }
}

/** With smaller pieces more time goes from thread to thread than into the work. */
const PIECE_BYTES = 256 * 1024;

/**
 * A query's rows, in its order, as text in pieces of some thousand lines, while somebody takes them. The
 * engine makes the lines.
 */
export async function* textRows(
  engine: Engine,
  { query, columns }: Pick<Relation, 'query' | 'columns'>,
  format: 'csv' | 'jsonl',
): AsyncGenerator<string, void, undefined> {
  const rows = sql`select ${columns.map((column) => inText(column, format))} from (${query})`;
  if (format === 'csv') yield csvLine(columns.map(({ name }) => name));
  const line = format === 'csv' ? csvRow(columns) : sql`to_json(each)::varchar`;
  for await (const batch of engine.stream(sql`select ${line} as line from (${rows}) as each`)) {
    yield batch.map((row) => `${textAt(row, 'line')}\n`).join('');
  }
}

/** Fields with quotes where they need them; an empty text has some, and NULL none. */
function csvRow(columns: readonly Column[]): Sql {
  const fields = columns.map(({ name }) => {
    const text = sql`${identifier(name)}::varchar`;
    const quoted = sql`'"' || replace(${text}, '"', '""') || '"'`;
    const needsQuotes = sql`${text} = '' or regexp_matches(${text}, '[",\\r\\n]')`;
    // Without its quotes a record of one empty field would be no record.
    const none = columns.length === 1 ? '""' : '';
    return sql`case when ${text} is null then ${literal(none)} when ${needsQuotes} then ${quoted} else ${text} end`;
  });
  return join(fields, ` || ',' || `);
}

function asParquet({ name, type }: Column): Sql {
  const column = identifier(name);
  return inParquet(type) === type
    ? column
    : sql`cast(${column} as ${raw(inParquet(type))}) as ${column}`;
}

/** In text an instant is written as ISO 8601 has it, what has parts as JSON; whatever else, as the engine writes it. */
function inText({ name, type }: Column, format: RowFormat): Sql {
  const column = identifier(name);
  const hasParts = /^(STRUCT|MAP|UNION)\(|\[\d*\]$/.test(type);
  if (hasParts && (format === 'csv' || format === 'tsv')) {
    return sql`to_json(${column})::varchar as ${column}`;
  }
  if (type === 'TIMESTAMP WITH TIME ZONE') {
    return sql`strftime(${column}, '%Y-%m-%dT%H:%M:%S.%fZ') as ${column}`;
  }
  return type === 'TIMESTAMP'
    ? sql`strftime(${column}, '%Y-%m-%dT%H:%M:%S.%f') as ${column}`
    : column;
}

function optionsOf({ format, compression }: NamedFormat): Sql {
  const compressed = raw(`, compression ${compression === 'uncompressed' ? 'none' : compression}`);
  switch (format) {
    case 'csv':
      return sql`format csv, header true${compressed}`;
    case 'tsv':
      return sql`format csv, header true, delim '\t'${compressed}`;
    case 'jsonl':
      return sql`format json${compressed}`;
    case 'json':
      return sql`format json, array true${compressed}`;
    case 'parquet':
      return sql`format parquet, compression zstd, compression_level 1`;
    default:
      return format satisfies never;
  }
}
