import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { engineBytes, parseSize } from '../../lib/operations/join/memory.ts';
import { joinCases } from './join-data.ts';
import type { JoinCase } from './join-data.ts';
import { measure } from './join-measure.ts';
import type { Command, Measured } from './join-measure.ts';
import { benchShards } from './join-shards.ts';

/** Measured beside what `pipe` does: the same join, sorted alike, and as it comes. */
const strategies = ['auto', 'plain', 'shards', 'hot', 'salted'];

/**
 * Joins that are skewed, wide, or hot on the side that is built, by every strategy and by DuckDB
 * alone, each in a process of its own: time, peak resident memory and bytes spilled. Behind those
 * what shards are for: the memory of the largest one, where nothing bounds it but its rows.
 */
export async function benchJoin(rows: number): Promise<readonly object[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-bench-'));
  try {
    const found: object[] = [];
    for (const each of await joinCases(folder, rows)) {
      for (const [name, alone] of Object.entries(aloneIn(each))) {
        found.push(show(each, name, await measure(folder, duckdb(each, folder, alone))));
      }
      for (const strategy of strategies) {
        const measured = await measure(folder, pipe(each, folder, strategy));
        found.push(show(each, strategy, measured));
        await rm(join(folder, 'data'), { recursive: true, force: true });
      }
      if (each.isSkewed === true) found.push(...(await benchShards(folder, each)));
    }
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function show({ name, memory }: JoinCase, strategy: string, measured: Measured): object {
  const { seconds, cpuSeconds, peakBytes, spilledBytes, problem, chosen } = measured;
  const row = {
    case: `${name}, ${memory}`,
    strategy,
    s: problem === undefined ? Math.round(seconds * 10) / 10 : problem,
    'CPU s': Math.round(cpuSeconds * 10) / 10,
    'peak RSS MB': Math.round(peakBytes / 1e6),
    'spilled MB': Math.round(spilledBytes / 1e6),
    ...(chosen !== undefined && { chosen }),
  };
  console.log(JSON.stringify(row));
  return row;
}

function pipe({ left, right, memory }: JoinCase, folder: string, strategy: string): Command {
  const bin = resolve('dist/bin/pipe.js');
  const args = [
    `--left=${left}`,
    `--right=${right}`,
    '--on=k',
    '--to=joined',
    `--memory=${memory}`,
  ];
  const shards = strategy === 'auto' || strategy === 'plain' ? [] : ['--shards=8'];
  const argv = [bin, 'join:sharded', '--', ...args, `--strategy=${strategy}`, ...shards];
  return { argv, spill: join(folder, 'data/.pipe') };
}

interface Alone {
  readonly order: string;
  /** What the engine may take. Its process takes a third more. */
  readonly limit: string;
}

/** DuckDB with all of the memory, and with what is the engine's in `pipe`, so that the process takes as much. */
function aloneIn({ memory }: JoinCase): Readonly<Record<string, Alone>> {
  const order = 'order by l.k, l.event';
  const share = `${engineBytes(parseSize(memory, 'memory'))}B`;
  return {
    'DuckDB, sorted': { order, limit: memory },
    'DuckDB, sorted, of the same peak': { order, limit: share },
    'DuckDB, unsorted': { order: '', limit: memory },
  };
}

/** The join alone. */
function duckdb({ left, right }: JoinCase, folder: string, { order, limit }: Alone): Command {
  const module = createRequire(import.meta.url).resolve('@duckdb/node-api');
  const spill = join(folder, 'spill');
  const copy = `copy (select l.*, r.* exclude (k) from read_parquet('${left}') l join read_parquet('${right}') r
    on l.k = r.k ${order}) to '${join(folder, 'plain.parquet')}' (format parquet, compression zstd, compression_level 1)`;
  const code = `const { DuckDBInstance } = await import(${JSON.stringify(module)});
    const db = await DuckDBInstance.create(':memory:', { memory_limit: '${limit}', temp_directory: '${spill}' });
    await (await db.connect()).run(${JSON.stringify(copy)});`;
  return { argv: ['--input-type=module', '-e', code], spill };
}
