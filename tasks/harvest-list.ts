import { UsageError } from '../lib/errors.ts';
import { checkPacked } from '../lib/operations/pack/chunks.ts';
import { keyTemplate } from '../lib/operations/pack/key-template.ts';
import {
  allObjects,
  atLeastOne,
  objectsOf,
  readIds,
  spooled,
} from '../lib/operations/pack/listing.ts';
import type { Listing } from '../lib/operations/pack/listing.ts';
import type { Limits } from '../lib/operations/pack/cut.ts';
import { CHUNK_LIMITS, publishedLists, writeLists } from '../lib/operations/pack/lists.ts';
import type { Totals } from '../lib/operations/pack/lists.ts';
import type { Listed } from '../lib/operations/pack/records.ts';
import { openIdFile, openSource } from '../lib/operations/pack/source.ts';
import { bytesText, countText } from '../lib/operations/pack/wording.ts';
import type { ForeignObjects, Staging } from '../lib/store/store.ts';
import { defineTask } from '../lib/task/define.ts';
import type { RunContext } from '../lib/task/task.ts';
import { integer } from '../lib/task/values.ts';

export const harvestList = defineTask({
  name: 'harvest:list',
  summary: 'List the objects that are to be packed and cut the list into chunks',
  usage: `--from=<uri> --to=<dataset> [--ids=<uri>] [--key-template=<text>] [--chunks=<n>]

Options:
  --from=<uri>           Folder, or s3://bucket/prefix, with the objects.
  --to=<dataset>         Dataset that they are packed into; the lists are in lists/<dataset>.
  --ids=<uri>            File with one id in each line; default: every object, by its key.
  --key-template=<text>  Makes a key of an id: {id}.json or {id[0:2]}/{id}.json; default: {id}.
  --chunks=<n>           How many to begin with; default: as many as 100,000 keys and 1 GiB each make.

A step of harvest:pack, to be run alone.

For example:
  pipe harvest:list -- --from=s3://bucket/objects --to=packed
  pipe harvest:list -- --from=objects --to=packed --ids=ids.txt --key-template='{id[0:2]}/{id}.json'`,

  async run(args, context) {
    checkPacked(args.to, '--to');
    const chunks = args.chunks;
    const asked =
      chunks === undefined ? undefined : integer(chunks, { option: '--chunks', min: 1 });
    const source = await openSource(context.openStore, args.from, context.store);
    const known = await publishedLists(context.store, args.to, source.uri);
    const { objects, duplicates } = await listingOf(args, source, context);
    const some = atLeastOne(objects, source.uri);
    const staging = await context.staging();
    const cut =
      asked !== undefined
        ? await inChunks(some, asked, staging)
        : { objects: some, limits: CHUNK_LIMITS };
    const total = await writeLists(
      { engine: await context.engine(), staging, publish: (draft) => context.publish(draft) },
      cut.objects,
      { dataset: args.to, source: source.uri, known, limits: cut.limits },
    );
    context.log(textOf(total, duplicates));
    return { rows: { in: total.keys, out: total.keys, rejected: 0, filtered: 0 } };
  },
});

/** As many chunks as were asked for need to know how many objects there are. */
async function inChunks(
  objects: AsyncIterable<Listed>,
  chunks: number,
  staging: Staging,
): Promise<{ readonly objects: AsyncIterable<Listed>; readonly limits: Limits }> {
  const { keys, objects: again } = await spooled(objects, staging);
  return { objects: again, limits: { keys: Math.ceil(keys / chunks), bytes: Infinity } };
}

function textOf({ keys, missing, bytes, chunks, changed }: Totals, duplicates: number): string {
  const about = [
    bytesText(bytes),
    ...(missing > 0 ? [`${countText(missing)} without object`] : []),
    ...(duplicates > 0 ? [`${countText(duplicates)} repeated ids left out`] : []),
  ].join(', ');
  const many = `${countText(chunks)} ${chunks === 1 ? 'chunk' : 'chunks'}`;
  return `${countText(keys)} keys (${about}) in ${many}, ${countText(changed)} new or changed`;
}

async function listingOf(
  args: { readonly ids?: string; readonly 'key-template'?: string },
  source: ForeignObjects,
  context: RunContext,
): Promise<Listing> {
  const template = args['key-template'];
  if (args.ids === undefined) {
    if (template === undefined) return { objects: allObjects(source), duplicates: 0 };
    throw new UsageError(
      `--key-template: '${template}' makes keys of ids, but there are none; name a file of ids with --ids=<uri>`,
    );
  }
  const ids = readIds(await openIdFile(context.openStore, args.ids));
  const effects = { engine: await context.engine(), staging: await context.staging() };
  return objectsOf(effects, source, ids, keyTemplate(template ?? '{id}'));
}
