import type { Engine, Row } from '../../engine/engine.ts';
import { exactly, parquet } from '../../engine/parquet.ts';
import { numberAt } from '../../engine/row.ts';
import { identifier, join, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { LocalFile } from './load.ts';
import { SCAN_FACTOR } from './memory.ts';
import type { JoinSpec, OutColumn, Side } from './spec.ts';

/** What is known of a side. Widths are bytes in memory. */
export interface SideFacts {
  readonly rows: number;
  /** Of a row's columns that the join needs. */
  readonly width: number;
  /** Of a row's keys. */
  readonly keyWidth: number;
  /** Of the largest row group, as it is in memory while it is read. */
  readonly groupBytes: number;
  /** Rows that were looked at, and what was seen among them: NULL keys, different keys. */
  readonly sampled: number;
  readonly nulls: number;
  readonly distinct: number;
  /** How many different keys all rows have at least, judged by how many the sample has once and twice; 0: unknown. */
  readonly keys: number;
}

/** What was found out about a join before it is done. */
export interface Look {
  readonly left: SideFacts;
  readonly rights: readonly SideFacts[];
  /** Of the main right side's keys; most rows first. */
  readonly heavy: readonly HeavyKey[];
}

/** A frequent key, with the rows it may have on each side. */
export interface HeavyKey {
  readonly values: readonly string[];
  readonly left: number;
  readonly right: number;
}

/** A sample is made of blocks of one engine vector each, evenly over the rows: of the same files it is always the same. */
const BLOCKS = 40;
const BLOCK_ROWS = 2048;
/** For widths, for which all columns are read. */
const WIDE_BLOCKS = 4;
/** A key is frequent when a sample has so many rows of it, … */
const LEAST_SEEN = 2;
/** … and this part of them at least. */
const LEAST_SHARE = 0.001;
const MOST_HEAVY = 64;

/**
 * Looks at samples of all sides. `files` are the left side's, then those of each right one. Columns
 * besides keys are looked at only where a row group of all of them takes less than `bytes`.
 */
export async function lookAt(
  engine: Engine,
  spec: JoinSpec,
  files: readonly (readonly LocalFile[])[],
  bytes: number,
): Promise<Look> {
  const main = spec.rights[spec.main];
  const pairs = main?.keys ?? [];
  const left = await sampleSide(engine, spec.left, files[0] ?? [], {
    keys: pairs.map((pair) => pair.left),
    types: pairs.map(({ type }) => type),
    columns: used(spec, (column) => column.left),
    bytes,
    table: 'sample0',
  });
  const rights: Sampled[] = [];
  for (const [index, right] of spec.rights.entries()) {
    const columns = used(spec, (column) =>
      column.right?.join === index ? column.right.column : undefined,
    );
    const keys = right.keys.map((pair) => pair.right);
    const types = right.keys.map(({ type }) => type);
    const table = `sample${index + 1}`;
    rights.push(
      await sampleSide(engine, right, files[index + 1] ?? [], {
        keys,
        types,
        columns,
        bytes,
        table,
      }),
    );
  }
  const other = rights[spec.main] ?? left;
  return {
    left: left.facts,
    rights: rights.map(({ facts }) => facts),
    heavy: await heavyKeys(engine, left, other),
  };
}

function used(
  spec: JoinSpec,
  position: (column: OutColumn) => number | undefined,
): readonly number[] {
  return spec.columns.map(position).filter((index) => index !== undefined);
}

interface Sampled {
  readonly facts: SideFacts;
  /** Keys of the sample as texts, in the column `values`, and how often each occurs there, `n`. */
  readonly keys: Sql;
}

interface SampledColumns {
  readonly keys: readonly Sql[];
  /** Of the keys. */
  readonly types: readonly string[];
  /** Positions of the columns that the join needs. */
  readonly columns: readonly number[];
  /** What reading a row group may take. */
  readonly bytes: number;
  /** A name for the sample's keys. */
  readonly table: string;
}

async function sampleSide(
  engine: Engine,
  side: Side,
  files: readonly LocalFile[],
  { keys, types, columns, bytes, table }: SampledColumns,
): Promise<Sampled> {
  const paths = exactly(files.map(({ path }) => path));
  const sizes = await rowsOfFiles(engine, files);
  const [group = {}] = await engine.rows(sql`
    select coalesce(max(bytes), 0)::bigint as bytes, coalesce(sum(bytes), 0)::bigint as all_bytes from (
      select sum(total_uncompressed_size) as bytes from parquet_metadata(${paths})
      group by file_name, row_group_id)`);
  const rows = sizes.reduce((sum, each) => sum + each, 0);
  const isWide = numberAt(group, 'bytes') * SCAN_FACTOR > bytes;
  const width = isWide
    ? numberAt(group, 'all_bytes') / Math.max(rows, 1)
    : await widthOf(engine, sampled(side, files, sizes, WIDE_BLOCKS), columns);
  const texts = keys.map((key) => sql`cast(${key} as varchar)`);
  // Read once: finding the blocks of a sample takes longer than all that is done with them.
  await engine.execute(sql`create or replace temp table ${identifier(table)} as
    select values, count(*) as n
    from (select [${texts}] as values from ${sampled(side, files, sizes, BLOCKS).source})
    group by values`);
  const sample = sql`select values, n from ${identifier(table)}`;
  const [seen = {}] = await engine.rows(sql`
    select coalesce(sum(n), 0)::bigint as rows, count(*) as keys,
      coalesce(sum(n) filter (${hasNull}), 0)::bigint as nulls,
      coalesce(sum(n * (${sizeOf(types)})) / sum(n), 0) as width,
      count(*) filter (n = 1) as once, count(*) filter (n = 2) as twice
    from (select values, n, ${texts.map((_, index) => raw(`values[${index + 1}] as t${index}`))} from (${sample}))`);
  const distinct = numberAt(seen, 'keys');
  const facts = {
    rows,
    width: Math.ceil(width),
    keyWidth: Math.ceil(numberAt(seen, 'width')),
    groupBytes: numberAt(group, 'bytes'),
    sampled: numberAt(seen, 'rows'),
    nulls: numberAt(seen, 'nulls'),
    distinct,
    keys: Math.min(rows, distinct + unseen(numberAt(seen, 'once'), numberAt(seen, 'twice'))),
  };
  return { facts, keys: sample };
}

/** At least so many keys are in no sample in which `once` of them occur once and `twice` twice (Chao 1984, bias-corrected). */
function unseen(once: number, twice: number): number {
  return Math.round((once * (once - 1)) / (2 * (twice + 1)));
}

async function rowsOfFiles(engine: Engine, files: readonly LocalFile[]): Promise<number[]> {
  const paths = exactly(files.map(({ path }) => path));
  const rows = await engine.rows(sql`
    select num_rows as rows from parquet_file_metadata(${paths})`);
  return rows.map((row) => numberAt(row, 'rows'));
}

/** A side that has the rows of a sample of it alone. */
export async function sampleOf(
  engine: Engine,
  side: Side,
  files: readonly LocalFile[],
): Promise<Side> {
  return sampled(side, files, await rowsOfFiles(engine, files), BLOCKS);
}

/** Each block is a query of its own: of a condition with many ranges the engine would read every row group. */
function sampled(
  side: Side,
  files: readonly LocalFile[],
  sizes: readonly number[],
  count: number,
): Side {
  const blocks = blocksOf(sizes, count).map(({ file, first }) => {
    const range = raw(`file_row_number between ${first} and ${first + BLOCK_ROWS - 1}`);
    return sql`select *, ${raw(String(file))}::bigint as file_index, file_row_number
      from ${parquet([files[file]?.path ?? ''])} where ${range}`;
  });
  return blocks.length === 0
    ? side
    : { ...side, source: sql`(${join(blocks, ' union all by name ')})` };
}

const hasNull = raw('len(list_filter(values, lambda v: v is null)) > 0');

interface Block {
  readonly file: number;
  /** The number of its first row in the file. */
  readonly first: number;
}

/** None where all rows are fewer than blocks would have. */
function blocksOf(sizes: readonly number[], count: number): readonly Block[] {
  const total = sizes.reduce((sum, rows) => sum + rows, 0);
  if (total <= count * BLOCK_ROWS) return [];
  const chosen: Block[] = [];
  let before = 0;
  for (const [file, rows] of sizes.entries()) {
    for (let block = 0; block < count; block++) {
      const first = Math.floor((block * (total - BLOCK_ROWS)) / (count - 1)) - before;
      if (first >= 0 && first < rows) chosen.push({ file, first });
    }
    before += rows;
  }
  return chosen;
}

/** Of the keys `t0`, …: a text takes 16 bytes at least, and its length besides where that is more than 12. */
function sizeOf(types: readonly string[]): Sql {
  const sizes = types.map((type, index) =>
    isFixed(type)
      ? raw('8')
      : raw(`16 + case when strlen(t${index}) > 12 then strlen(t${index}) else 0 end`),
  );
  return join(sizes, ' + ');
}

/** Whether every value takes eight bytes, or sixteen at most. */
function isFixed(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT|DOUBLE|FLOAT|BOOLEAN|DATE|TIME|UUID|DECIMAL)/i.test(type);
}

