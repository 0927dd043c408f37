import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuckDB } from '../../engine/duckdb.ts';
import { numberAt } from '../../engine/row.ts';
import { sql } from '../../engine/sql.ts';
import { messageOf } from '../../errors.ts';
import type { Check } from './doctor.ts';

/** Each row is some 200 bytes, so that both sides together are several times the memory. */
const rows = 400_000;
const memoryLimit = '64MB';

/**
 * Joins more rows than fit into memory and counts what comes out: versions of engines have dropped rows
 * of joins that spill (duckdb/duckdb#25702).
 */
export async function checkEngine(): Promise<Check> {
  const name = 'engine';
  const folder = await mkdtemp(join(tmpdir(), 'pipe-doctor-')).catch(() => tmpdir());
  const watch = watchSpill(folder);
  try {
    const engine = await openDuckDB({ memoryLimit, threads: 1, spillFolder: folder });
    const [found = {}] = await engine.rows(sql`
      with whole as (select range as k, repeat(md5(range::varchar), 3) as p from range(${rows})),
      even as (select range * 2 as k, repeat(md5(range::varchar), 3) as q from range(${rows}))
      select count(*) as n, sum(length(p) + length(q)) as chars from whole join even using (k)`);
    await engine.close();
    const expected = rows / 2;
    const chars = expected * 2 * 96;
    const count = numberAt(found, 'n');
    if (count !== expected || numberAt(found, 'chars') !== chars) {
      return {
        name,
        state: 'failed',
        found: `${engine.id} gives ${count} rows for a join of ${expected} that does not fit into memory`,
        next: 'install the version of @duckdb/node-api that Pipe asks for: npm ci',
      };
    }
    const spilled = watch.hasSpilled() ? 'a join beyond memory' : 'a join';
    return { name, state: 'ok', found: `${engine.id}, ${spilled} gives all ${expected} rows` };
  } catch (error) {
    const next = `give ${tmpdir()} space, or set TMPDIR to another folder; else npm ci`;
    return { name, state: 'failed', found: messageOf(error), next };
  } finally {
    watch.stop();
    if (folder !== tmpdir()) await rm(folder, { recursive: true, force: true });
  }
}

/** Whether anything was ever written into a spill folder. */
function watchSpill(folder: string): { hasSpilled(): boolean; stop(): void } {
  let hasSpilled = false;
  const look = async (): Promise<void> => {
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    hasSpilled ||= names.some((name) => name.endsWith('.tmp'));
  };
  const timer = setInterval(() => void look(), 10);
  return { hasSpilled: () => hasSpilled, stop: () => clearInterval(timer) };
}
