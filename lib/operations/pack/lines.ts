import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Engine } from '../../engine/engine.ts';
import { literal, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { Staging } from '../../store/store.ts';

/** Lines go to the file in pieces of about this many characters. */
const PIECE_LENGTH = 1024 * 1024;

/** A local file that is written line by line. */
export class LineFile {
  readonly path: string;
  readonly #file: FileHandle;
  #lines: string[] = [];
  #length = 0;
  #longest = 0;
  #closed: Promise<void> | undefined;

  static async create(path: string): Promise<LineFile> {
    return new LineFile(path, await open(path, 'wx'));
  }

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** The most UTF-8 bytes that a line so far may have. */
  get longest(): number {
    return this.#longest * 3 + 1;
  }

  /** Adds a line, without its line break. Wait for what it returns, where it returns something. */
  add(line: string): Promise<void> | undefined {
    this.#lines.push(line, '\n');
    this.#length += line.length + 1;
    if (line.length > this.#longest) this.#longest = line.length;
    return this.#length >= PIECE_LENGTH ? this.#write() : undefined;
  }

  /** Writes what is left. Closing again does nothing. */
  close(): Promise<void> {
    return (this.#closed ??= this.#finish());
  }

  async #finish(): Promise<void> {
    try {
      await this.#write();
    } finally {
      await this.#file.close();
    }
  }

  async #write(): Promise<void> {
    const text = this.#lines.join('');
    this.#lines = [];
    this.#length = 0;
    if (text !== '') await this.#file.appendFile(text);
  }
}

/** The lines of a local file. */
export function readLines(path: string): AsyncGenerator<Buffer> {
  return linesOf(createReadStream(path, { highWaterMark: PIECE_LENGTH }));
}

/** Bytes cut at line feeds; a last line need not have one. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let begun: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      yield Buffer.concat([...begun, chunk.subarray(start, end)]);
      begun = [];
      start = end + 1;
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
  }
  if (begun.length > 0) yield Buffer.concat(begun);
}

const LINE_FEED = 10;

/**
 * The rows of a query as lines of JSON, in its order. They go through a local file: rows that the
 * engine hands over one by one cost more, and this way their number does not matter to memory.
 */
export async function* jsonLines(
  engine: Engine,
  query: Sql,
  staging: Staging,
): AsyncGenerator<Buffer> {
  const path = staging.path('rows.jsonl');
  await engine.execute(sql`copy (${query}) to ${literal(path)} (format json)`);
  yield* readLines(path);
}
