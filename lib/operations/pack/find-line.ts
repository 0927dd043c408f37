import { compareKeys } from '../../store/key.ts';
import { linesOf } from './lines.ts';
import type { Parts } from './parts.ts';
import { parsePacked } from './records.ts';
import type { PackedLine } from './read.ts';

/** What is read at once, and what is looked through line by line in the end. */
const PIECE_BYTES = 64 * 1024;

/** The record with an id in a file of lines that are sorted by it; a binary search, as there is no index. */
export async function findLine(parts: Parts, id: string): Promise<PackedLine | undefined> {
  // The line begins at `low` or later, and before `high`.
  let low = 0;
  let high = parts.bytes;
  while (high - low > PIECE_BYTES) {
    const middle = low + Math.floor((high - low) / 2);
    const next = await lineBehind(parts, middle);
    if (next && next.start < high && compareKeys(parsePacked(next.line).id, id) <= 0) {
      low = next.start;
    } else {
      high = middle;
    }
  }
  for await (const line of linesOf(parts.from(low, PIECE_BYTES))) {
    const record = parsePacked(line);
    if (record.id === id) return { record, line: line.toString() };
    if (compareKeys(record.id, id) > 0) return undefined;
  }
  return undefined;
}

/** The first line that begins at an offset or behind it. */
async function lineBehind(
  parts: Parts,
  offset: number,
): Promise<{ readonly start: number; readonly line: Buffer } | undefined> {
  // From one byte before: if that is a line feed, the line at the offset itself is the one.
  let start = offset - 1;
  for await (const line of linesOf(parts.from(start, PIECE_BYTES))) {
    if (start >= offset) return { start, line };
    start += line.length + 1;
  }
  return undefined;
}
