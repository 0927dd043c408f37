import { listPartitions } from '../lib/dataset/catalog.ts';
import { NoDataError } from '../lib/errors.ts';
import { checkPacked } from '../lib/operations/pack/chunks.ts';
import { findRecord } from '../lib/operations/pack/find.ts';
import { readIds } from '../lib/operations/pack/listing.ts';
import { bytesOf } from '../lib/operations/pack/records.ts';
import { openIdFile } from '../lib/operations/pack/source.ts';
import { unpackChunk } from '../lib/operations/pack/unpack.ts';
import { bytesText, countText } from '../lib/operations/pack/wording.ts';
import { defineTask } from '../lib/task/define.ts';
import { integer } from '../lib/task/values.ts';

export const harvestGet = defineTask({
  name: 'harvest:get',
  summary: 'Print one packed record',
  usage: `--dataset=<name> --id=<id> [--body]

Options:
  --dataset=<name>  Dataset that harvest:pack made.
  --id=<id>         Of the object.
  --body            The object's bytes alone; default: the record as a line of JSON.

For example:
  pipe harvest:get -- --dataset=packed --id=4711.json
  pipe harvest:get -- --dataset=packed --id=4711.json --body > 4711.json`,

  async run({ dataset, id, body }, context) {
    checkPacked(dataset, '--dataset');
    const record = await findRecord(context, dataset, id);
    return { output: body ? bytesOf(record) : `${JSON.stringify(record)}\n` };
  },
});

export const harvestUnpack = defineTask({
  name: 'harvest:unpack',
  summary: 'Write packed objects back, under the keys they had',
  usage: `--dataset=<name> --to=<uri> [--ids=<uri>] [--chunk=<n>] [--concurrency=<n>]

Options:
  --dataset=<name>   Dataset that harvest:pack made.
  --to=<uri>         Folder, or s3://bucket/prefix, for the objects.
  --ids=<uri>        File with one id in each line; default: every object.
  --chunk=<n>        Only this chunk.
  --concurrency=<n>  Objects that each chunk writes at once [default: 32].

For example:
  pipe harvest:unpack -- --dataset=packed --to=objects`,

  async *plan({ dataset, chunk: only, ...args }, { store }) {
    if (only !== undefined) return;
    checkPacked(dataset, '--dataset');
    let isEmpty = true;
    for await (const { partition } of listPartitions(store, dataset)) {
      const { chunk } = partition.keys;
      if (chunk === undefined) continue;
      isEmpty = false;
      yield { task: 'harvest:unpack', args: { ...args, dataset, chunk } };
    }
    if (isEmpty) {
      throw new NoDataError(
        `--dataset: '${dataset}' has no chunks in ${store.uri}; pack some with pipe harvest:pack -- --from=<uri> --to=${dataset}`,
      );
    }
  },

  async run({ dataset, to, ids, chunk = '', concurrency }, context) {
    const target = (await context.openStore(to)).foreign();
    const written = await unpackChunk(context, target, {
      dataset,
      chunk,
      concurrency: integer(concurrency, { option: '--concurrency', min: 1, max: 1000 }),
      ...(ids !== undefined && { ids: readIds(await openIdFile(context.openStore, ids)) }),
    });
    context.log(
      `${chunk}: ${countText(written.objects)} objects (${bytesText(written.bytes)}) written`,
    );
    const rows = { in: written.objects, out: written.objects, rejected: 0, filtered: 0 };
    return { rows };
  },
});
