import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publish } from '../../../lib/dataset/publish.ts';
import { openDuckDB } from '../../../lib/engine/duckdb.ts';
import type { Engine } from '../../../lib/engine/engine.ts';
import { packedChunk } from '../../../lib/operations/pack/chunks.ts';
import { findRecord } from '../../../lib/operations/pack/find.ts';
import type { FindEffects } from '../../../lib/operations/pack/find.ts';
import { packed } from '../../../lib/operations/pack/records.ts';
import type { Format } from '../../../lib/operations/pack/records.ts';
import { RecordFile } from '../../../lib/operations/pack/write.ts';
import { openMemoryStore } from '../../../lib/store/memory.ts';
import type { Staging, Store } from '../../../lib/store/store.ts';
import { publisher } from '../../dataset/drafts.ts';

const RECORDS = 10_000;
const BODY_BYTES = 3000;

let engine: Engine;
let staging: Staging;
beforeAll(async () => {
  engine = await openDuckDB({ threads: 1 });
});
afterAll(() => engine.close());

describe.each<Format>(['parquet', 'jsonl'])('in a chunk of %s with many records,', (format) => {
  let store: Store;
  let bytes: number;
  beforeAll(async () => {
    store = openMemoryStore();
    staging = await store.openStaging('test');
    bytes = await publishChunk(store, format);
  });
  afterAll(() => staging.close());

  test.each([0, 1, 2047, 2048, 5000, 9998, 9999])(
    'record %i takes a few parts of the file',
    async (n) => {
      const seen = watched(store);
      expect(await findRecord(seen.effects, 'docs', idOf(n))).toEqual(recordOf(n));
      expect(seen.whole).toEqual([]);
      expect(seen.parts.length).toBeLessThanOrEqual(format === 'parquet' ? 3 : 15);
      const read = seen.parts.reduce((sum, part) => sum + part, 0);
      expect(read).toBeLessThan(bytes / (format === 'parquet' ? 4 : 20));
    },
  );

  test('an id between two others is not found, with as little', async () => {
    const seen = watched(store);
    await expect(findRecord(seen.effects, 'docs', `${idOf(5000)}x`)).rejects.toThrow(
      `'docs' has no record with the id '${idOf(5000)}x'`,
    );
    expect(seen.whole).toEqual([]);
  });

  test('a part with a bit flipped is not taken for the record', async () => {
    const { body } = recordOf(5000);
    const damage = (part: Buffer): void => {
      // A row group is compressed; of lines the one with the record is hit.
      const at = format === 'parquet' ? part.length >> 1 : part.indexOf(body);
      if (part.length > 100_000) part.fill(0, at, at + part.length / 4);
      else if (at >= 0 && format === 'jsonl') part.writeUInt8(part.readUInt8(at) ^ 1, at);
    };
    const seen = watched(store, { damage });
    expect(await findRecord(seen.effects, 'docs', idOf(5000))).toEqual(recordOf(5000));
    expect(seen.whole).toHaveLength(1);
  });

  test('a part in which the id is damaged is not taken for the lack of a record', async () => {
    const last = RECORDS - 1;
    const undamaged = watched(store);
    await findRecord(undamaged.effects, 'docs', idOf(last));
    // Of Parquet the footer alone leads past it, by what it says of the greatest id.
    let times = format === 'parquet' ? 1 : undamaged.parts.length;
    const damage = (part: Buffer): void => {
      if (times-- <= 0) return;
      const id = Buffer.from(idOf(last));
      for (let at = part.indexOf(id); at >= 0; at = part.indexOf(id, at)) {
        part.write(idOf(last - 1), at);
      }
    };
    const seen = watched(store, { damage });
    expect(await findRecord(seen.effects, 'docs', idOf(last))).toEqual(recordOf(last));
    expect(seen.whole).toHaveLength(1);
  });

  test('a file that is replaced between two parts is looked up again', async () => {
    let isReplaced = false;
    const replace = async (key: string): Promise<void> => {
      if (isReplaced) return;
      isReplaced = true;
      const stored = await store.read(key);
      await store.write(key, stored?.bytes ?? new Uint8Array());
    };
    const seen = watched(store, { replace });
    expect(await findRecord(seen.effects, 'docs', idOf(5000))).toEqual(recordOf(5000));
    expect(isReplaced).toBe(true);
    expect(seen.whole).toEqual([]);
  });
});

function idOf(n: number): string {
  return `é/${String(n).padStart(6, '0')}.txt`;
}

/** Hashes, so that there is nothing to compress. */
function recordOf(n: number) {
  const hash = (part: number): string =>
    createHash('sha384').update(`${n} ${part}`).digest('base64');
  const body = Array.from({ length: BODY_BYTES / 64 }, (_, part) => hash(part)).join('');
  const etag = createHash('md5').update(body).digest('hex');
  const key = `key-${n}`;
  const object = {
    id: idOf(n),
    key,
    etag,
    size: body.length,
    last_modified: '2026-11-19T00:00:00.000Z',
  };
  return packed(object, Buffer.from(body));
}

/** Publishes the records as packing does, and returns the bytes of the file. */
async function publishChunk(store: Store, format: Format): Promise<number> {
  const records = await RecordFile.create(staging);
  for (let n = 0; n < RECORDS; n++) {
    const record = recordOf(n);
    await records.add({ record, line: JSON.stringify(record) });
  }
  await records.close();
  const { file, schema } = await records.write(engine, staging, format);
  const rows = { in: RECORDS, out: RECORDS, rejected: 0, filtered: 0 };
  const draft = { partition: packedChunk('docs', '00000'), files: [file], rows, schema };
  const manifest = await publish(store, draft, publisher());
  return manifest.files[0]?.bytes ?? 0;
}

interface Watched {
  readonly effects: FindEffects;
  /** Bytes of each part that was read. */
  readonly parts: number[];
  /** Keys of data files that were read whole. */
  readonly whole: string[];
}

/** A store that sees what is read; it may damage parts, and let an object be replaced behind them. */
function watched(
  store: Store,
  {
    damage = () => undefined,
    replace = () => Promise.resolve(),
  }: { damage?: (part: Buffer) => void; replace?: (key: string) => Promise<void> } = {},
): Watched {
  const parts: number[] = [];
  const whole: string[] = [];
  const effects: FindEffects = {
    store: {
      uri: store.uri,
      list: (prefix) => store.list(prefix),
      read: (key) => store.read(key),
      stream: (key) => store.stream(key),
      async readRange(key, range) {
        const stored = await store.readRange(key, range);
        const bytes = Buffer.from(stored?.bytes ?? []);
        parts.push(bytes.length);
        damage(bytes);
        await replace(key);
        return stored && { ...stored, bytes };
      },
      download(key, to, expected) {
        whole.push(key);
        return store.download(key, to, expected);
      },
    },
    engine: () => Promise.resolve(engine),
    staging: () => Promise.resolve(staging),
  };
  return { effects, parts, whole };
}
