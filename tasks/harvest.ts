import pLimit from 'p-limit';
import { checkPacked, chunksOf } from '../lib/operations/pack/chunks.ts';
import { estimateTable, estimateText } from '../lib/operations/pack/estimate-table.ts';
import { isTooMany, limitText } from '../lib/operations/pack/failures.ts';
import { CHUNK_LIMITS, publishedLists } from '../lib/operations/pack/lists.ts';
import type { ChunkList } from '../lib/operations/pack/lists.ts';
import { allObjects, readIds } from '../lib/operations/pack/listing.ts';
import { packTable } from '../lib/operations/pack/pack-table.ts';
import { openIdFile, openSource } from '../lib/operations/pack/source.ts';
import { workOf, workOfListing } from '../lib/operations/pack/work.ts';
import type { Work } from '../lib/operations/pack/work.ts';
import type { RowCounts } from '../lib/ledger/events.ts';
import { NoDataError, UserError } from '../lib/errors.ts';
import { placeOf } from '../lib/store/place.ts';
import { packedText, secondsText } from '../lib/operations/pack/wording.ts';
import { defineTask } from '../lib/task/define.ts';
import type { CallArgs, Outcome, PlanContext, RunContext } from '../lib/task/task.ts';
import { integer, limit } from '../lib/task/values.ts';

export { harvestChunk } from './harvest-chunk.ts';
export { harvestList } from './harvest-list.ts';
export { harvestGet, harvestUnpack } from './harvest-unpack.ts';

export const harvestPack = defineTask({
  name: 'harvest:pack',
  summary: 'Pack many small objects into few large files of records',
  usage: `--from=<uri> --to=<dataset> [--ids=<uri>] [--key-template=<text>] [--chunks=<n>]
  [--concurrency=<n>] [--format=<jsonl|parquet>] [--max-failures=<limit>]

Options:
  --from=<uri>           Folder, or s3://bucket/prefix, with the objects.
  --to=<dataset>         Dataset of the records, one partition per chunk.
  --ids=<uri>            File with one id in each line; default: every object, by its key.
  --key-template=<text>  Makes a key of an id: {id}.json or {id[0:2]}/{id}.json; default: {id}.
  --chunks=<n>           How many to begin with; default: as many as 100,000 keys and 1 GiB each make.
  --concurrency=<n>      Objects that each chunk downloads at once [default: 64].
  --format=<jsonl|parquet>  Of the files [default: parquet].
  --max-failures=<limit>  Fail when more objects cannot be packed: a number, or a part such as 0.5%.

A record has id, key, etag, size in bytes, last_modified and body. What cannot be packed is in rejects/<dataset> with the
reason; the same command tries it again. With --dry-run it says how many requests, bytes and dollars it will be.

For example:
  pipe harvest:pack -- --from=s3://bucket/objects --to=packed
  pipe --dry-run harvest:pack -- --from=objects --to=packed --ids=ids.txt --key-template='{id}.json'`,

  estimate: async (args, context) => {
    const source = await openSource(context.openStore, args.from, context.store);
    return estimateTable(await workNow(args, source, context), source.uri, context.store.uri);
  },

  async run(args, context) {
    checkPacked(args.to, '--to');
    const maxFailures = args['max-failures'];
    const max = maxFailures === undefined ? undefined : limit(maxFailures, '--max-failures');
    const { from, to, ids, chunks, 'key-template': template } = args;
    const listing = { from, to, ids, 'key-template': template, chunks };
    demand(await context.invoke('harvest:list', listing), 'the objects could not be listed');
    const lists = await publishedLists(context.store, to);
    const work = workOf(lists, await chunksOf(context.store, to));
    if (work.chunks > 0) context.log(estimateText(work, lists[0]?.source ?? '', context.store.uri));
    const { concurrency, format } = args;
    const common = { from, to, concurrency, format, 'max-failures': maxFailures };
    await packChunks(lists, common, context);
    if (max === undefined) return;
    const failed = await failedIn(to, context);
    const keys = lists.reduce((sum, list) => sum + list.keys, 0);
    if (!isTooMany(failed, keys, max)) return;
    throw new UserError(
      `${to}: ${failed} of ${keys} objects could not be packed, more than --max-failures=${limitText(max)}; ` +
        `see why in rejects/${to}. The others are packed, and the same command tries these again.`,
    );
  },

  summarize: (args, context) =>
    packTable(args.to, placeOf(context.store.uri, context.cwd), context),
});

