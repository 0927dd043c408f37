import { isUtf8 } from 'node:buffer';
import type { Engine } from '../../engine/engine.ts';
import { exactly } from '../../engine/parquet.ts';
import { numberAt } from '../../engine/row.ts';
import { raw, sql } from '../../engine/sql.ts';
import { NoDataError, quoted, UserError } from '../../errors.ts';
import { compareKeys } from '../../store/key.ts';
import type { Entry, ForeignObjects, Staging, Store } from '../../store/store.ts';
import { jsonLines, LineFile, linesOf, readLines } from './lines.ts';
import { listed, parseListed } from './records.ts';
import type { Listed } from './records.ts';

/** Every object of a place, in UTF-8 byte order of ids; an object's id is its key. */
export async function* allObjects(source: Pick<ForeignObjects, 'list'>): AsyncGenerator<Listed> {
  for await (const entry of source.list('')) yield listed(entry.key, entry);
}

/** The same objects. Throws NoDataError where there are none: more often a wrong name than a wish to empty a dataset. */
export async function* atLeastOne(
  objects: AsyncIterable<Listed>,
  place: string,
): AsyncGenerator<Listed> {
  let isEmpty = true;
  for await (const object of objects) {
    isEmpty = false;
    yield object;
  }
  if (isEmpty) {
    throw new NoDataError(
      `there is nothing to pack: no objects below ${place}, or no ids; check the name`,
    );
  }
}

/** The same objects by way of a local file, and how many they are. */
export async function spooled(
  objects: AsyncIterable<Listed>,
  staging: Staging,
): Promise<{ readonly objects: AsyncIterable<Listed>; readonly keys: number }> {
  const file = await LineFile.create(staging.path('listing.jsonl'));
  let keys = 0;
  try {
    for await (const object of objects) {
      keys += 1;
      await file.add(JSON.stringify(object));
    }
  } finally {
    await file.close();
  }
  return { objects: parsed(readLines(file.path)), keys };
}

/** A file with one id in each line. */
export interface IdFile {
  readonly store: Pick<Store, 'stream'>;
  readonly key: string;
  /** For messages. */
  readonly uri: string;
}

/**
 * The ids of a file, as they stand there. Empty lines do not count. Throws UserError for lines that
 * are not UTF-8 or have control characters.
 */
export async function* readIds({ store, key, uri }: IdFile): AsyncGenerator<string> {
  let number = 0;
  for await (const line of linesOf(store.stream(key))) {
    number += 1;
    const id = line.toString().replace(/\r$/, '');
    if (id === '') continue;
    if (!isUtf8(line) || /\p{Cc}/u.test(id)) {
      throw new UserError(
        `${uri}, line ${number}: ${quoted(id)} cannot be an id. Expected one id in each line, as UTF-8 text without control characters.`,
      );
    }
    yield id;
  }
}

export interface Listing {
  readonly objects: AsyncIterable<Listed>;
  /** Ids that stood in the file more than once are there once. */
  readonly duplicates: number;
}

/**
 * The objects that ids stand for, in UTF-8 byte order of ids; for an id without object the place in
 * the list stays. Which objects exist is found by listing the folder that all keys have in common:
 * a page of 1,000 names costs as much as a dozen objects asked for.
 */
export async function objectsOf(
  effects: { readonly engine: Engine; readonly staging: Staging },
  source: Pick<ForeignObjects, 'list'>,
  ids: AsyncIterable<string>,
  keyOf: (id: string) => string,
): Promise<Listing> {
  const { engine, staging } = effects;
  const asked = await writeAsked(staging.path('ids.jsonl'), ids, keyOf);
  const there = await writeEntries(staging.path('keys.jsonl'), source.list(asked.folder));
  const distinct = sql`(select distinct id, key from read_json(${exactly([asked.path])},
    format = 'newline_delimited', columns = {id: 'VARCHAR', key: 'VARCHAR'}))`;
  const [row = {}] = await engine.rows(sql`select count(*) as ids from ${distinct}`);
  const query = sql`
    select id, key, etag, size, last_modified from ${distinct} left join read_json(${exactly([there])},
      format = 'newline_delimited', columns = ${raw(columns)}) using (key)
    order by id`;
  return {
    objects: parsed(jsonLines(engine, query, staging)),
    duplicates: asked.ids - numberAt(row, 'ids'),
  };
}

const columns = "{key: 'VARCHAR', etag: 'VARCHAR', size: 'BIGINT', last_modified: 'VARCHAR'}";

async function* parsed(lines: AsyncIterable<Buffer>): AsyncGenerator<Listed> {
  for await (const line of lines) yield parseListed(line);
}

async function writeAsked(
  path: string,
  ids: AsyncIterable<string>,
  keyOf: (id: string) => string,
): Promise<{ readonly path: string; readonly ids: number; readonly folder: string }> {
  const file = await LineFile.create(path);
  let count = 0;
  let first: string | undefined;
  let last = '';
  try {
    for await (const id of ids) {
      const key = keyOf(id);
      count += 1;
      if (first === undefined || compareKeys(key, first) < 0) first = key;
      if (compareKeys(key, last) > 0) last = key;
      await file.add(JSON.stringify({ id, key }));
    }
  } finally {
    await file.close();
  }
  return { path, ids: count, folder: commonFolder(first ?? '', last) };
}

/** The folder, ending in `/`, of everything between two keys; empty where there is none. */
function commonFolder(first: string, last: string): string {
  let length = 0;
  while (length < first.length && first[length] === last[length]) length += 1;
  return first.slice(0, first.slice(0, length).lastIndexOf('/') + 1);
}

async function writeEntries(path: string, entries: AsyncIterable<Entry>): Promise<string> {
  const file = await LineFile.create(path);
  try {
    for await (const entry of entries) {
      const { key, etag, size, last_modified } = listed('', entry);
      await file.add(JSON.stringify({ key, etag, size, last_modified }));
    }
  } finally {
    await file.close();
  }
  return path;
}
