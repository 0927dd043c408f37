import { DATA_FILE } from '../lib/dataset/layout.ts';
import { oneAtATime } from '../lib/operations/join/one-at-a-time.ts';
import { joinPart } from '../lib/operations/join/part.ts';
import type { Joined, PartOptions } from '../lib/operations/join/part.ts';
import { fractionKey, parseFraction, shardOf } from '../lib/operations/join/places.ts';
import type { Fraction } from '../lib/operations/join/places.ts';
import { inputsOfJoin, openJoin, targetOf } from '../lib/operations/join/request.ts';
import type { JoinRequest, OpenJoin } from '../lib/operations/join/request.ts';
import type { Strategy } from '../lib/operations/join/spec.ts';
import type { Engine } from '../lib/engine/engine.ts';
import type { Look } from '../lib/operations/join/look.ts';
import { defineTask } from '../lib/task/define.ts';
import type { RunContext } from '../lib/task/task.ts';
import { integer, list, oneOf } from '../lib/task/values.ts';
import { days, daysOptions, deciding, joined, joinedOptions, requestOf } from './join-request.ts';
import type { JoinArgs } from './join-request.ts';
import { hotKeysOf, joinEngine, partOptions, readLook } from './join-work.ts';

/** How a join was planned to be done. */
export const planned =
  '--strategy=<plain|shards|hot|salted> [--hot-keys=<n>] [--build=<left|right>] [--threads=<n>] [--repack=<sides>]';

export const plannedOptions = `
  --strategy=<plain|shards|hot|salted>  How the join is cut into parts.
  --hot-keys=<n>          Frequent keys whose rows are dealt out to all parts [default: 0].
  --build=<left|right>    The smaller side, of which hash tables are built [default: right].
  --threads=<n>           Of the engine; default: as many as there are cores.
  --repack=<sides>        Sides that join:repack has written in smaller row groups, separated by commas.`;

export interface PlannedArgs extends JoinArgs {
  readonly strategy: string;
  readonly 'hot-keys': string;
  readonly build: string;
  readonly threads?: string;
  readonly repack?: string;
}

export const joinShard = defineTask({
  name: 'join:shard',
  summary: 'Join one part of two sides',
  usage: `${joined} ${planned} --shard=<k/n> ${days}

Options:${joinedOptions}${plannedOptions}
  --shard=<k/n>           Which of n parts, such as 1/8.${daysOptions}

A step of join:sharded, to be run alone; runs:show has its command.

For example:
  pipe join:shard -- --left=events/site=a --right=pages.csv --on=url --to=visits --strategy=shards --shard=1/8 --days-ago=1`,

  async outputs(args, context) {
    const request = await requestOf(args, context);
    const shard = parseFraction(args.shard, '--shard');
    const partition = shardOf(targetOf(request), fractionKey(shard));
    const { strategy, 'hot-keys': hotKeys } = args;
    const argv = [...deciding(args), strategy, hotKeys, fractionKey(shard)];
    return [{ partition, inputs: inputsOfJoin(request), argv }];
  },

  run: (args, context) =>
    oneAtATime(async () => {
      const shard = parseFraction(args.shard, '--shard');
      const work = await openWork(args, context);
      const parts = await partOf(work, args, shard, context);
      const rows = parts.reduce((sum, { file }) => sum + file.rows, 0);
      await context.publish({
        partition: shardOf(targetOf(work.request), fractionKey(shard)),
        files: parts.map(({ file }) => (parts.length === 1 ? { ...file, name: DATA_FILE } : file)),
        rows: { in: rows, out: rows, rejected: 0, filtered: 0 },
        schema: parts[0]?.schema ?? [],
      });
    }),
});

/** A join with all that doing a part of it takes. */
export interface Work {
  readonly request: JoinRequest;
  readonly engine: Engine;
  readonly open: OpenJoin;
  readonly look: Look;
  readonly options: PartOptions;
}

export async function openWork(args: PlannedArgs, context: RunContext): Promise<Work> {
  const request = await requestOf(args, context);
  const threads =
    args.threads === undefined
      ? undefined
      : integer(args.threads, { option: '--threads', min: 1, max: 1024 });
  const engine = await joinEngine(context, args.memory, threads);
  const effects = { store: context.store, engine, staging: await context.staging() };
  const look = await readLook(request, context, engine);
  const build = oneOf(args.build, ['left', 'right'], '--build');
  return {
    request,
    engine,
    open: await openJoin(effects, request, packedSides(args)),
    look,
    options: partOptions(look, build),
  };
}

export function packedSides({ repack }: PlannedArgs): readonly string[] {
  return repack === undefined ? [] : list(repack, '--repack');
}

/** Does one part of the join; the files are in the staging. */
export async function partOf(
  { engine, open, look, options }: Work,
  args: PlannedArgs,
  { number, of }: Fraction,
  context: RunContext,
): Promise<readonly Joined[]> {
  const hotKeys = integer(args['hot-keys'], { option: '--hot-keys', min: 0, max: 64 });
  return joinPart(
    { engine, staging: await context.staging(), log: context.log },
    open.spec,
    {
      strategy: strategyOf(args.strategy),
      part: number - 1,
      parts: of,
      hotKeys: hotKeysOf(look, hotKeys),
    },
    options,
  );
}

export function strategyOf(text: string): Strategy {
  return oneOf(text, ['plain', 'shards', 'hot', 'salted'], '--strategy');
}
