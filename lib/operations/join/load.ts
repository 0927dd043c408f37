import { dataPaths, listPartitions } from '../../dataset/catalog.ts';
import { prefixOf } from '../../dataset/layout.ts';
import type { Partition } from '../../dataset/layout.ts';
import { readManifest } from '../../dataset/published.ts';
import type { Engine } from '../../engine/engine.ts';
import { exactly, parquet } from '../../engine/parquet.ts';
import { textAt } from '../../engine/row.ts';
import { identifier, join, literal, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { NoDataError, UsageError, UserError } from '../../errors.ts';
import type { Staging, Store } from '../../store/store.ts';
import { checkParquet } from '../sources/check-form.ts';
import type { NamedFile } from '../sources/name-of.ts';
import { firstTwice } from './columns.ts';
import { sideOf } from './places.ts';
import type { Source, SourceFile } from './sources.ts';
import type { Side, SideColumn } from './spec.ts';

export interface LoadEffects {
  readonly store: Store;
  readonly engine: Engine;
  readonly staging: Staging;
}

/** A local Parquet file of a side, with the keys of the partition it is of. */
export interface LocalFile {
  readonly path: string;
  readonly keys: Partition['keys'];
}

/** The local files of a source that is Parquet, those of another place fetched. */
export async function localFiles(
  source: Source,
  { store, staging }: Omit<LoadEffects, 'engine'>,
): Promise<readonly LocalFile[]> {
  if (source.kind === 'dataset') return partitionFiles(source.partitions, store, staging);
  const files: LocalFile[] = [];
  for (const file of source.files) {
    const path = await localPath(file, staging);
    await checkParquet({ path, uri: file.uri });
    files.push({ path, keys: {} });
  }
  return files;
}

/** The local path of a source's file. */
export async function localPath(file: SourceFile, staging: Staging): Promise<string> {
  if (file.path !== undefined) return file.path;
  if (!file.object) throw new Error(`${file.uri} is nowhere`);
  const { bytes, version: etag } = file;
  return file.object.store.download(file.object.key, staging, { bytes, etag });
}

/** Files with the names that messages call them. */
export async function textFiles(
  files: readonly SourceFile[],
  staging: Staging,
): Promise<readonly NamedFile[]> {
  const found: NamedFile[] = [];
  for (const file of files) found.push({ path: await localPath(file, staging), uri: file.uri });
  return found;
}

/** The local files of a side that was read from text in so many parts. */
export async function convertedFiles(
  to: string,
  side: string,
  parts: readonly string[],
  { store, staging }: Omit<LoadEffects, 'engine'>,
): Promise<readonly LocalFile[]> {
  const partitions = parts.map((part) => sideOf(to, side, part));
  const files = await partitionFiles(partitions, store, staging);
  return files.map(({ path }) => ({ path, keys: {} }));
}

/** The files of a side in smaller row groups, one for each of those that it was made of. */
export async function packedFiles(
  packed: Partition,
  files: readonly LocalFile[],
  { store, staging }: Omit<LoadEffects, 'engine'>,
): Promise<readonly LocalFile[]> {
  const found = await partitionFiles([packed], store, staging);
  return found.map(({ path }, index) => ({ path, keys: files[index]?.keys ?? {} }));
}

async function partitionFiles(
  partitions: readonly Partition[],
  store: Store,
  staging: Staging,
): Promise<readonly LocalFile[]> {
  const files: LocalFile[] = [];
  for (const partition of partitions) {
    const published = await readManifest(store, prefixOf(partition));
    if (!published)
      throw new NoDataError(`'${prefixOf(partition)}': nothing is published there; make it first`);
    const { manifest } = published;
    const paths = await dataPaths(store, manifest, staging);
    files.push(...paths.map((path) => ({ path, keys: manifest.partition })));
  }
  return files;
}

/** The folders below which nothing of a join's is needed any more, as keys of the store. */
export async function keysBelow(store: Store, { dataset, keys }: Partition): Promise<string[]> {
  const found: string[] = [];
  for await (const { prefix, files, manifest, journals } of listPartitions(store, dataset, keys)) {
    found.push(...[...files.keys()].map((name) => prefix + name));
    found.push(...[...(manifest ? [manifest] : []), ...journals].map(({ key }) => key));
  }
  return found;
}

/** Files as a side of a join. The keys of partitions are columns, unless the files have such ones. */
export async function openSide(
  engine: Engine,
  files: readonly LocalFile[],
  options: { readonly flatten: boolean; readonly name: string },
): Promise<Side> {
  if (files.length === 0)
    throw new NoDataError(`${options.name}: there are no files to read; name others`);
  const paths = files.map(({ path }) => path);
  const source = parquet(paths, { byName: paths.length > 1 });
  const columns = await columnsOf(engine, source, [], options.flatten);
  const twice = firstTwice(columns.map(({ name }) => name));
  if (twice !== undefined) {
    throw new UsageError(
      `--flatten: ${options.name} would have two columns called '${twice}'; leave it out, or rename one of them`,
    );
  }
  const names = new Set(columns.map(({ name }) => name.toLowerCase()));
  const reserved = ['file_index', 'file_row_number'].find((name) => names.has(name));
  if (reserved !== undefined) {
    throw new UserError(
      `${options.name} has a column '${reserved}', a name that stands for the place of a row; rename it`,
    );
  }
  const keys = Object.keys(files[0]?.keys ?? {}).filter((name) => !names.has(name.toLowerCase()));
  return {
    source,
    place: await placeIn(engine, paths),
    columns: [...columns, ...keys.map((key) => keyColumn(key, files))],
  };
}

/**
 * The row's number in its file, as narrow as can be since rows are sorted by it; below that of the
 * file where there are several, of which each has fewer than 2^40 rows.
 */
async function placeIn(engine: Engine, paths: readonly string[]): Promise<Sql> {
  if (paths.length > 1) return raw('(file_index::bigint << 40) + file_row_number');
  const [row = {}] = await engine.rows(
    sql`select num_rows < 4294967296 as narrow from parquet_file_metadata(${exactly(paths)})`,
  );
  return raw(row['narrow'] === true ? 'file_row_number::uinteger' : 'file_row_number');
}

function keyColumn(key: string, files: readonly LocalFile[]): SideColumn {
  const values = files.map(({ keys }) => literal(keys[key] ?? ''));
  const value = sql`list_extract([${values}], file_index::integer + 1)`;
  return { name: key, type: 'VARCHAR', value, isKeyOfPartition: true };
}

/** The columns, with the fields of structs in the place of structs where they are to be flat. */
async function columnsOf(
  engine: Engine,
  source: Sql,
  path: readonly string[],
  flatten: boolean,
): Promise<SideColumn[]> {
  const value = join(path.map(identifier), '.');
  const what = path.length === 0 ? raw('*') : sql`unnest(${value})`;
  const rows = await engine.rows(sql`describe select ${what} from ${source}`);
  const columns: SideColumn[] = [];
  for (const row of rows) {
    const [name, type] = [textAt(row, 'column_name'), textAt(row, 'column_type')];
    const below = [...path, name];
    if (flatten && type.startsWith('STRUCT(') && !type.endsWith(']')) {
      columns.push(...(await columnsOf(engine, source, below, flatten)));
    } else {
      columns.push({ name: below.join('_'), type, value: join(below.map(identifier), '.') });
    }
  }
  return columns;
}
