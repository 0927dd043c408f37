import { prefixOf } from '../lib/dataset/layout.ts';
import { readManifest } from '../lib/dataset/published.ts';
import { UsageError } from '../lib/errors.ts';
import { checkPacked, listOfChunk, packedChunk } from '../lib/operations/pack/chunks.ts';
import { packChunk } from '../lib/operations/pack/pack.ts';
import type { Packing } from '../lib/operations/pack/pack.ts';
import { openSource } from '../lib/operations/pack/source.ts';
import { bytesText, countText, packedText } from '../lib/operations/pack/wording.ts';
import { defineTask } from '../lib/task/define.ts';
import { integer, limit } from '../lib/task/values.ts';

export const harvestChunk = defineTask({
  name: 'harvest:chunk',
  summary: 'Pack the objects of one chunk of a list',
  usage: `--from=<uri> --to=<dataset> --chunk=<n> [--concurrency=<n>] [--format=<jsonl|parquet>]
  [--max-failures=<limit>]

Options:
  --from=<uri>            Folder, or s3://bucket/prefix, with the objects.
  --to=<dataset>          Dataset of the records; harvest:list has made the lists for it.
  --chunk=<n>             Number of the chunk, such as 00003.
  --concurrency=<n>       Objects that are downloaded at once [default: 64].
  --format=<jsonl|parquet>  Of the file [default: parquet].
  --max-failures=<limit>  Fail, and publish nothing, when more objects cannot be packed: a number, or a part such as 0.5%.

A step of harvest:pack, to be run alone.

For example:
  pipe harvest:chunk -- --from=s3://bucket/objects --to=packed --chunk=00003`,

  async outputs({ to, chunk, format }, { store }) {
    checkPacked(to, '--to');
    checkChunk(chunk);
    const partition = packedChunk(to, chunk);
    const published = await readManifest(store, prefixOf(partition));
    const failed = published?.manifest.rows.rejected ?? 0;
    // No published chunk was made of this input, so that a chunk with failures is never up to date.
    const again = { name: `${failed} failed objects`, version: 'to be tried again' };
    const inputs = [listOfChunk(to, chunk), ...(failed > 0 ? [again] : [])];
    return [{ partition, inputs, argv: [format] }];
  },

  async run(args, context) {
    const source = await openSource(context.openStore, args.from, context.store);
    const { chunk, to, concurrency, format, 'max-failures': max } = args;
    const isForced = context.outputs.some(({ because }) => because.includes('--force'));
    const began = context.clock();
    const packing = await packChunk(
      {
        source,
        store: context.store,
        engine: await context.engine(),
        staging: await context.staging(),
        signal: context.signal,
        publish: (draft) => context.publish(draft),
      },
      {
        dataset: to,
        chunk,
        format,
        concurrency: integer(concurrency, { option: '--concurrency', min: 1, max: 1000 }),
        reuse: !isForced,
        ...(max !== undefined && { maxFailures: limit(max, '--max-failures') }),
      },
    );
    context.log(`${chunk}: ${textOf(packing, (context.clock() - began) / 1000)}`);
    return { rows: packing.rows };
  },
});

function checkChunk(chunk: string): void {
  if (/^\d{5,}$/.test(chunk)) return;
  throw new UsageError(
    `--chunk: '${chunk}' is not the number of a chunk; write for example --chunk=00003`,
  );
}

function textOf({ rows, bytes, kept }: Packing, seconds: number): string {
  const before = kept > 0 ? `, ${countText(kept)} of them packed before` : '';
  return packedText(rows, bytesText(bytes) + before, seconds);
}
