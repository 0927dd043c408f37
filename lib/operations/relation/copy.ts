import type { Column } from '../../dataset/manifest.ts';
import type { Engine } from '../../engine/engine.ts';
import { numberAt } from '../../engine/row.ts';
import { identifier, literal, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { NamedFormat, RowFormat } from '../../formats/file-name.ts';
import type { Relation } from './relation.ts';

/** Writes a query's rows, in its order, to a new local file and returns how many there are. The engine writes; no row comes here. */
export async function copyRows(
  engine: Engine,
  { query, columns }: Pick<Relation, 'query' | 'columns'>,
  path: string,
  format: NamedFormat,
): Promise<number> {
  const texts = columns.map((column) => inText(column, format.format));
  const rows = format.format === 'parquet' ? query : sql`select ${texts} from (${query})`;
  const [found = {}] = await engine.rows(
    sql`copy (${rows}) to ${literal(path)} (${optionsOf(format)})`,
  );
  return numberAt(found, 'Count');
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
