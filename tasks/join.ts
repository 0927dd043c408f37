import { prefixOf } from '../lib/dataset/layout.ts';
import type { Partition } from '../lib/dataset/layout.ts';
import { NoDataError, UserError } from '../lib/errors.ts';
import { adviceText, advise } from '../lib/operations/join/advice.ts';
import type { Advice, Wishes } from '../lib/operations/join/advice.ts';
import { estimateJoin, estimateTable } from '../lib/operations/join/estimate.ts';
import type { JoinEstimate } from '../lib/operations/join/estimate.ts';
import { parseSize } from '../lib/operations/join/memory.ts';
import { fractionText } from '../lib/operations/join/places.ts';
import { mainOf, partsOf, sidesOf, targetOf } from '../lib/operations/join/request.ts';
import type { JoinRequest } from '../lib/operations/join/request.ts';
import { resultTable } from '../lib/operations/join/result-table.ts';
import { isOnePartition } from '../lib/operations/join/sources.ts';
import type { How } from '../lib/operations/join/spec.ts';
import { placeOf } from '../lib/store/place.ts';
import { defineTask } from '../lib/task/define.ts';
import type { Call, Outcome, PlanContext, RunContext } from '../lib/task/task.ts';
import { integer, oneOf } from '../lib/task/values.ts';
import { removeShards } from './join-collect.ts';
import { days, daysOptions, joinArgs, joined, joinedOptions, requestOf } from './join-request.ts';
import type { JoinArgs } from './join-request.ts';
import { readLook } from './join-work.ts';

export { joinCollect } from './join-collect.ts';
export { joinExplain } from './join-explain.ts';
export { joinLook, joinPartition, joinRepack } from './join-look.ts';
export { joinShard } from './join-shard.ts';
export { joinUnmatched } from './join-unmatched.ts';

const wished = '[--strategy=<auto|plain|shards|hot|salted>] [--shards=<n>] [--hot-keys=<n>]';

const wishedOptions = `
  --strategy=<auto|plain|shards|hot|salted>  How to cut the join into parts; auto looks at the keys and the memory [default: auto].
  --shards=<n>            How many parts; default: as many as memory takes.
  --hot-keys=<n>          Frequent keys whose rows are dealt out to all parts, at most 64.`;

interface ShardedArgs extends JoinArgs {
  readonly strategy: string;
  readonly shards?: string;
  readonly 'hot-keys'?: string;
}

export const joinSharded = defineTask({
  name: 'join:sharded',
  summary: 'Join datasets and files, in parts where memory asks for it',
  usage: `${joined} ${wished} ${days}

Options:${joinedOptions}${wishedOptions}${daysOptions}

The result is sorted by the key. join:explain says beforehand how it would be cut.

For example:
  pipe join:sharded -- --left=events/site=a --right=pages.csv --on=url --to=visits --how=left --days-ago=1
  pipe join:sharded -- --left=orders.parquet --right=users.csv --on=user_id=id --to=orders-with-users`,

  plan: (args, context) => perPartition(args, context),

  async estimate(args, context) {
    const request = await requestOf(args, context);
    const { left } = request;
    const wishes = wishesOf(args);
    if (isWhole(request)) {
      return estimateTable([await estimateJoin(context.store, request, wishes)], 0);
    }
    const texts = left.source.kind === 'dataset' ? left.source.partitions.map(nameOf) : [];
    const estimates: JoinEstimate[] = [];
    for (const text of texts.slice(0, ESTIMATED)) {
      const one = await requestOf({ ...args, left: text }, context);
      estimates.push(await estimateJoin(context.store, one, wishes));
    }
    return estimateTable(estimates, Math.max(0, texts.length - ESTIMATED));
  },

  async run(args, context) {
    const request = await requestOf(args, context);
    await makeParquet(request, args, context);
    demand(await context.invoke('join:look', joinArgs(args)), 'the keys could not be looked at');
    const look = await readLook(request, context);
    const advice = advise(request.how, look, wishesOf(args), mainOf(request));
    context.log(`${args.left}: ${adviceText(advice)}`);
    const collected = await context.invoke('join:collect', {
      ...joinArgs(args),
      ...plannedArgs(advice, request),
    });
    demand(collected, 'the join is not done');
    if (collected.status === 'skipped') await removeShards(request, context);
  },

  async summarize(args, context) {
    const request = await requestOf(args, context);
    const place = placeOf(context.store.uri, context.cwd);
    return resultTable(context.store, targetsOf(request), place);
  },
});