async function widthOf(
  engine: Engine,
  { source, columns }: Side,
  positions: readonly number[],
): Promise<number> {
  const needed = positions.flatMap((position) => columns[position] ?? []);
  const long = needed.filter(({ type }) => !isFixed(type));
  const fixedBytes = 8 * (needed.length - long.length) + 16 * long.length;
  if (long.length === 0) return fixedBytes;
  const lengths = long.map(({ value }) => sql`coalesce(strlen(cast(${value} as varchar)), 0)`);
  const [row = {}] = await engine.rows(sql`
    select coalesce(avg(${join(lengths, ' + ')}), 0) as width from ${source}`);
  return fixedBytes + numberAt(row, 'width');
}

async function heavyKeys(engine: Engine, left: Sampled, right: Sampled): Promise<HeavyKey[]> {
  const counted = (side: Sampled, name: string): Sql =>
    sql`select values, n as ${raw(name)} from (${side.keys}) where not (${hasNull})`;
  const scale = ({ facts }: Sampled): number => facts.rows / Math.max(facts.sampled, 1);
  const least = ({ facts }: Sampled): number => Math.max(LEAST_SEEN, facts.sampled * LEAST_SHARE);
  const rows = await engine.rows(sql`
    select values, coalesce(l, 0) as l, coalesce(r, 0) as r
    from (${counted(left, 'l')}) full join (${counted(right, 'r')}) using (values)
    where coalesce(l, 0) >= ${least(left)} or coalesce(r, 0) >= ${least(right)}
    order by greatest(coalesce(l, 0) * ${scale(left)}, coalesce(r, 0) * ${scale(right)}) desc, values
    limit ${raw(String(MOST_HEAVY))}`);
  return rows.map((row) => ({
    values: textsAt(row, 'values'),
    left: Math.round(numberAt(row, 'l') * scale(left)),
    right: Math.round(numberAt(row, 'r') * scale(right)),
  }));
}

function textsAt(row: Row, column: string): string[] {
  const values = row[column];
  return Array.isArray(values) ? values.map(String) : [];
}
