import { DATA_FILE } from '../../dataset/layout.ts';
import type { Column } from '../../dataset/manifest.ts';
import type { DraftFile } from '../../dataset/publish.ts';
import type { Engine } from '../../engine/engine.ts';
import { textAt } from '../../engine/row.ts';
import { sql } from '../../engine/sql.ts';
import type { Staging } from '../../store/store.ts';
import { LineFile } from './lines.ts';
import { recordLines } from './records.ts';
import type { Format } from './records.ts';
import type { PackedLine } from './read.ts';

/** Row groups are of about so many bytes of bodies: what it takes to look up one record. */
const ROW_GROUP_BYTES = 8 * 1024 * 1024;

/** The engine's vectors: a row group has a multiple of it. */
const LEAST_ROWS = 2048;
const MOST_ROWS = 60 * LEAST_ROWS;

/** Packed records on their way into a data file; they come in the order of their ids. */
export class RecordFile {
  readonly #lines: LineFile;
  #rows = 0;
  #bytes = 0;
  #first: string | undefined;
  #last = '';

  static async create(staging: Staging): Promise<RecordFile> {
    return new RecordFile(await LineFile.create(staging.path('records.jsonl')));
  }

  private constructor(lines: LineFile) {
    this.#lines = lines;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Of the objects. */
  get bytes(): number {
    return this.#bytes;
  }

  add({ record, line }: PackedLine): Promise<void> | undefined {
    this.#rows += 1;
    this.#bytes += record.size ?? 0;
    this.#first ??= record.id;
    this.#last = record.id;
    return this.#lines.add(line);
  }

  close(): Promise<void> {
    return this.#lines.close();
  }

  /** The data file, once this is closed. */
  async write(
    engine: Engine,
    staging: Staging,
    format: Format,
  ): Promise<{ readonly file: DraftFile; readonly schema: readonly Column[] }> {
    const range = this.#first !== undefined && {
      column: 'id',
      first: this.#first,
      last: this.#last,
    };
    const lines = recordLines([this.#lines.path], 'packed', this.#lines.longest);
    if (format === 'jsonl') {
      const schema = await engine.rows(sql`describe select * from ${lines}`);
      return {
        file: {
          name: 'data.jsonl',
          path: this.#lines.path,
          rows: this.#rows,
          ...(range && { range }),
        },
        schema: schema.map((row) => ({
          name: textAt(row, 'column_name'),
          type: textAt(row, 'column_type'),
        })),
      };
    }
    const path = staging.path(DATA_FILE);
    const { rows, schema } = await engine.write(sql`select * from ${lines}`, path, {
      rowGroupRows: this.#rowGroupRows(),
    });
    return { file: { name: DATA_FILE, path, rows, ...(range && { range }) }, schema };
  }

  #rowGroupRows(): number {
    const fitting = (ROW_GROUP_BYTES * this.#rows) / Math.max(this.#bytes, 1);
    const vectors = Math.round(fitting / LEAST_ROWS);
    return Math.min(Math.max(vectors * LEAST_ROWS, LEAST_ROWS), MOST_ROWS);
  }
}
