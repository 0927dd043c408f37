import { openParquetFile } from '../../formats/parquet-file.ts';
import type { ParquetFile } from '../../formats/parquet-file.ts';
import type { BadRecord } from '../../formats/csv-records.ts';
import type { Staging } from '../../store/store.ts';

export interface Counts {
  /** Records that were handed on. */
  readonly read: number;
  /** Those that could not be read. */
  readonly rejected: number;
}

/** What was read since the last publish, so that the rows of what is made of it add up. */
export class Tally {
  readonly #staging: () => Promise<Staging>;
  readonly #waiting: { readonly source: string; readonly bad: BadRecord }[] = [];
  #file: { readonly path: string; readonly writer: ParquetFile } | undefined;
  #read = 0;
  #rejected = 0;

  constructor(staging: () => Promise<Staging>) {
    this.#staging = staging;
  }

  count(rows: number): void {
    this.#read += rows;
  }

  reject(source: string, bad: BadRecord): void {
    this.#rejected += 1;
    this.#waiting.push({ source, bad });
  }

  /** Writes rejects down, so that they need no memory. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    this.#file ??= await this.#open();
    for (const { source, bad } of this.#waiting.splice(0)) {
      await this.#file.writer.append({ source, ...bad });
    }
  }

  /** The counts until now, with the file of the rejects if there are any; then starts anew. */
  async take(): Promise<Counts & { readonly rejects?: string }> {
    await this.flush();
    await this.#file?.writer.close();
    const taken = {
      read: this.#read,
      rejected: this.#rejected,
      ...(this.#file && { rejects: this.#file.path }),
    };
    this.#read = 0;
    this.#rejected = 0;
    this.#file = undefined;
    return taken;
  }

  async #open(): Promise<{ readonly path: string; readonly writer: ParquetFile }> {
    const path = (await this.#staging()).path('rejects.parquet');
    const columns = { source: 'text', line: 'integer', reason: 'text', text: 'text' } as const;
    return { path, writer: await openParquetFile(path, columns) };
  }
}
