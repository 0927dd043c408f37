import type { Engine, Row } from '../../engine/engine.ts';
import { EngineError } from '../../engine/error.ts';
import { numberAt } from '../../engine/row.ts';
import { raw, sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import { createCsvRejects, csvRejects, dropCsvErrors, keepCsvErrors } from './csv-errors.ts';
import type { ErrorsTo } from './csv-errors.ts';
import type { Kind } from './kind.ts';
import { eventsOf } from './read.ts';
import { blank } from './reasons.ts';
import type { Source } from './source.ts';

/** A source and how it is read. */
export interface Reading {
  readonly source: Source;
  readonly kind: Kind;
}

/** A source whose records are in the table `incoming`. */
export interface Loaded extends Reading {
  /** Its number in the column `source`. */
  readonly number: number;
  /** Records in the table. */
  readonly rows: number;
  /** Rows of the table, blank lines included, and the rowid of the first one. */
  readonly lines: number;
  readonly firstRow: number;
  /** Records of the table that are rejected. */
  readonly unusable: number;
  /** Records that the CSV reader rejected, which are not in the table. */
  readonly unparsed: number;
  /** Bytes of all lines without line ends, where records are lines. */
  readonly textBytes: number | undefined;
}

/**
 * The table that holds what was read until it is published: a row per record, in order, with a
 * `reason` and the `text` where it is rejected. The engine spills it when it outgrows memory.
 */
export const incoming = raw('incoming');

/** The columns of the dataset `events`. */
export const eventColumns = raw(
  'ts, event, "user", session, url, referrer, status, bytes, agent, properties',
);

/** Reads all sources into the table. Files of one kind are read together, on all cores. */
export async function load(engine: Engine, readings: readonly Reading[]): Promise<Loaded[]> {
  await unload(engine);
  await engine.execute(sql`create temporary table ${incoming} (source integer, size integer,
    ts timestamptz, event varchar, "user" varchar, session varchar, url varchar, referrer varchar,
    status integer, bytes bigint, agent varchar, properties varchar, reason tinyint, text varchar)`);
  await createCsvRejects(engine);
  const loaded: Loaded[] = [];
  for (const { kind, sources } of groupsOf(readings)) {
    const first = loaded.length;
    const unparsed = await insert(engine, kind, sources, first);
    const counts = await countsFrom(engine, first);
    for (const [index, source] of sources.entries()) {
      const number = first + index;
      const counted = counts.get(number) ?? nothing;
      loaded.push({ source, kind, number, ...counted, unparsed: unparsed.get(number) ?? 0 });
    }
  }
  return loaded;
}

/** Takes the rows of a source out again. */
export async function discard(engine: Engine, { number }: Loaded): Promise<void> {
  await engine.execute(sql`delete from ${incoming} where source = ${number}`);
}

/** Drops what {@link load} made: it takes memory or disk. */
export async function unload(engine: Engine): Promise<void> {
  await dropCsvErrors(engine);
  await engine.execute(sql`drop table if exists ${csvRejects}`);
  await engine.execute(sql`drop table if exists ${incoming}`);
}

interface Group {
  readonly kind: Kind;
  readonly sources: Source[];
}

/** Sources of equal kinds, in the order of each one's first. */
function groupsOf(readings: readonly Reading[]): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const { kind, source } of readings) {
    const key = JSON.stringify(kind);
    const group = groups.get(key) ?? { kind, sources: [] };
    groups.set(key, group);
    group.sources.push(source);
  }
  return groups.values();
}

/** Returns how many records by source the CSV reader has rejected, which reads lines, too. */
async function insert(
  engine: Engine,
  kind: Kind,
  sources: readonly Source[],
  first: number,
): Promise<ReadonlyMap<number, number>> {
  const paths = sources.map((source) => source.path);
  const into = (errors: ErrorsTo): Promise<void> =>
    engine.execute(sql`insert into ${incoming}
      select source + ${first}, size, ${eventColumns}, reason, text from (${eventsOf(kind, paths, errors)})`);
  try {
    await into('caller');
    return kind.format === 'csv' ? await keepCsvErrors(engine, first) : new Map();
  } catch (error) {
    const isOfLines = kind.format === 'clf' || kind.format === 'jsonl';
    if (!isOfLines || !isUnreadable(error)) throw named(error, sources);
    // A line is not UTF-8, or looks like JSON and is none; to find such lines takes longer.
    await into('table').catch((again: unknown) => {
      throw named(again, sources);
    });
    return keepCsvErrors(engine, first);
  }
}

function isUnreadable(error: unknown): error is EngineError {
  return error instanceof EngineError && error.failure === 'query';
}

/** What the engine says of files, with their names; other errors pass unchanged. */
function named(cause: unknown, sources: readonly Source[]): unknown {
  if (!isUnreadable(cause)) return cause;
  const more = sources.length > 1 ? ` and ${sources.length - 1} more` : '';
  // The engine knows what was fetched by where it lies here.
  const said = sources.reduce((text, { path, name }) => text.replaceAll(path, name), cause.message);
  return new UserError(
    `'${sources[0]?.name}'${more} cannot be read. Nothing was published.\n${said}`,
    { cause },
  );
}

type Counts = Pick<Loaded, 'rows' | 'lines' | 'firstRow' | 'unusable' | 'textBytes'>;

const nothing: Counts = { rows: 0, lines: 0, firstRow: 0, unusable: 0, textBytes: undefined };

async function countsFrom(engine: Engine, first: number): Promise<ReadonlyMap<number, Counts>> {
  const rows = await engine.rows(sql`
    select source, count(*) as lines, count(*) filter (reason is distinct from ${blank}) as rows,
      count(*) filter (reason > 0) as unusable, min(rowid) as first_row, sum(size)::bigint as text_bytes
    from ${incoming} where source >= ${first} group by source`);
  return new Map(rows.map((row) => [numberAt(row, 'source'), countsIn(row)]));
}

function countsIn(row: Row): Counts {
  return {
    rows: numberAt(row, 'rows'),
    lines: numberAt(row, 'lines'),
    unusable: numberAt(row, 'unusable'),
    firstRow: numberAt(row, 'first_row'),
    textBytes: row['text_bytes'] === null ? undefined : numberAt(row, 'text_bytes'),
  };
}
