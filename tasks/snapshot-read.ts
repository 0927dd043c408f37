import { readFile } from 'node:fs/promises';
import { parseDay } from '../lib/dates/day.ts';
import { queryError } from '../lib/engine/query-error.ts';
import { UserError } from '../lib/errors.ts';
import { compressionNamed, formatNamed } from '../lib/formats/file-name.ts';
import type { NamedFormat } from '../lib/formats/file-name.ts';
import { conditionOf } from '../lib/operations/merge/condition.ts';
import { withChain, writeState } from '../lib/operations/merge/read.ts';
import { writeTo } from '../lib/operations/relation/output.ts';
import { countText } from '../lib/operations/pack/wording.ts';
import { defineTask } from '../lib/task/define.ts';
import { effectsOf } from './snapshot-options.ts';
import { oneOf } from '../lib/task/values.ts';

export const snapshotRead = defineTask({
  name: 'snapshot:read',
  summary: 'Read the state as of a day, whether it is stored whole or in increments',
  usage: `--dataset=<name> [--as-of=<day>] [--where=<sql>] [--to=<uri>] [--format=<csv|jsonl|parquet>] [--memory=<size>]

Options:
  --dataset=<name>  Whose sets snapshot:full and snapshot:increment made.
  --as-of=<day>     Default: the last one.
  --where=<sql>     Only records for which this holds, such as "country = 'SE' and age > 30".
  --to=<uri>        File, or s3://bucket/object, compressed where it ends in .gz or .zst; default: the records are printed.
  --format=<csv|jsonl|parquet>  Default: by the ending of --to, else CSV.
  --memory=<size>   At most, such as 800MB; default: what there is.

For example:
  pipe snapshot:read -- --dataset=users --as-of=2026-11-18 --where="town = 'Bern'"
  pipe snapshot:read -- --dataset=users --to=users.parquet`,
  complete: { dataset: 'dataset', to: 'file' },
  async run({ dataset, where, to, ...args }, context) {
    const asOf = args['as-of'] === undefined ? undefined : parseDay(args['as-of'], '--as-of');
    const effects = await effectsOf(context, args.memory);
    const condition = where === undefined ? undefined : await conditionOf(effects.engine, where);
    const format = formatOf(args.format, to);
    const write = (path: string): Promise<number> =>
      withChain(context.store, dataset, asOf, async (chain) => {
        if (asOf !== undefined && chain.tip.day !== asOf) {
          context.log(`there is no set of ${asOf}; the state is that of ${chain.tip.day}`);
        }
        try {
          return await writeState(effects, chain, { path, format }, condition);
        } catch (error) {
          throw where === undefined ? error : queryError(`--where: '${where}'`, where, error);
        }
      });
    if (to !== undefined) {
      const rows = await writeTo(to, context, write);
      context.log(`${to}: ${countText(rows)} records`);
      return { rows: { in: rows, out: rows, rejected: 0, filtered: 0 } };
    }
    const path = effects.staging.path(`read.${format.format}`);
    const rows = await write(path);
    if (rows > MAX_PRINTED) {
      throw new UserError(
        `${countText(rows)} records are too many to print; write them to a file with --to=<uri>, or choose some with --where=<sql>`,
      );
    }
    return {
      rows: { in: rows, out: rows, rejected: 0, filtered: 0 },
      output: await readFile(path),
    };
  },
});

/** What is printed is held in memory. */
const MAX_PRINTED = 1_000_000;

function formatOf(format: string | undefined, to: string | undefined): NamedFormat {
  const named = to === undefined ? undefined : formatNamed(to);
  const compression = compressionNamed(to ?? '');
  if (format === undefined) return named ?? { format: 'csv', compression };
  return { format: oneOf(format, ['csv', 'jsonl', 'parquet'], '--format'), compression };
}
