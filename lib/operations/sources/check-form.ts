import { stat } from 'node:fs/promises';
import { UserError } from '../../errors.ts';
import { isParquet } from '../../formats/detect.ts';
import { nameOf } from './name-of.ts';
import type { NamedFile } from './name-of.ts';
import { readAt } from './read-at.ts';

/** Throws UserError unless a file begins and ends as Parquet does. */
export async function checkParquet(file: NamedFile): Promise<void> {
  const [head, tail] = await endsOf(file.path, PARQUET_MAGIC_BYTES);
  if (isParquet(head) && isParquet(tail)) return;
  const what =
    head.length === 0 ? 'empty' : 'no whole Parquet file: it does not begin and end as one';
  throw new UserError(`'${nameOf(file)}' is ${what}; fetch it again, or name another file`);
}

const PARQUET_MAGIC_BYTES = 4;

/** Throws UserError for JSON that is a list without its end: cut off behind a comma, the engine takes it for whole. */
export async function checkList(file: NamedFile): Promise<void> {
  const [head, tail] = await endsOf(file.path, MOST_BLANKS);
  const begins = /^\uFEFF?\s*\[/.test(Buffer.from(head).toString());
  if (!begins || /\]\s*$/.test(Buffer.from(tail).toString())) return;
  throw new UserError(
    `'${nameOf(file)}' is truncated: its list does not end with a ]; fetch it again, or correct it`,
  );
}

const MOST_BLANKS = 4096;

async function endsOf(path: string, length: number): Promise<readonly [Uint8Array, Uint8Array]> {
  const { size } = await stat(path);
  return [await readAt(path, 0, length), await readAt(path, Math.max(0, size - length), length)];
}