/** Chunks that wait for a slot of the run at once. */
const CHUNKS_AT_ONCE = 64;

async function packChunks(
  lists: readonly ChunkList[],
  args: Exclude<CallArgs, readonly string[]>,
  context: RunContext,
): Promise<void> {
  const began = context.clock();
  const slots = pLimit(CHUNKS_AT_ONCE);
  const outcomes = await slots.map(lists, ({ chunk }) =>
    context.invoke('harvest:chunk', { ...args, chunk }),
  );
  context.signal.throwIfAborted();
  const rows = outcomes.flatMap((outcome) => outcome.rows ?? []).reduce(addRows, noRows);
  const seconds = (context.clock() - began) / 1000;
  if (rows.in > 0) context.log(packedText(rows, `in ${secondsText(seconds)}`, seconds));
  const isGood = ({ status }: Outcome): boolean => status === 'done' || status === 'skipped';
  const bad = outcomes.filter((outcome) => !isGood(outcome)).length;
  if (bad > 0) {
    throw new UserError(
      `${bad} of ${lists.length} chunks ${bad === 1 ? 'is' : 'are'} not packed; the others are, and the same command goes on with these`,
    );
  }
  if (outcomes.every(({ status }) => status === 'skipped')) {
    const keys = lists.reduce((sum, list) => sum + list.keys, 0);
    context.log(`everything is up to date (${lists.length} chunks, ${keys} keys)`);
  }
}

const noRows: RowCounts = { in: 0, out: 0, rejected: 0, filtered: 0 };

function addRows(a: RowCounts, b: RowCounts): RowCounts {
  return {
    in: a.in + b.in,
    out: a.out + b.out,
    rejected: a.rejected + b.rejected,
    filtered: a.filtered + b.filtered,
  };
}

function demand({ status, error }: Outcome, problem: string): void {
  if (status === 'done' || status === 'skipped') return;
  if (status === 'no-data') throw new NoDataError(problem, { cause: error });
  throw new UserError(problem, { cause: error });
}

async function failedIn(dataset: string, { store }: RunContext): Promise<number> {
  const chunks = await chunksOf(store, dataset);
  return chunks.reduce((sum, { manifest }) => sum + manifest.rows.rejected, 0);
}

/** What a run would have to do; changes nothing. */
async function workNow(
  args: { readonly to: string; readonly ids?: string; readonly chunks?: string },
  source: Parameters<typeof allObjects>[0] & { readonly uri: string },
  { store, openStore }: PlanContext,
): Promise<Work> {
  checkPacked(args.to, '--to');
  const asked =
    args.chunks === undefined ? undefined : integer(args.chunks, { option: '--chunks', min: 1 });
  const lists = await publishedLists(store, args.to, source.uri);
  if (args.ids === undefined) {
    const work = await workOfListing(
      allObjects(source),
      lists,
      await chunksOf(store, args.to),
      CHUNK_LIMITS,
    );
    return { ...work, ...(lists.length === 0 && asked !== undefined && { chunks: asked }) };
  }
  let ids = 0;
  for await (const _ of readIds(await openIdFile(openStore, args.ids))) ids += 1;
  const chunks = asked ?? Math.ceil(ids / CHUNK_LIMITS.keys);
  return { listed: ids, objects: ids, bytes: undefined, chunks };
}
