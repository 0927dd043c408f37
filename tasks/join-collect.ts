import pLimit from 'p-limit';
import { UserError } from '../lib/errors.ts';
import { keysBelow } from '../lib/operations/join/load.ts';
import { oneAtATime } from '../lib/operations/join/one-at-a-time.ts';
import { fractionText, intermediateOf } from '../lib/operations/join/places.ts';
import { inputsOfJoin, targetOf } from '../lib/operations/join/request.ts';
import type { JoinRequest } from '../lib/operations/join/request.ts';
import { defineTask } from '../lib/task/define.ts';
import type { RunContext } from '../lib/task/task.ts';
import { integer } from '../lib/task/values.ts';
import {
  days,
  daysOptions,
  deciding,
  joinArgs,
  joined,
  joinedOptions,
  requestOf,
} from './join-request.ts';
import { publishJoin } from './join-publish.ts';
import { packedSides, planned, plannedOptions, strategyOf } from './join-shard.ts';
import type { PlannedArgs } from './join-shard.ts';

export const joinCollect = defineTask({
  name: 'join:collect',
  summary: 'Join in parts as planned, count what came of it, and publish it once',
  usage: `${joined} ${planned} [--shards=<n>] ${days}

Options:${joinedOptions}${plannedOptions}
  --shards=<n>            How many parts [default: 1].${daysOptions}

A step of join:sharded, to be run alone; runs:show has its command.

For example:
  pipe join:collect -- --left=events/site=a --right=pages.csv --on=url --to=visits --strategy=shards --shards=8 --days-ago=1`,

  async outputs(args, context) {
    const request = await requestOf(args, context);
    return [{ partition: targetOf(request), inputs: inputsOfJoin(request), argv: deciding(args) }];
  },

  async run(args, context) {
    const shards = integer(args.shards, { option: '--shards', min: 1, max: 99_999 });
    strategyOf(args.strategy);
    const of = args.strategy === 'plain' ? 1 : shards;
    await invokeRepack(args, context);
    if (of > 1) await invokeShards(args, of, context);
    await oneAtATime(() => publishJoin(args, of, context));
    await removeShards(await requestOf(args, context), context);
  },
});

/** Parts are intermediate: what they hold is in the result. */
export async function removeShards(
  request: JoinRequest,
  { store }: Pick<RunContext, 'store'>,
): Promise<void> {
  for (const folder of intermediateOf(targetOf(request))) {
    await store.remove(await keysBelow(store, folder));
  }
}

async function invokeRepack(args: PlannedArgs, context: RunContext): Promise<void> {
  for (const side of packedSides(args)) {
    const { status, error } = await context.invoke('join:repack', { ...joinArgs(args), side });
    if (status === 'done' || status === 'skipped') continue;
    throw new UserError(`the ${side} side could not be written in smaller row groups`, {
      cause: error,
    });
  }
}

/** Parts that wait for a slot of the run at once. */
const PARTS_AT_ONCE = 64;

async function invokeShards(args: PlannedArgs, of: number, context: RunContext): Promise<void> {
  const { strategy, 'hot-keys': hotKeys, build, threads, repack } = args;
  const common = { ...joinArgs(args), strategy, 'hot-keys': hotKeys, build, threads, repack };
  const numbers = Array.from({ length: of }, (_, index) => index + 1);
  const outcomes = await pLimit(PARTS_AT_ONCE).map(numbers, (number) =>
    context.invoke('join:shard', { ...common, shard: fractionText({ number, of }) }),
  );
  context.signal.throwIfAborted();
  const bad = outcomes.filter(({ status }) => status !== 'done' && status !== 'skipped');
  if (bad.length === 0) return;
  throw new UserError(
    `${bad.length} of ${of} parts ${bad.length === 1 ? 'is' : 'are'} not joined; the others are, and the same command goes on with these`,
    { cause: bad[0]?.error },
  );
}
