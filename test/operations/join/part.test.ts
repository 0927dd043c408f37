import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDuckDB } from '../../../lib/engine/duckdb.ts';
import type { Engine } from '../../../lib/engine/engine.ts';
import { EngineError } from '../../../lib/engine/error.ts';
import { parquet } from '../../../lib/engine/parquet.ts';
import { identifier, literal, raw, sql } from '../../../lib/engine/sql.ts';
import { joinPart } from '../../../lib/operations/join/part.ts';
import type { JoinSpec, Side } from '../../../lib/operations/join/spec.ts';
import type { Part } from '../../../lib/operations/join/split.ts';

let folder: string;
let engine: Engine;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pipe-'));
  engine = await openDuckDB({ threads: 2 });
});
afterEach(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

const plain: Part = { strategy: 'plain', part: 0, parts: 1, hotKeys: [] };
const hot = [{ values: ['7'], side: 'left' as const }];

test.each([
  { failures: 0, files: 1, log: 0, heavy: [] },
  { failures: 1, files: 1, log: 1, heavy: [] },
  { failures: 2, files: 8, log: 2, heavy: [] },
  { failures: 2, files: 8, log: 2, heavy: hot },
  { failures: 3, files: 15, log: 3, heavy: hot },
])(
  'a join that runs out of memory $failures times has the same rows in $files files',
  async ({ failures, files, log, heavy }) => {
    const spec = await joinOf();
    const lines: string[] = [];
    const parts = await joinPart(
      { engine: failing(failures), staging: stagingIn(), log: (line) => lines.push(line) },
      spec,
      plain,
      { build: 'right', rowGroupRows: 2048, heavy, spillBytes: 0 },
    );
    expect(parts).toHaveLength(files);
    expect(lines).toHaveLength(log);
    const paths = parts.map(({ file }) => file.path);
    const rows = await engine.rows(sql`select * from ${parquet(paths)} order by all`);
    expect(rows).toEqual(
      await engine.rows(sql`select coalesce(l.k, r.k) as k, l.left_id, r.right_id from ${spec.left.source} l
        full join ${spec.rights[0]?.source ?? raw('')} r on l.k = r.k order by all`),
    );
    expect(new Set(parts.map(({ file }) => file.name)).size).toBe(files);
  },
);

test.each([1, 2, 3])(
  'shard %i of three that runs out of memory is cut by what parts by key cannot make smaller',
  async (number) => {
    const spec = await joinOf();
    const shard: Part = { strategy: 'shards', part: number - 1, parts: 3, hotKeys: [] };
    const rowsOf = async (failures: number) => {
      const parts = await joinPart(
        { engine: failing(failures), staging: stagingIn(), log: () => undefined },
        spec,
        shard,
        { build: 'right', rowGroupRows: 2048, heavy: hot, spillBytes: 0 },
      );
      const paths = parts.map(({ file }) => file.path);
      const rows = await engine.rows(sql`select * from ${parquet(paths)} order by all`);
      return { files: parts.length, rows };
    };
    const whole = await rowsOf(0);
    expect(whole.files).toBe(1);
    expect(await rowsOf(2)).toEqual({ files: 8, rows: whole.rows });
    expect(await rowsOf(3)).toEqual({ files: 15, rows: whole.rows });
  },
);

/** Says so many times that memory does not suffice. */
function failing(failures: number): Engine {
  let left = failures;
  return {
    id: engine.id,
    rows: (query) => engine.rows(query),
    stream: (query) => engine.stream(query),
    execute: (statement) => engine.execute(statement),
    interrupt: () => engine.interrupt(),
    close: () => engine.close(),
    write(query, file, options) {
      if (left-- > 0) throw new EngineError('no memory', 'out-of-memory', undefined);
      return engine.write(query, file, options);
    },
  };
}

function stagingIn() {
  let files = 0;
  return {
    folder,
    path: (name: string) => path.join(folder, `${++files}-${name}`),
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function joinOf(): Promise<JoinSpec> {
  const left = await side('left', 'case when range % 3 = 0 then 7 else range end');
  const right = await side('right', 'range * 2 + 1');
  const key = { left: identifier('k'), right: identifier('k'), type: 'BIGINT' };
  return {
    how: 'full',
    left,
    rights: [{ ...right, keys: [key] }],
    columns: [
      { name: 'k', type: 'BIGINT', left: 0, right: { join: 0, column: 0 } },
      { name: 'left_id', type: 'BIGINT', left: 1 },
      { name: 'right_id', type: 'BIGINT', right: { join: 0, column: 1 } },
    ],
    main: 0,
  };
}

async function side(name: string, key: string): Promise<Side> {
  const file = path.join(folder, `${name}.parquet`);
  await engine.execute(sql`copy (select nullif(${raw(key)}, 5)::bigint as k, range as ${identifier(`${name}_id`)}
    from range(200)) to ${literal(file)} (format parquet)`);
  return {
    source: parquet([file]),
    place: raw('file_row_number'),
    columns: ['k', `${name}_id`].map((column) => ({
      name: column,
      type: 'BIGINT',
      value: identifier(column),
    })),
  };
}
