import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDuckDB } from '../../../lib/engine/duckdb.ts';
import type { Engine } from '../../../lib/engine/engine.ts';
import { parquet } from '../../../lib/engine/parquet.ts';
import { numberAt } from '../../../lib/engine/row.ts';
import { sql } from '../../../lib/engine/sql.ts';
import { computeByFunction } from '../../../lib/operations/derive/by-function.ts';
import type { Computed } from '../../../lib/operations/derive/computing.ts';
import { Failures } from '../../../lib/operations/derive/failures.ts';
import type { RecordModule } from '../../../lib/operations/derive/record-module.ts';
import { openLocalStore } from '../../../lib/store/local.ts';
import type { Staging } from '../../../lib/store/store.ts';
import { testEffects } from '../../store/system.ts';

let folder: string;
let engine: Engine;
let staging: Staging;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pipe-'));
  engine = await openDuckDB({ threads: 1 });
  staging = await openLocalStore(folder, testEffects()).openStaging('test');
});
afterEach(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

/** Computes rows of so many records, whose ids are their places. */
async function compute(
  rows: number,
  call: RecordModule['call'],
  {
    concurrency = 4,
    batch,
    signal,
  }: { concurrency?: number; batch?: number; signal?: AbortSignal } = {},
): Promise<{ readonly computed: Computed; readonly failed: number }> {
  const file = staging.path('records.parquet');
  const { schema } = await engine.write(sql`select range as id from range(${rows})`, file);
  const failures = new Failures(staging, Infinity);
  const key = schema.slice(0, 1);
  const computed = await computeByFunction(
    { name: 'x.ts', call, batch, columns: {} },
    { path: file, rows, columns: schema, key, known: [] },
    {
      engine,
      staging,
      failures,
      progress: () => undefined,
      signal: signal ?? new AbortController().signal,
    },
    { concurrency, context: {} },
  );
  await failures.close();
  return { computed, failed: failures.count };
}

const idOf = (record: unknown): number => Number(Reflect.get(Object(record), 'id'));

test('so many calls are under way at once, and no more; rows keep their records', async () => {
  let running = 0;
  let most = 0;
  const { computed } = await compute(
    3000,
    async (record) => {
      running += 1;
      most = Math.max(most, running);
      // The later ones of each few are done first.
      for (let turn = idOf(record) % 5; turn < 5; turn++) await Promise.resolve();
      running -= 1;
      // Integers alone until long after the types are known.
      return { double: idOf(record) * 2 };
    },
    { concurrency: 3 },
  );
  expect(most).toBe(3);
  const [row = {}] = await engine.rows(sql`select count(*) as rows,
    count(*) filter (double = 2 * __pipe_place) as right_ones from ${parquet([computed.path])}`);
  expect([numberAt(row, 'rows'), numberAt(row, 'right_ones')]).toEqual([3000, 3000]);
  expect(computed.columns).toEqual([{ name: 'double', type: 'BIGINT' }]);
});

test('the last batch has what is left; one that throws has failed as a whole', async () => {
  const sizes: number[] = [];
  const call = (records: unknown): unknown => {
    const list: readonly unknown[] = Array.isArray(records) ? records : [];
    sizes.push(list.length);
    if (list.some((record) => idOf(record) === 5)) throw new Error('bad');
    return list.map((record) => ({ half: idOf(record) / 2 }));
  };
  const { computed, failed } = await compute(10, call, { batch: 4, concurrency: 1 });
  expect(sizes).toEqual([4, 4, 2]);
  expect([computed.rows, failed]).toEqual([6, 4]);
});

test('what fails since the run has been cancelled has not failed', async () => {
  const controller = new AbortController();
  const call = (record: unknown): unknown => {
    if (idOf(record) < 2) return { a: 1 };
    controller.abort(new Error('cancelled'));
    throw new Error('no answer');
  };
  await expect(compute(5, call, { signal: controller.signal })).rejects.toThrow('cancelled');
});

test('a column that appears after the types are known is refused', async () => {
  const call = (record: unknown): unknown => (idOf(record) < 2000 ? { a: 1 } : { a: 1, b: 2 });
  await expect(compute(2500, call)).rejects.toThrow("has the column 'b'");
});
