import type { Engine } from '../../engine/engine.ts';
import { exactly } from '../../engine/parquet.ts';
import { identifier, join, literal, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { errorsTo } from '../ingest/csv-errors.ts';
import type { ErrorsTo } from '../ingest/csv-errors.ts';
import { inferTypes, typed } from './infer.ts';
import type { Kind } from './kind.ts';
import { fileColumn, START_ROWS } from './part.ts';
import type { Part, ReadOptions } from './part.ts';
import type { DataFile } from './place.ts';
import { keepReaderErrors } from './rejects.ts';
import type { Types } from './types.ts';

/** CSV files as a query. Types are inferred unless given; what cannot be read goes to the rejects. */
export async function csvPart(
  engine: Engine,
  files: readonly DataFile[],
  kind: Kind & { readonly format: 'csv' },
  { types, look }: ReadOptions,
): Promise<Part> {
  const { header } = kind;
  const rows = (errors: ErrorsTo): Sql => csvRows(files, kind, types, errors);
  const free = header.filter((name) => !types.has(name));
  const sample = look === 'all' ? rows('table') : sql`from (${rows('table')}) limit ${START_ROWS}`;
  // The engine looks at no column that is not asked for, and one with a type may not fit it.
  const given = header.filter((name) => types.has(name));
  const inferred = await inferTypes(engine, sample, { texts: free, others: given });
  const rejected = await keepReaderErrors(
    engine,
    files.map(({ uri }) => uri),
  );
  const columns = header.map((name) => {
    const at = free.indexOf(name);
    const column = identifier(name);
    return at < 0
      ? column
      : sql`${typed(column, inferred.types[at] ?? 'VARCHAR', look === 'all')} as ${column}`;
  });
  const query = sql`select ${columns}, ${fileColumn} from (${rows('nowhere')})`;
  const counted = look === 'all' && { rows: inferred.rows };
  return { query, file: 'index', columns: header, ...counted, rejected };
}

function csvRows(
  files: readonly DataFile[],
  kind: Kind & { readonly format: 'csv' },
  types: Types,
  errors: ErrorsTo,
): Sql {
  const columns = kind.header.map(
    (name) => sql`${literal(name)}: ${literal(types.get(name) ?? 'VARCHAR')}`,
  );
  return sql`select *, file_index as ${fileColumn} from read_csv(${exactly(files.map(({ path }) => path))},
    columns = {${join(columns, ', ')}}, header = true, delim = ${literal(kind.delimiter)},
    quote = '"', escape = '"', auto_detect = false, strict_mode = true, null_padding = false,
    allow_quoted_nulls = false, compression = ${literal(kind.compression)},
    hive_partitioning = false${errorsTo(errors)})`;
}
