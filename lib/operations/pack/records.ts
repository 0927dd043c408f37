import { isUtf8 } from 'node:buffer';
import { exactly } from '../../engine/parquet.ts';
import { raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { Entry } from '../../store/store.ts';

/** An object to pack, as it was listed. */
export interface Listed {
  /** What its record is found by. */
  readonly id: string;
  /** Below the place it is packed from. */
  readonly key: string;
  /** Null, as what follows, where an id was asked for and there is no such object. */
  readonly etag: string | null;
  /** Bytes. */
  readonly size: number | null;
  /** ISO text. */
  readonly last_modified: string | null;
}

/** A packed object. */
export interface Packed extends Listed {
  /** How `body` stands for the object's bytes: as UTF-8 or, where they are none, as base64. */
  readonly encoding: 'utf8' | 'base64';
  readonly body: string;
}

/** An object that could not be packed. */
export interface Failed extends Listed {
  readonly reason: string;
}

export type Format = 'jsonl' | 'parquet';

export function listed(id: string, { key, etag, bytes, modified }: Entry): Listed {
  return { id, key, etag, size: bytes, last_modified: modified.toISOString() };
}

export function packed(object: Listed, bytes: Uint8Array): Packed {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // A NUL is text to UTF-8 alone: engines and editors take it for an end or refuse it.
  const encoding = isUtf8(buffer) && !buffer.includes(0) ? 'utf8' : 'base64';
  const { id, key, etag, last_modified } = object;
  const size = buffer.length;
  return { id, key, etag, size, last_modified, encoding, body: buffer.toString(encoding) };
}

/** The object's bytes, as they were. */
export function bytesOf({ encoding, body }: Pick<Packed, 'encoding' | 'body'>): Buffer {
  return Buffer.from(body, encoding);
}

/** Lines of JSON made of {@link Listed}, {@link Packed} or {@link Failed}, with typed columns, in their order. */
export function recordLines(paths: readonly string[], kind: Kind, maxBytes: number): Sql {
  return sql`read_json(${exactly(paths)}, format = 'newline_delimited', columns = ${columns[kind]},
    maximum_object_size = ${raw(String(Math.max(maxBytes, DEFAULT_LINE_BYTES)))})`;
}

type Kind = 'listed' | 'packed' | 'failed';

/** The longest line that the engine reads unless told otherwise. */
const DEFAULT_LINE_BYTES = 16 * 1024 * 1024;

const common = `id: 'VARCHAR', key: 'VARCHAR', etag: 'VARCHAR', size: 'BIGINT', last_modified: 'TIMESTAMPTZ'`;

const columns: Readonly<Record<Kind, Sql>> = {
  listed: raw(`{${common}}`),
  packed: raw(`{${common}, encoding: 'VARCHAR', body: 'VARCHAR'}`),
  failed: raw(`{${common}, reason: 'VARCHAR'}`),
};

/** The columns of {@link Listed}, as they stand in its JSON. */
export const listedColumns = raw(
  "id, key, etag, size, strftime(last_modified, '%Y-%m-%dT%H:%M:%S.%gZ') as last_modified",
);

/** The columns of {@link Packed}, as they stand in its JSON. */
export const packedColumns = sql`${listedColumns}, encoding, body`;

/** An object of more bytes is not packed. It bounds what one record takes in memory, several times over. */
export const MAX_OBJECT_BYTES = 32 * 1024 * 1024;

/** Reads a line that {@link LineFile} or the engine wrote. */
export function parseListed(line: Buffer): Listed {
  return JSON.parse(line.toString());
}

/** Reads a line that {@link LineFile} or the engine wrote. */
export function parsePacked(line: Buffer): Packed {
  return JSON.parse(line.toString());
}
