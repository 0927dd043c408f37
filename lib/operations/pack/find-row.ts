import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Engine } from '../../engine/engine.ts';
import { exactly } from '../../engine/parquet.ts';
import { numberAt } from '../../engine/row.ts';
import { sql } from '../../engine/sql.ts';
import type { Staging } from '../../store/store.ts';
import type { Parts } from './parts.ts';
import { packedRecords } from './read.ts';
import type { PackedLine } from './read.ts';

/** Read at first: holds the footer of most files. */
const TAIL_BYTES = 64 * 1024;

/** The length of the footer and the file's last four letters stand behind it. */
const BEHIND_FOOTER = 8;

/**
 * The record with an id in a Parquet file, of which the footer is read and the row groups that may
 * have it by their statistics. They go into a local file at the places that they have in the whole
 * one, with holes between them, so that the engine finds what its own statistics lead it to.
 */
export async function findRow(
  engine: Engine,
  staging: Staging,
  parts: Parts,
  id: string,
): Promise<PackedLine | undefined> {
  const path = staging.path('parts.parquet');
  const file = await open(path, 'wx');
  try {
    await file.truncate(parts.bytes);
    const copy = async (start: number, end: number): Promise<Buffer> => {
      const part = await parts.read(start, end);
      await writeAt(file, part, start);
      return part;
    };
    await copyFooter(parts.bytes, copy);
    const spans = await spansWith(engine, path, id);
    if (spans.length === 0) return undefined;
    for (const { start, end } of spans) await copy(start, end);
  } finally {
    await file.close();
  }
  const records = packedRecords(() => Promise.resolve(engine), staging, [path], new Set([id]));
  for await (const record of records) return record;
  return undefined;
}

/** One write need not take all, for example where a disk is nearly full; the next one tells why. */
async function writeAt(file: FileHandle, part: Buffer, start: number): Promise<void> {
  for (let done = 0; done < part.length;) {
    const { bytesWritten } = await file.write(part, done, part.length - done, start + done);
    done += bytesWritten;
  }
}

async function copyFooter(
  bytes: number,
  copy: (start: number, end: number) => Promise<Buffer>,
): Promise<void> {
  const tail = await copy(Math.max(bytes - TAIL_BYTES, 0), bytes);
  const footer = tail.readUInt32LE(tail.length - BEHIND_FOOTER) + BEHIND_FOOTER;
  if (footer > bytes) throw new Error('the file has no footer');
  if (footer > tail.length) await copy(bytes - footer, bytes - tail.length);
}

/** Where the row groups lie that may have an id, and the filter that the engine looks into first. */
async function spansWith(
  engine: Engine,
  path: string,
  id: string,
): Promise<readonly { readonly start: number; readonly end: number }[]> {
  const rows = await engine.rows(sql`
    with chunk as (
      select *, least(data_page_offset, coalesce(dictionary_page_offset, data_page_offset)) as first
      from parquet_metadata(${exactly([path])})
    ), wanted as (
      select row_group_id from chunk
      where path_in_schema = 'id' and coalesce(stats_min_value <= ${id}, true)
        and coalesce(stats_max_value >= ${id}, true)
    )
    select min(first)::bigint as start, max(first + total_compressed_size)::bigint as "end"
    from chunk where row_group_id in (from wanted) group by row_group_id
    union all
    select bloom_filter_offset::bigint, (bloom_filter_offset + bloom_filter_length)::bigint
    from chunk
    where path_in_schema = 'id' and row_group_id in (from wanted) and bloom_filter_length is not null`);
  return rows.map((row) => ({ start: numberAt(row, 'start'), end: numberAt(row, 'end') }));
}
