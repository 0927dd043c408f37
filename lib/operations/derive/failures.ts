import { openParquetFile } from '../../formats/parquet-file.ts';
import type { ParquetFile } from '../../formats/parquet-file.ts';
import { UserError } from '../../errors.ts';
import type { Staging } from '../../store/store.ts';
import { PLACE } from './computing.ts';

/** Records that could not be computed, by their places, with the reasons. They need no memory. */
export class Failures {
  readonly #path: string;
  readonly #max: number;
  #file: ParquetFile | undefined;
  #count = 0;

  /** With more than `max` of them there is an error. */
  constructor(staging: Pick<Staging, 'path'>, max: number) {
    this.#path = staging.path('failures.parquet');
    this.#max = max;
  }

  get count(): number {
    return this.#count;
  }

  async add(place: number, reason: string): Promise<void> {
    this.#count += 1;
    this.check(this.#count, reason);
    this.#file ??= await openParquetFile(this.#path, { [PLACE]: 'integer', reason: 'text' });
    await this.#file.append({ [PLACE]: place, reason });
  }

  /** Throws UserError if so many are too many. */
  check(count: number, reason: string): void {
    if (count <= this.#max) return;
    throw new UserError(
      `More records than --max-rejects=${this.#max} cannot be computed; the last one: ${reason}\n` +
        'Nothing was published. Raise the limit to keep the others and find these in rejects/.',
    );
  }

  /** The file with all of them; undefined where there are none. */
  async close(): Promise<string | undefined> {
    await this.#file?.close();
    return this.#file && this.#path;
  }
}
