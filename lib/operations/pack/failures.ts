import { DATA_FILE } from '../../dataset/layout.ts';
import type { DraftFile } from '../../dataset/publish.ts';
import type { Column } from '../../dataset/manifest.ts';
import type { Engine } from '../../engine/engine.ts';
import { sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import type { Staging } from '../../store/store.ts';
import { LineFile } from './lines.ts';
import { recordLines } from './records.ts';
import type { Failed } from './records.ts';

/** More failed objects than that, or more than this part of all keys, are too many. */
export type MaxFailures = { readonly count: number } | { readonly fraction: number };

/** When so many objects in a row fail and none has been packed before, it is not the objects' fault. */
const HOPELESS = 100;

/** How many failures a message tells. */
const SHOWN = 3;

/** Objects that could not be packed, collected on disk. */
export class Failures {
  readonly #file: LineFile;
  readonly #max: MaxFailures | undefined;
  readonly #shown: Failed[] = [];
  #count = 0;

  static async create(staging: Staging, max: MaxFailures | undefined): Promise<Failures> {
    return new Failures(await LineFile.create(staging.path('failed.jsonl')), max);
  }

  private constructor(file: LineFile, max: MaxFailures | undefined) {
    this.#file = file;
    this.#max = max;
  }

  get count(): number {
    return this.#count;
  }

  /** Throws {@link UserError} as soon as there are too many to go on. */
  async add(failed: Failed, error: unknown, packed: number): Promise<void> {
    this.#count += 1;
    if (this.#shown.length < SHOWN) this.#shown.push(failed);
    await this.#file.add(JSON.stringify(failed));
    if (packed === 0 && this.#count === HOPELESS) throw this.#hopeless(error);
    if (this.#max && 'count' in this.#max) this.check(this.#count);
  }

  /** Throws {@link UserError} if of so many keys too many have failed. */
  check(keys: number): void {
    if (this.#max === undefined || !isTooMany(this.#count, keys, this.#max)) return;
    throw new UserError(
      `${this.#count} objects could not be packed, more than --max-failures=${limitText(this.#max)}. ` +
        `Nothing of this chunk was published. ${this.#examples()}`,
    );
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** The file of a partition of rejects, once this is closed. */
  async write(
    engine: Engine,
    staging: Staging,
  ): Promise<{ readonly file: DraftFile; readonly schema: readonly Column[] }> {
    const path = staging.path(DATA_FILE);
    const { rows, schema } = await engine.write(
      sql`select * from ${recordLines([this.#file.path], 'failed', this.#file.longest)}`,
      path,
    );
    return { file: { name: DATA_FILE, path, rows }, schema };
  }

  #hopeless(cause: unknown): UserError {
    return new UserError(
      `The first ${HOPELESS} objects could not be packed, so the others were not tried. ${this.#examples()}`,
      { cause },
    );
  }

  #examples(): string {
    return [
      'The first of them:',
      ...this.#shown.map(({ key, reason }) => `  ${key}: ${reason}`),
    ].join('\n');
  }
}

export function isTooMany(failed: number, keys: number, max: MaxFailures): boolean {
  return failed > ('count' in max ? max.count : max.fraction * keys);
}

/** A limit as it is typed. */
export function limitText(max: MaxFailures): string {
  return 'count' in max ? String(max.count) : `${Number((max.fraction * 100).toFixed(6))}%`;
}
