import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fullestShard, tinyCase } from './join-data.ts';
import type { JoinCase } from './join-data.ts';
import { measure } from './join-measure.ts';
import type { Measured } from './join-measure.ts';

/** More than any of these joins takes: nothing spills, and memory is what the rows need. */
const MEMORY = '16GB';
const SHARDS = 8;

/**
 * The memory of a join at once, and of the largest of its shards by every strategy, each shard in a
 * process of its own. A process that joins next to nothing is the part that no shard can be without:
 * the programs of Node and of the engine, of which all processes of a machine share most.
 */
export async function benchShards(folder: string, each: JoinCase): Promise<readonly object[]> {
  const idle = await shardOf(folder, await tinyCase(folder), 'plain', '1/1');
  const whole = await shardOf(folder, each, 'plain', '1/1');
  const shard = `${await fullestShard(each.left, SHARDS)}/${SHARDS}`;
  const rows: object[] = [row(each, 'idle process', idle), row(each, 'plain', whole)];
  for (const strategy of ['shards', 'hot', 'salted']) {
    const part = await shardOf(folder, each, strategy, shard);
    const fall = (bytes: number, of: number): number => Math.round((1 - bytes / of) * 100);
    rows.push({
      ...row(each, `${strategy}, ${shard}`, part),
      'falls by %': fall(part.peakBytes, whole.peakBytes),
      'above idle %': fall(part.peakBytes - idle.peakBytes, whole.peakBytes - idle.peakBytes),
    });
  }
  for (const found of rows) console.log(JSON.stringify(found));
  return rows;
}

/** What one shard takes in a process of its own, behind the look that all shards need. */
async function shardOf(
  folder: string,
  { left, right }: JoinCase,
  strategy: string,
  shard: string,
): Promise<Measured> {
  const sides = [
    `--left=${left}`,
    `--right=${right}`,
    '--on=k',
    '--to=joined',
    `--memory=${MEMORY}`,
  ];
  const run = (task: string, ...args: string[]): Promise<Measured> =>
    measure(folder, {
      argv: [resolve('dist/bin/pipe.js'), task, '--', ...sides, ...args],
      spill: join(folder, 'data/.pipe'),
    });
  await run('join:look');
  const hotKeys = strategy === 'hot' ? ['--hot-keys=32'] : [];
  const measured = await run(
    'join:shard',
    `--strategy=${strategy}`,
    ...hotKeys,
    `--shard=${shard}`,
  );
  await rm(join(folder, 'data'), { recursive: true, force: true });
  return measured;
}

function row({ name }: JoinCase, strategy: string, measured: Measured): object {
  const { seconds, cpuSeconds, peakBytes, spilledBytes, problem } = measured;
  return {
    case: `${name}, ${MEMORY}`,
    strategy,
    s: problem ?? Math.round(seconds * 10) / 10,
    'CPU s': Math.round(cpuSeconds * 10) / 10,
    'peak RSS MB': Math.round(peakBytes / 1e6),
    'spilled MB': Math.round(spilledBytes / 1e6),
  };
}
