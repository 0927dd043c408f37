import { DATA_FILE } from '../../dataset/layout.ts';
import type { Column } from '../../dataset/manifest.ts';
import { parquet } from '../../engine/parquet.ts';
import { identifier, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { columnTypesOf } from '../../formats/column-types.ts';
import type { ColumnTypes } from '../../formats/column-types.ts';
import { openParquetFile } from '../../formats/parquet-file.ts';
import type { ParquetFile } from '../../formats/parquet-file.ts';
import type { DataEffects } from '../relation/effects.ts';
import type { Records } from './write.ts';

/**
 * Writes records to a new staged Parquet file, in flat memory and in their order. Columns have the
 * types that the first thousand records tell, unless they are given.
 */
export async function stageRecords(
  records: Records,
  { columns = {} }: { readonly columns?: ColumnTypes },
  { engine, staging }: Pick<DataEffects, 'engine' | 'staging'>,
): Promise<{ readonly path: string; readonly rows: number; readonly schema: readonly Column[] }> {
  const folder = await staging();
  const raw = folder.path('records.parquet');
  const types = await writeAll(records, columns, raw);
  // The engine writes it once more, so that every partition is encoded alike and has the engine's types.
  const path = folder.path(DATA_FILE);
  const { rows, schema } = await (await engine()).write(typed(raw, types), path);
  return { path, rows, schema };
}

const SAMPLE_RECORDS = 1000;

/** The types of its columns. */
async function writeAll(records: Records, given: ColumnTypes, path: string): Promise<ColumnTypes> {
  const sample: Readonly<Record<string, unknown>>[] = [];
  let started: Started | undefined;
  try {
    for await (const record of records) {
      if (started) await started.file.append(record);
      else if (sample.push(record) === SAMPLE_RECORDS) started = await start(sample, given, path);
    }
  } catch (error) {
    if (started) await giveUp(started.file);
    throw error;
  }
  const { file, types } = started ?? (await start(sample, given, path));
  await file.close();
  return types;
}

interface Started {
  readonly file: ParquetFile;
  readonly types: ColumnTypes;
}

async function start(
  sample: readonly Readonly<Record<string, unknown>>[],
  given: ColumnTypes,
  path: string,
): Promise<Started> {
  const types = typesOf(sample, given);
  const file = await openParquetFile(path, types);
  try {
    for (const record of sample) await file.append(record);
    return { file, types };
  } catch (error) {
    await giveUp(file);
    throw error;
  }
}

/** Lets the file go; what there is to say of it has been said. */
async function giveUp(file: ParquetFile): Promise<void> {
  await file.close().catch(() => undefined);
}

/** The file's rows; the writer of records knows neither instants nor JSON by their types. */
function typed(path: string, types: ColumnTypes): Sql {
  const columns = Object.entries(types).map(([name, type]) => {
    if (type === 'timestamp') return sql`${identifier(name)}::timestamptz as ${identifier(name)}`;
    return type === 'json'
      ? sql`${identifier(name)}::json as ${identifier(name)}`
      : identifier(name);
  });
  return sql`select ${columns} from ${parquet([path])}`;
}

function typesOf(
  sample: readonly Readonly<Record<string, unknown>>[],
  given: ColumnTypes,
): ColumnTypes {
  const names = new Set(Object.keys(given));
  const rest = sample.map((record) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !names.has(name))),
  );
  const types = { ...columnTypesOf(rest), ...given };
  if (Object.keys(types).length > 0) return types;
  throw new UserError(
    "there are no records to tell the columns by; name them in columns: { id: 'text', … }",
  );
}
