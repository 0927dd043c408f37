import type { Column } from '../../dataset/manifest.ts';
import type { Engine, Written } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { numberAt, textAt } from '../../engine/row.ts';
import { identifier, join, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { Staging } from '../../store/store.ts';
import { rowGroupRows, SCAN_FACTOR } from './memory.ts';

export interface RepackEffects {
  readonly engine: Engine;
  readonly staging: Staging;
}

/**
 * Writes the rows of a Parquet file in smaller row groups, in their order. Where not even one row
 * group fits into `bytes` of memory, some columns at a time are read, and put side by side again.
 */
export async function repack(
  { engine, staging }: RepackEffects,
  from: string,
  to: string,
  bytes: number,
): Promise<Written> {
  const columns = await columnsOf(engine, from);
  const slices = cut(columns, bytes / SCAN_FACTOR);
  const width = columns.reduce((sum, column) => sum + column.rowBytes, 0);
  const options = { rowGroupRows: rowGroupRows(width) };
  const place = freeName(columns);
  const parts: Sql[] = [];
  for (const [index, slice] of slices.entries()) {
    const path = staging.path('slice.parquet');
    const names = slice.map(({ name }) => identifier(name));
    const number = sql`file_row_number as ${identifier(place + index)}`;
    await engine.write(sql`select ${[...names, number]} from ${parquet([from])}`, path, options);
    parts.push(sql`${parquet([path])} ${raw(`t${index}`)}`);
  }
  const [first, ...others] = columns.map(({ name }) => identifier(name));
  const inStep = slices.map(
    (_, index) => sql`${identifier(place + 0)} = ${identifier(place + index)}`,
  );
  const checked = sql`case when ${join(inStep, ' and ')} then ${first ?? raw('null')}
    else error('the columns of a row got out of step') end as ${first ?? raw('none')}`;
  return engine.write(
    sql`select ${[checked, ...others]} from ${join(parts, ' positional join ')}`,
    to,
    options,
  );
}

interface SizedColumn extends Pick<Column, 'name'> {
  /** Of a row group, as it is in memory. */
  readonly groupBytes: number;
  readonly rowBytes: number;
}

async function columnsOf(engine: Engine, path: string): Promise<readonly SizedColumn[]> {
  const described = await engine.rows(sql`describe select * from ${parquet([path])}`);
  const sizes = await engine.rows(sql`
    select path_in_schema as path, max(total_uncompressed_size) as bytes,
      sum(total_uncompressed_size) / greatest(sum(num_values), 1) as width
    from parquet_metadata(${path}) group by path_in_schema`);
  return described.map((row) => {
    const name = textAt(row, 'column_name');
    const leaves = sizes.filter((size) => {
      const leaf = textAt(size, 'path');
      return leaf === name || leaf.startsWith(`${name}, `);
    });
    return {
      name,
      groupBytes: leaves.reduce((sum, leaf) => sum + numberAt(leaf, 'bytes'), 0),
      rowBytes: leaves.reduce((sum, leaf) => sum + numberAt(leaf, 'width'), 0),
    };
  });
}

/** Columns in slices of so many bytes of a row group, or of one column that has more. */
function cut(columns: readonly SizedColumn[], bytes: number): readonly (readonly SizedColumn[])[] {
  const slices: SizedColumn[][] = [];
  let size = Infinity;
  for (const column of columns) {
    if (size + column.groupBytes > bytes) {
      slices.push([]);
      size = 0;
    }
    slices.at(-1)?.push(column);
    size += column.groupBytes;
  }
  return slices;
}

/** The beginning of a name that no column has. */
function freeName(columns: readonly SizedColumn[]): string {
  let name = 'place';
  while (columns.some((column) => column.name.toLowerCase().startsWith(name))) name += '_';
  return name;
}
