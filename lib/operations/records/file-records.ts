import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Engine, Row } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { sql } from '../../engine/sql.ts';
import { messageOf, UserError } from '../../errors.ts';
import { compressionOf } from '../../formats/compression.ts';
import type { Compression } from '../../formats/compression.ts';
import { csvRecords } from '../../formats/csv-records.ts';
import type { BadRecord } from '../../formats/csv-records.ts';
import { isParquet } from '../../formats/detect.ts';
import { jsonLines } from '../../formats/json-lines.ts';
import { peek } from '../../formats/peek.ts';
import { isCompleteZstd } from '../../formats/zstd-frames.ts';
import { linesOf } from '../ingest/lines.ts';
import { readAt } from '../sources/read-at.ts';

export interface FileEffects {
  /** The file as a person knows it. */
  readonly name: string;
  readonly engine: () => Promise<Engine>;
  readonly reject: (bad: BadRecord) => void;
}

/**
 * The records of a local file in batches: Parquet, CSV with a header, or JSON lines, told by the
 * first bytes. Throws UserError where the file is damaged or of another kind.
 */
export async function* recordsOf(
  path: string,
  { name, engine, reject }: FileEffects,
): AsyncGenerator<readonly Row[]> {
  const head = await readAt(path, 0, HEAD_BYTES);
  if (isParquet(head)) {
    yield* (await engine()).stream(sql`select * from ${parquet([path])}`);
    return;
  }
  const bytes = bytesOf(path, compressionOf(name, head), engine);
  try {
    yield* batched(recordsIn(bytes, reject));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `'${name}' cannot be read to its end: ${messageOf(error)}; fetch it again`,
      {
        cause: error,
      },
    );
  }
}

const HEAD_BYTES = 8;

function bytesOf(
  path: string,
  compression: Compression,
  engine: () => Promise<Engine>,
): AsyncIterable<Uint8Array> {
  switch (compression) {
    case 'uncompressed':
      return createReadStream(path);
    case 'gzip':
      // Its errors come out of the last stream, which is read.
      return pipeline(createReadStream(path), createGunzip(), () => undefined);
    case 'zstd':
      return engineLines(path, engine);
    default:
      return compression satisfies never;
  }
}

/** Not every version of Node that runs this can read zstd, the engine can. */
async function* engineLines(
  path: string,
  engine: () => Promise<Engine>,
): AsyncGenerator<Uint8Array> {
  const { size } = await stat(path);
  const isWhole = await isCompleteZstd((offset, length) => readAt(path, offset, length), size);
  if (!isWhole) throw new Error('its compressed data does not end as it should');
  const lines = linesOf({ paths: [path], compression: 'zstd' }, 'caller');
  for await (const rows of (await engine()).stream(sql`select line from (${lines})`)) {
    yield Buffer.from(rows.map(({ line }) => `${typeof line === 'string' ? line : ''}\n`).join(''));
  }
}

async function* recordsIn(
  bytes: AsyncIterable<Uint8Array>,
  reject: (bad: BadRecord) => void,
): AsyncGenerator<Row> {
  const peeked = await peek(bytes);
  if (!peeked.head.trimStart().startsWith('{')) yield* csvRecords(peeked, reject);
  else yield* jsonLines(peeked, reject);
}

const BATCH_ROWS = 1024;

async function* batched(records: AsyncIterable<Row>): AsyncGenerator<readonly Row[]> {
  let batch: Row[] = [];
  for await (const record of records) {
    batch.push(record);
    if (batch.length < BATCH_ROWS) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}
