import type { Engine } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { sql } from '../../engine/sql.ts';
import type { Staging } from '../../store/store.ts';
import { jsonLines, readLines } from './lines.ts';
import { packedColumns, parsePacked } from './records.ts';
import type { Packed } from './records.ts';

/** A packed record, and the line of JSON that it is. */
export interface PackedLine {
  readonly record: Packed;
  readonly line: string;
}

/** Up to so many ids are looked up by the engine, which then skips the row groups without them. */
const MAX_LOOKED_UP = 1000;

/** The records of packed files, in their order; with `ids` only those. Memory does not grow with them. */
export async function* packedRecords(
  engine: () => Promise<Engine>,
  staging: Staging,
  paths: readonly string[],
  ids?: ReadonlySet<string>,
): AsyncGenerator<PackedLine> {
  for (const path of paths) {
    const lines = path.endsWith('.jsonl')
      ? readLines(path)
      : parquetLines(await engine(), staging, path, ids);
    for await (const line of lines) {
      const record = parsePacked(line);
      if (!ids || ids.has(record.id)) yield { record, line: line.toString() };
    }
  }
}

function parquetLines(
  engine: Engine,
  staging: Staging,
  path: string,
  ids: ReadonlySet<string> | undefined,
): AsyncGenerator<Buffer> {
  const isFew = ids !== undefined && ids.size <= MAX_LOOKED_UP;
  const filter = isFew && ids.size > 0 ? sql`where id in (${[...ids]})` : sql``;
  return jsonLines(engine, sql`select ${packedColumns} from ${parquet([path])} ${filter}`, staging);
}
