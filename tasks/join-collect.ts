import { copyFile, link } from 'node:fs/promises';
import pLimit from 'p-limit';
import { dataPaths } from '../lib/dataset/catalog.ts';
import { DATA_FILE, prefixOf } from '../lib/dataset/layout.ts';
import { readManifest } from '../lib/dataset/published.ts';
import { UserError } from '../lib/errors.ts';
import { keysBelow } from '../lib/operations/join/load.ts';
import { engineBytes, parseSize } from '../lib/operations/join/memory.ts';
import { oneAtATime } from '../lib/operations/join/one-at-a-time.ts';
import type { Joined } from '../lib/operations/join/part.ts';
import {
  fractionKey,
  fractionText,
  intermediateOf,
  shardOf,
} from '../lib/operations/join/places.ts';
import type { Fraction } from '../lib/operations/join/places.ts';
import {
  countsOf,
  isRepetitive,
  reconcile,
  rowCounts,
  tally,
  tallySteps,
} from '../lib/operations/join/reconcile.ts';
import { inputsOfJoin, targetOf } from '../lib/operations/join/request.ts';
import type { JoinRequest } from '../lib/operations/join/request.ts';
import {
  countsOfUnreadable,
  findUnreadable,
  unreadableText,
} from '../lib/operations/join/unreadable.ts';
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
import {
  openWork,
  packedSides,
  partOf,
  planned,
  plannedOptions,
  strategyOf,
} from './join-shard.ts';
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

async function publishJoin(args: PlannedArgs, of: number, context: RunContext): Promise<void> {
  const work = await openWork(args, context);
  const { request, engine, open, look } = work;
  const target = targetOf(request);
  const room = engineBytes(parseSize(args.memory, '--memory'));
  const counted = await tally(engine, open.spec, {
    steps: tallySteps(look.rights[open.spec.main], room),
    isRepetitive: isRepetitive(look.left),
  });
  const unreadable = await findUnreadable(engine, open.spec);
  for (const each of unreadable) context.log(unreadableText(each));
  const isUnique = counted.rights.every(({ most }) => most <= 1);
  const options = { ...work.options, isUnique };
  const parts =
    of === 1
      ? await partOf({ ...work, options }, args, { number: 1, of: 1 }, context)
      : await gather(request, of, context);
  const files = parts.map(({ file }, index) => ({
    ...file,
    name: parts.length === 1 ? DATA_FILE : nameOf({ number: index + 1, of: parts.length }),
  }));
  const out = files.reduce((sum, { rows }) => sum + rows, 0);
  reconcile(request.how, counted, out);
  await context.publish({
    partition: target,
    files,
    rows: rowCounts(request.how, counted, out),
    counts: { ...countsOf(counted, out), ...countsOfUnreadable(unreadable) },
    schema: parts[0]?.schema ?? [],
  });
}

function nameOf(part: Fraction): string {
  return `part-${fractionKey(part)}.parquet`;
}

/** The files of all parts in this run's staging, without a second copy where the store is a folder. */
async function gather(
  request: JoinRequest,
  of: number,
  context: RunContext,
): Promise<readonly Joined[]> {
  const staging = await context.staging();
  const all: Joined[] = [];
  for (let number = 1; number <= of; number++) {
    const prefix = prefixOf(shardOf(targetOf(request), fractionKey({ number, of })));
    const published = await readManifest(context.store, prefix);
    if (!published) throw new UserError(`${prefix}: this part is gone; run the same command again`);
    const { manifest } = published;
    const paths = await dataPaths(context.store, manifest, staging);
    for (const [index, { rows, name }] of manifest.files.entries()) {
      const path = staging.path('part.parquet');
      await linkOrCopy(paths[index] ?? '', path);
      all.push({ file: { name, path, rows }, schema: manifest.schema });
    }
  }
  return all;
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}