/** The partitions that a join makes, with that of rows of the right side that match nothing. */
function targetsOf(request: JoinRequest): readonly Partition[] {
  const { to, how, left } = request;
  if (isWhole(request) || left.source.kind === 'files') return [targetOf(request)];
  const rest = hasRest(how) ? [targetOf({ ...request, how: 'rest' })] : [];
  return [...left.source.partitions.map(({ keys }) => ({ dataset: to, keys })), ...rest];
}

function hasRest(how: How): boolean {
  return how === 'right' || how === 'full';
}

/** Partitions that an estimate shows. */
const ESTIMATED = 20;

/** Whether the arguments stand for one join, and not for one of each partition of the left side. */
function isWhole({ how, left: { source, text } }: JoinRequest): boolean {
  return source.kind === 'files' || isOnePartition(text, source) || how === 'rest';
}

/** A partition as an argument names it. */
function nameOf(partition: Partition): string {
  return prefixOf(partition).slice(0, -1);
}

/** One invocation for each partition of the left side, and one for the rows of the right side that match none of them. */
async function* perPartition(args: ShardedArgs, context: PlanContext): AsyncGenerator<Call> {
  wishesOf(args);
  const request = await requestOf(args, context);
  const { how, left } = request;
  if (isWhole(request) || left.source.kind === 'files') return;
  const { strategy, shards, 'hot-keys': hotKeys } = args;
  const common = { ...joinArgs(args), strategy, shards, 'hot-keys': hotKeys };
  const ofEach = how === 'right' ? 'inner' : how === 'full' ? 'left' : how;
  for (const partition of left.source.partitions) {
    yield { task: 'join:sharded', args: { ...common, left: nameOf(partition), how: ofEach } };
  }
  if (hasRest(how)) yield { task: 'join:sharded', args: { ...common, how: 'rest' } };
}

function wishesOf(args: ShardedArgs): Wishes {
  const { shards, 'hot-keys': hotKeys } = args;
  return {
    strategy: oneOf(args.strategy, ['auto', 'plain', 'shards', 'hot', 'salted'], '--strategy'),
    memoryBytes: parseSize(args.memory, '--memory'),
    ...(shards !== undefined && {
      shards: integer(shards, { option: '--shards', min: 1, max: 4096 }),
    }),
    ...(hotKeys !== undefined && {
      hotKeys: integer(hotKeys, { option: '--hot-keys', min: 1, max: 64 }),
    }),
  };
}

/** Sides of text are read once, however many parts of the join need them. */
async function makeParquet(
  request: JoinRequest,
  { to, memory }: ShardedArgs,
  context: RunContext,
): Promise<void> {
  const calls = sidesOf(request).flatMap(({ side, text, source }) =>
    partsOf(source).map((part) => ({ side, from: text, to, part: fractionText(part), memory })),
  );
  const outcomes = await Promise.all(calls.map((call) => context.invoke('join:partition', call)));
  for (const outcome of outcomes) demand(outcome, 'a side could not be read');
}

function plannedArgs(
  { strategy, shards, hotKeys, build, threads, repack }: Advice,
  request: JoinRequest,
): Record<string, string> {
  const sides = repack.map((position) => sidesOf(request)[position]?.side ?? '');
  return {
    strategy,
    shards: String(shards),
    'hot-keys': String(hotKeys),
    build,
    ...(threads !== undefined && { threads: String(threads) }),
    ...(sides.length > 0 && { repack: sides.join(',') }),
  };
}

function demand({ status, error }: Outcome, problem: string): void {
  if (status === 'done' || status === 'skipped') return;
  if (status === 'no-data') throw new NoDataError(problem, { cause: error });
  throw new UserError(problem, { cause: error });
}
