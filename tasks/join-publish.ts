import { copyFile, link } from 'node:fs/promises';
import { dataPaths } from '../lib/dataset/catalog.ts';
import { finishFile } from '../lib/dataset/finish-file.ts';
import { DATA_FILE, prefixOf } from '../lib/dataset/layout.ts';
import type { DraftFile } from '../lib/dataset/publish.ts';
import { readManifest } from '../lib/dataset/published.ts';
import { UserError } from '../lib/errors.ts';
import { engineBytes, parseSize } from '../lib/operations/join/memory.ts';
import type { Joined } from '../lib/operations/join/part.ts';
import { fractionKey, shardOf } from '../lib/operations/join/places.ts';
import type { Fraction } from '../lib/operations/join/places.ts';
import { countsOf, reconcile, rowCounts } from '../lib/operations/join/reconcile.ts';
import { targetOf } from '../lib/operations/join/request.ts';
import type { JoinRequest } from '../lib/operations/join/request.ts';
import { tallyOfAll } from '../lib/operations/join/tally-all.ts';
import { areSmall, areUnique, tally, tallyOptions } from '../lib/operations/join/tally.ts';
import type { Tally } from '../lib/operations/join/tally.ts';
import {
  countsOfUnreadable,
  findUnreadable,
  unreadableText,
} from '../lib/operations/join/unreadable.ts';
import type { RunContext } from '../lib/task/task.ts';
import { openWork, partOf } from './join-shard.ts';
import type { PlannedArgs, Work } from './join-shard.ts';

/** Joins what is not joined yet, counts apart from that what it must come to, and publishes it. Throws UserError if these differ. */
export async function publishJoin(
  args: PlannedArgs,
  of: number,
  context: RunContext,
): Promise<void> {
  const work = await openWork(args, context);
  const { request, engine, open, look } = work;
  const { spec } = open;
  const unreadable = await findUnreadable(engine, spec);
  for (const each of unreadable) context.log(unreadableText(each));
  const room = engineBytes(parseSize(args.memory, '--memory'));
  const count = (): Promise<Tally> => tally(engine, spec, tallyOptions(look, spec.main, room));
  const early = areSmall(look) ? undefined : await count();
  const isUnique = early
    ? early.rights.every(({ most }) => most <= 1)
    : await areUnique(engine, spec);
  const options = { ...work.options, isUnique };
  const parts =
    of > 1
      ? await gather(request, of, context)
      : await partOf({ ...work, options }, args, { number: 1, of: 1 }, context);
  // Files are hashed by one core, so that is when to count what is not counted yet.
  const counting = early ?? countAfter(isUnique, work, parts, count);
  const [files, counted] = await Promise.all([finishAll(parts, context), counting]);
  const out = files.reduce((sum, { rows }) => sum + rows, 0);
  reconcile(request.how, counted, out);
  await context.publish({
    partition: targetOf(request),
    files,
    rows: rowCounts(request.how, counted, out),
    counts: { ...countsOf(counted, out), ...countsOfUnreadable(unreadable) },
    schema: parts[0]?.schema ?? [],
  });
}

async function countAfter(
  isUnique: boolean,
  { engine, open, look }: Work,
  parts: readonly Joined[],
  count: () => Promise<Tally>,
): Promise<Tally> {
  const all = isUnique ? await tallyOfAll(engine, open.spec, parts, look.left.rows) : undefined;
  return all ?? (await count());
}

async function finishAll(
  parts: readonly Joined[],
  context: RunContext,
): Promise<readonly DraftFile[]> {
  const staging = await context.staging();
  const of = parts.length;
  const files = parts.map(({ file }, index) =>
    finishFile(staging, {
      ...file,
      name: of === 1 ? DATA_FILE : nameOf({ number: index + 1, of }),
    }),
  );
  return await Promise.all(files);
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
    for (const [index, { rows, name, bytes, sha256 }] of manifest.files.entries()) {
      const path = staging.path('part.parquet');
      await linkOrCopy(paths[index] ?? '', path);
      all.push({ file: { name, path, rows, content: { bytes, sha256 } }, schema: manifest.schema });
    }
  }
  return all;
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}
