import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import { literal, sql } from '../../lib/engine/sql.ts';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';
import { smallDisk } from './small-disk.ts';

const disk = smallDisk(40);

afterAll(() => disk?.remove());

describe.skipIf(disk === undefined)('a disk that is full while a join spills', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await createRig();
    await rig.write({ 'package.json': '{}' });
    const engine = await openDuckDB({ threads: 1 });
    await engine.execute(sql`copy (select range as k, md5(range::varchar) || md5((range + 1)::varchar) as text
      from range(1000000)) to ${literal(rig.path('left.parquet'))} (format parquet)`);
    await engine.close();
  }, 60_000);
  afterAll(() => rig.remove());

  test('is told with what was needed, and nothing is left of the spill', async () => {
    const { code, stderr } = await rig.shell(
      `pipe --store='${disk?.folder}/store' join:sharded -- --left=left.parquet --right=left.parquet --on=k --to=joined --memory=200MB --strategy=plain`,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /The disk is full: the join spills what does not fit into memory to .*\/\.pipe\/staging\/\S+, and needs about \d+\.\d MiB there, of which .* are free/,
    );
    const left = await rig.shell(`find '${disk?.folder}' -name '*duckdb*' -o -name '*spill*'`);
    expect(left.stdout).toBe('');
  }, 60_000);
});
