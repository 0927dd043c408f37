import { UsageError } from '../lib/errors.ts';
import { storeDiff } from '../lib/operations/merge/diff.ts';
import { keyOf, storeFull } from '../lib/operations/merge/full.ts';
import { storeIncrement } from '../lib/operations/merge/increment.ts';
import { defineTask } from '../lib/task/define.ts';
import { list } from '../lib/task/values.ts';
import { effectsOf, prepareSet, recipeOf, setOutput } from './snapshot-options.ts';

const storeOptions = `
  --dataset=<name>     Where the sets of all days go.
  --from=<uri>         File, folder or glob, or s3://bucket/object: CSV, JSON lines or Parquet; plain, gzip or zstd.`;

const sizeOptions = `
  --accept-schema      Take columns whose types do not fit those of the dataset.
  --bucket-rows=<n>    Records of a file; default: as many as make 16 MiB.
  --memory=<size>      At most, such as 800MB; default: what there is.`;

/** Of a whole state. */
const wholeUsage = `--dataset=<name> --from=<uri> [--key=<columns>] [--date=<day>] [--allow-shrink]
  [--accept-schema] [--bucket-rows=<n>] [--memory=<size>]`;

const wholeOptions = `${storeOptions}
  --key=<columns>      Columns that tell one record from another, separated by commas; default: those of the dataset.` as const;

const shrinkOption = `
  --allow-shrink       Take a state of no records, or of less than half as many as the last one.`;

export const snapshotFull = defineTask({
  name: 'snapshot:full',
  summary: 'Store a whole state as the set of a day',
  usage: `${wholeUsage}

Options:${wholeOptions}
  --date=<day>         Whose state it is; default: today.${shrinkOption}${sizeOptions}

For example:
  pipe snapshot:full -- --dataset=users --key=id --from=users.csv --date=2026-11-17`,
  complete: { dataset: 'dataset', from: 'file' },
  outputs: async (args, context) => [
    await setOutput(args, recipeOf('full', { key: args.key }), context),
  ],
  async run(args, context) {
    const prepared = await prepareSet(args, recipeOf('full', { key: args.key }), context);
    if (!prepared) return;
    const { options, standing } = prepared;
    const key = keyOf(columnsOf(args.key), standing);
    const effects = await effectsOf(context, args.memory);
    await storeFull(effects, options, key, standing);
  },
});

export const snapshotIncrement = defineTask({
  name: 'snapshot:increment',
  summary: 'Store records that are new, changed or gone as the increment of a day',
  usage: `--dataset=<name> --from=<uri> [--date=<day>] [--deletes=<column=value>] [--order=<column>]
  [--accept-schema] [--bucket-rows=<n>] [--memory=<size>]

Options:${storeOptions}
  --date=<day>         Which day's changes they are; default: today.
  --deletes=<column=value>  Records with this value say that their key is gone.
  --order=<column>     Of several records of a key the one with the greatest value counts; default, and among equals: the last one.${sizeOptions}

For example:
  pipe snapshot:increment -- --dataset=users --from=changes.jsonl --deletes=op=D --date=2026-11-18`,
  complete: { dataset: 'dataset', from: 'file' },
  outputs: async (args, context) => [await setOutput(args, incrementRecipe(args), context)],
  async run(args, context) {
    const deletes = deletesOf(args.deletes);
    const prepared = await prepareSet(args, incrementRecipe(args), context);
    if (!prepared) return;
    const { options, standing } = prepared;
    const { order } = args;
    const more = { ...(deletes && { deletes }), ...(order !== undefined && { order }) };
    await storeIncrement(await effectsOf(context, args.memory), { ...options, ...more }, standing);
  },
});

export const snapshotDiff = defineTask({
  name: 'snapshot:diff',
  summary: 'Store a whole state as an increment: what differs from the day before',
  usage: `${wholeUsage}

Options:${wholeOptions}
  --date=<day>         Whose state it is; default: today. The first one is stored as a full set.${shrinkOption}${sizeOptions}

For example:
  pipe snapshot:diff -- --dataset=users --key=id --from=users.csv --date=2026-11-18`,
  complete: { dataset: 'dataset', from: 'file' },
  outputs: async (args, context) => [
    await setOutput(args, recipeOf('diff', { key: args.key }), context),
  ],
  async run(args, context) {
    const prepared = await prepareSet(args, recipeOf('diff', { key: args.key }), context);
    if (!prepared) return;
    const { options, standing } = prepared;
    await storeDiff(await effectsOf(context, args.memory), options, columnsOf(args.key), standing);
  },
});

function columnsOf(key: string | undefined): readonly string[] | undefined {
  if (key === undefined) return undefined;
  const names = list(key, '--key');
  // The engine makes no difference between small and capital letters.
  const lower = names.map((name) => name.toLowerCase());
  return names.filter((_, index) => lower.indexOf(lower[index] ?? '') === index);
}

function incrementRecipe(args: {
  readonly deletes?: string;
  readonly order?: string;
}): readonly string[] {
  return recipeOf('increment', { deletes: args.deletes, order: args.order });
}

/** `op=D`: the first `=` ends the column's name. */
function deletesOf(
  text: string | undefined,
): { readonly column: string; readonly value: string } | undefined {
  if (text === undefined) return undefined;
  const at = text.indexOf('=');
  if (at > 0) return { column: text.slice(0, at), value: text.slice(at + 1) };
  throw new UsageError(
    `--deletes: '${text}' names no column and value; write for example --deletes=op=D`,
  );
}
