import path from 'node:path';
import { checkValue, DATA_FILE } from '../lib/dataset/layout.ts';
import type { Partition } from '../lib/dataset/layout.ts';
import { addDays, parseDay } from '../lib/dates/day.ts';
import { daysOf } from '../lib/dates/window.ts';
import { dayOf } from '../lib/dates/zone.ts';
import { UsageError } from '../lib/errors.ts';
import { sampleSize } from '../lib/operations/sample.ts';
import type { Sample } from '../lib/operations/sample.ts';
import { replaceFile, writeSample } from '../lib/operations/write-sample.ts';
import type { SampleFormat } from '../lib/operations/write-sample.ts';
import { placeOf } from '../lib/store/place.ts';
import { defineTask } from '../lib/task/define.ts';
import type { PlanContext, RunContext } from '../lib/task/task.ts';
import { integer, list } from '../lib/task/values.ts';

export const eventsSample = defineTask({
  name: 'events:sample',
  summary: 'Make up event logs to try things with: the same arguments, the same bytes',
  usage: `--sites=<list> [--days=<n>] [--end-date=<date>] [--rows=<n>] [--seed=<n>]
  [--format=<jsonl|jsonl.gz|parquet>] [--to=<folder>]

Options:
  --sites=<list>     Sites to make up logs for, separated by commas.
  --days=<n>         How many days [default: 8].
  --end-date=<date>  The last of them, such as 2026-11-19; today when left out.
  --rows=<n>         Lines of one site on an ordinary working day; weekends have fewer [default: 20000].
  --seed=<n>         Another seed, other logs [default: 1].
  --format=<jsonl|jsonl.gz|parquet>  Lines, plain or compressed, or the columns of the dataset events [default: jsonl].
  --to=<folder>      Write files <folder>/<site>/<day>.<format>; the dataset samples of the store when left out.

For example:
  pipe events:sample -- --sites=a,b --days=2
  pipe events:sample -- --sites=a --format=jsonl.gz --to=logs`,

  *plan(args, context) {
    const samples = [...samplesOf(args, context)];
    const [only] = samples;
    if (samples.length === 1 && args['end-date'] && args.sites === only?.site) return;
    for (const { site, day } of samples) {
      yield {
        task: 'events:sample',
        args: { ...args, sites: site, days: '1', 'end-date': day },
      };
    }
  },

  outputs(args, context) {
    if (args.to !== undefined) return [];
    return [...samplesOf(args, context)].map((sample) => ({
      partition: partitionOf(sample),
      inputs: [],
      // The bounds of a day depend on the zone; the site and the day are keys of the partition.
      argv: [args.rows, args.seed, args.format, context.timezone],
    }));
  },

  async run(args, context) {
    for (const sample of samplesOf(args, context)) {
      if (args.to === undefined) await publishSample(sample, args.format, context);
      else await writePlain(sample, args.format, args.to, context);
    }
  },

  async summarize(args, context) {
    const samples = [...samplesOf(args, context)];
    const shown = samples.slice(0, MAX_ROWS);
    const folder = args.to ?? `${placeOf(context.store.uri, context.cwd)}/samples`;
    const [first] = samples;
    const site = args.to === undefined ? `site=${first?.site}` : first?.site;
    return {
      title: `Sample logs in ${folder}`,
      columns: [
        { name: 'site', kind: 'text' },
        { name: 'date', kind: 'text' },
        { name: 'lines', kind: 'bar' },
      ],
      rows: shown.map((sample) => [sample.site, sample.day, sampleSize(sample)]),
      notes: [
        ...(shown.length < samples.length ? [`and ${samples.length - shown.length} more`] : []),
        `Next: pipe events:ingest -- --site=${first?.site} ${folder}/${site}`,
      ],
    };
  },
});

/** Rows of the table that a person still reads. */
const MAX_ROWS = 40;

/** A hundred years; more is a slip of the keyboard. */
const MAX_DAYS = 36_525;

interface SampleArgs {
  readonly sites: string;
  readonly days: string;
  readonly 'end-date'?: string;
  readonly rows: string;
  readonly seed: string;
  readonly to?: string;
}

/** A sample for every site and day, site by site. */
function* samplesOf(args: SampleArgs, { now, timezone }: PlanContext): Generator<Sample> {
  const last = args['end-date'];
  const end = last === undefined ? dayOf(now, timezone) : parseDay(last, '--end-date');
  const days = integer(args.days, { option: '--days', min: 1, max: MAX_DAYS });
  const rows = integer(args.rows, { option: '--rows', min: 1, max: 100_000_000 });
  const seed = integer(args.seed, { option: '--seed' });
  checkFolder(args.to);
  for (const site of list(args.sites, '--sites')) {
    checkValue('site', site);
    for (const day of daysOf({ start: addDays(end, 1 - days), end, timezone })) {
      yield { site, day, timezone, seed, rows };
    }
  }
}

function checkFolder(to: string | undefined): void {
  // A shell expands `~` only at the start of a word, not in `--to=~/logs`.
  if (to === undefined || !/^$|^~|^[a-z][a-z0-9+.-]*:\/\//i.test(to)) return;
  throw new UsageError(
    `--to: '${to}' is not a local folder; write for example --to=logs, or leave it out for the store`,
  );
}

function partitionOf({ site, day }: Sample): Partition {
  return { dataset: 'samples', keys: { site, date: day } };
}

async function publishSample(
  sample: Sample,
  format: SampleFormat,
  context: RunContext,
): Promise<void> {
  const name = format === 'parquet' ? DATA_FILE : `events.${format}`;
  const file = (await context.staging()).path(name);
  const { rows, schema } = await writeSample(await context.engine(), sample, format, file);
  await context.publish({
    partition: partitionOf(sample),
    files: [{ name, path: file, rows }],
    rows: { in: rows, out: rows, rejected: 0, filtered: 0 },
    schema,
  });
}

async function writePlain(
  sample: Sample,
  format: SampleFormat,
  to: string,
  context: RunContext,
): Promise<void> {
  const file = path.resolve(context.cwd, to, sample.site, `${sample.day}.${format}`);
  const engine = await context.engine();
  const isNew = await replaceFile(file, (draft) => writeSample(engine, sample, format, draft));
  if (!isNew) context.log(`${file} holds the same lines already`);
}
