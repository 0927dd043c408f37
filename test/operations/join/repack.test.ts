import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDuckDB } from '../../../lib/engine/duckdb.ts';
import type { Engine } from '../../../lib/engine/engine.ts';
import { parquet } from '../../../lib/engine/parquet.ts';
import { literal, sql } from '../../../lib/engine/sql.ts';
import { repack } from '../../../lib/operations/join/repack.ts';
import type { Staging } from '../../../lib/store/store.ts';

let folder: string;
let engine: Engine;
let staging: Staging;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pipe-'));
  engine = await openDuckDB({ threads: 2 });
  let files = 0;
  staging = {
    folder,
    path: (name) => path.join(folder, `${++files}-${name}`),
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
});
afterEach(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

test.each([1, 1e6, 1e12])(
  'rows stay whole and in order when row groups may take %d bytes',
  async (bytes) => {
    const from = path.join(folder, 'wide.parquet');
    await engine.execute(sql`copy (select range as id, md5(range::varchar) as "a, b", {'x': range, 'y': [range]} as s,
      case when range % 3 > 0 then repeat('x', 4000) || range end as place
    from range(20000)) to ${literal(from)} (format parquet, row_group_size 50000)`);
    const to = path.join(folder, 'packed.parquet');
    const { rows } = await repack({ engine, staging }, from, to, bytes);
    expect(rows).toBe(20_000);
    const numbered = (file: string) => sql`select *, file_row_number as n from ${parquet([file])}`;
    expect(await engine.rows(sql`${numbered(from)} except ${numbered(to)}`)).toEqual([]);
    const groups = await engine.rows(
      sql`select distinct row_group_id from parquet_metadata(${to})`,
    );
    expect(groups.length).toBeGreaterThan(1);
  },
);
