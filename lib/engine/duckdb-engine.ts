import { mkdtemp, rm } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBMaterializedResult } from '@duckdb/node-api';
import { duckdbError } from './duckdb-error.ts';
import { rowFrom } from './duckdb-values.ts';
import type { Engine, EngineOptions, Row, WriteOptions, Written } from './engine.ts';
import { parquet } from './parquet.ts';
import { numberAt, textAt } from './row.ts';
import { literal, raw, sql, textOf } from './sql.ts';
import type { Sql } from './sql.ts';

/** See {@link openDuckDB}, which loads this file when an engine is first needed. */
export class DuckDB implements Engine {
  readonly id: string;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #spill: string;
  readonly #running = new Set<Promise<unknown>>();
  #interrupts = 0;

  static async open(id: string, options: EngineOptions): Promise<DuckDB> {
    const spill = await mkdtemp(path.join(options.spillFolder ?? tmpdir(), 'pipe-spill-'));
    try {
      const instance = await DuckDBInstance.create(':memory:', settings(options, spill));
      const connection = await instance.connect();
      await connection.run("set TimeZone = 'UTC'");
      return new DuckDB(id, instance, connection, spill);
    } catch (error) {
      await rm(spill, { recursive: true, force: true });
      throw duckdbError(id, error);
    }
  }

  private constructor(
    id: string,
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    spill: string,
  ) {
    this.id = id;
    this.#instance = instance;
    this.#connection = connection;
    this.#spill = spill;
  }

  async rows(query: Sql): Promise<Row[]> {
    const result = await this.#run(query);
    const names = result.deduplicatedColumnNames();
    return (await result.getRows()).map((values) => rowFrom(names, values));
  }

  async *stream(query: Sql): AsyncGenerator<readonly Row[]> {
    const interrupts = this.#interrupts;
    const columns = (await this.rows(sql`describe ${query}`)).length;
    const ended = endMarked(query, columns);
    const result = await this.#do(() => this.#connection.stream(textOf(ended), [...ended.values]));
    const names = result.deduplicatedColumnNames().slice(0, columns);
    let isWhole = false;
    for (;;) {
      const chunk = await this.#do(() => result.fetchChunk());
      if (!chunk || chunk.rowCount === 0) break;
      const rows = chunk.getRows();
      isWhole = rows.at(-1)?.at(columns) === true;
      if (isWhole) rows.pop();
      if (rows.length > 0) yield rows.map((values) => rowFrom(names, values));
    }
    if (!isWhole) await this.#explainStop(query, interrupts < this.#interrupts);
  }

  async write(query: Sql, file: string, options: WriteOptions = {}): Promise<Written> {
    try {
      const [stats = {}] = await this.rows(copy(query, file, options));
      const schema = await this.rows(sql`describe select * from ${parquet([file])}`);
      return {
        rows: numberAt(stats, 'count'),
        bytes: numberAt(stats, 'file_size_bytes'),
        schema: schema.map((column) => ({
          name: textAt(column, 'column_name'),
          type: textAt(column, 'column_type'),
        })),
      };
    } catch (error) {
      // A statement that fails half way leaves a file without a footer.
      await rm(file, { force: true });
      throw error;
    }
  }

  async execute(statement: Sql): Promise<void> {
    await this.#run(statement);
  }

  interrupt(): void {
    this.#interrupts += 1;
    this.#connection.interrupt();
  }

  async close(): Promise<void> {
    this.interrupt();
    await Promise.allSettled(this.#running);
    this.#connection.closeSync();
    this.#instance.closeSync();
    await rm(this.#spill, { recursive: true, force: true });
  }

  /** Throws what a streamed query ended with, which only a second attempt tells. */
  async #explainStop(query: Sql, isInterrupted: boolean): Promise<never> {
    if (!isInterrupted) await this.#run(sql`copy (${query}) to ${literal(devNull)} (format csv)`);
    throw duckdbError(
      this.id,
      new Error('INTERRUPT Error: Interrupted while rows were handed over'),
    );
  }

  #run(statement: Sql): Promise<DuckDBMaterializedResult> {
    return this.#do(() => this.#connection.run(textOf(statement), [...statement.values]));
  }

  async #do<Result>(work: () => Promise<Result>): Promise<Result> {
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw duckdbError(this.id, error);
    } finally {
      this.#running.delete(running);
    }
  }
}

/**
 * The query with one row more at its end. A streamed result that fails midway ends like a whole one
 * (the interface reads no error from it), so the mark is what tells the two apart.
 */
function endMarked(query: Sql, columns: number): Sql {
  const nulls = Array.from({ length: columns }, () => sql`null`);
  return sql`select *, false from (${query}) union all select ${nulls}, true`;
}

function settings(options: EngineOptions, spill: string): Record<string, string> {
  return {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    temp_directory: spill,
    ...(options.threads !== undefined && { threads: String(options.threads) }),
    ...(options.memoryLimit !== undefined && { memory_limit: options.memoryLimit }),
  };
}

/** Level 1 of zstd writes in 3/4 of the time of DuckDB's default, 3, at the same size. */
function copy(query: Sql, file: string, { rowGroupRows }: WriteOptions): Sql {
  const size = rowGroupRows === undefined ? raw('') : raw(`, row_group_size ${rowGroupRows}`);
  return sql`copy (${query}) to ${literal(file)}
    (format parquet, compression zstd, compression_level 1, return_stats true${size})`;
}
