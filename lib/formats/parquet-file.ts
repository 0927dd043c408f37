import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Writable } from 'node:stream';
import type { ParquetWriter } from 'parquetjs-lite';
import { toField, types } from './column-types.ts';
import type { ColumnTypes } from './column-types.ts';

/** A Parquet file that is written row by row, in flat memory. */
export interface ParquetFile {
  /** Throws UserError for a value that its column cannot hold, and for a column that is not there. */
  append(row: Readonly<Record<string, unknown>>): Promise<void>;
  /** The file is whole only after this, however many rows it has. */
  close(): Promise<void>;
}

/** Opens a new file for rows with these columns; any of them may be NULL. */
export async function openParquetFile(path: string, columns: ColumnTypes): Promise<ParquetFile> {
  const { ParquetSchema, ParquetWriter } = (await import('parquetjs-lite')).default;
  const fields = Object.entries(columns).map(([name, type]) => [
    name,
    { type: types[type].parquet, optional: true },
  ]);
  const sink = new Sink(await open(path, 'wx'));
  const schema = new ParquetSchema(Object.fromEntries(fields));
  return new RowWriter(columns, sink, await ParquetWriter.openStream(schema, sink));
}

class RowWriter implements ParquetFile {
  readonly #columns: ColumnTypes;
  readonly #sink: Sink;
  readonly #writer: ParquetWriter;
  #rows = 0;

  constructor(columns: ColumnTypes, sink: Sink, writer: ParquetWriter) {
    this.#columns = columns;
    this.#sink = sink;
    this.#writer = writer;
  }

  async append(row: Readonly<Record<string, unknown>>): Promise<void> {
    this.#rows += 1;
    const fields = Object.entries(row)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [name, toField(this.#columns, name, value, this.#rows)]);
    await this.#writer.appendRow(Object.fromEntries(fields));
    this.#sink.check();
  }

  async close(): Promise<void> {
    await this.#writer.close();
    this.#sink.check();
  }
}

/**
 * Writes to a file one piece after the other. A failure is kept until somebody asks, since the
 * package does not wait for all that it writes.
 */
class Sink extends Writable {
  readonly #file: FileHandle;
  #failure: { readonly error: unknown } | undefined;

  constructor(file: FileHandle) {
    super();
    this.#file = file;
  }

  check(): void {
    if (this.#failure) throw this.#failure.error;
  }

  override _write(piece: Uint8Array, _: string, done: () => void): void {
    void this.#keep(() => this.#file.appendFile(piece)).then(done);
  }

  override _final(done: () => void): void {
    void this.#keep(() => this.#file.close()).then(done);
  }

  async #keep(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#failure ??= { error };
    }
  }
}
