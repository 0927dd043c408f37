import { addDays, parseDay } from '../lib/dates/day.ts';
import type { Day } from '../lib/dates/day.ts';
import { setsOf } from '../lib/dataset/snapshot.ts';
import { NoDataError, UsageError, UserError } from '../lib/errors.ts';
import { quote } from '../lib/docopt/quote.ts';
import { findSource } from '../lib/operations/merge/source.ts';
import { defineTask } from '../lib/task/define.ts';
import type { CallArgs, Outcome, RunContext } from '../lib/task/task.ts';
import { oneOf } from '../lib/task/values.ts';
import { daysToDerive } from './snapshot-derive.ts';
import { dayIn } from './snapshot-options.ts';

/** What stands for the day in `--from`. */
const DATE = '{date}';

export const snapshotDaily = defineTask({
  name: 'snapshot:daily',
  summary: 'For cron: store the days that are missing, derive, merge when due, expire',
  usage: `--dataset=<name> --from=<uri> [--as=<diff|increment|full>] [--key=<columns>] [--date=<day>]
  [--deletes=<column=value>] [--order=<column>] [--skip-missing] [--allow-shrink] [--accept-schema]
  [(--to=<derived> --with=<module>)] [--concurrency=<n>] [--max-rejects=<n>]
  [--when=<auto|always|never>] [--reads-per-day=<n>] [--keep-days=<n>] [--keep-full=<n>] [--grace-hours=<n>]
  [--bucket-rows=<n>] [--memory=<size>]

Options:
  --dataset=<name>     Where the sets of all days go.
  --from=<uri>         File, folder or glob, or s3://bucket/object; {date} stands for the day: dumps/users-{date}.csv.
  --as=<diff|increment|full>  What the files are: diff and full: the whole state; increment: changes [default: diff].
  --key=<columns>      Columns that tell one record from another, separated by commas; default: those of the dataset.
  --date=<day>         Last day to store; default: today.
  --deletes=<column=value>  Of an increment: records with this value say that their key is gone.
  --order=<column>     Of an increment: of several records of a key the one with the greatest value counts.
  --skip-missing       Leave out days without a file; default: stop at the first.
  --allow-shrink       Take a state of no records, or of less than half as many as the last one.
  --accept-schema      Take columns whose types do not fit those of the dataset.
  --to=<derived>       Where derived sets go, as in snapshot:derive.
  --with=<module>      What computes them: attributes.sql, attributes.ts or a task.
  --concurrency=<n>    Calls of a function under way at once [default: 16].
  --max-rejects=<n>    Publish no derived set when more records fail; default: any number, but not all.
  --when=<auto|always|never>  When to merge [default: auto].
  --reads-per-day=<n>  How often the state is read [default: 1].
  --keep-days=<n>      Days back from today that stay readable [default: 30].
  --keep-full=<n>      Full sets that stay at least [default: 1].
  --grace-hours=<n>    How old the full set must be that makes others obsolete [default: 24].
  --bucket-rows=<n>    Records of a file; default: as many as make 16 MiB.
  --memory=<size>      At most, such as 800MB; default: what there is.

For example:
  pipe snapshot:daily -- --dataset=users --key=id --from=dumps/users-{date}.csv
  pipe snapshot:daily -- --dataset=users --from=s3://bucket/changes-{date}.jsonl.gz --as=increment --deletes=op=D`,
  complete: { dataset: 'dataset', from: 'file' },

  async run(args, context) {
    const as = oneOf(args.as, ['diff', 'increment', 'full'], '--as');
    demandIncrement(as, args);
    const when = oneOf(args.when, ['auto', 'always', 'never'], '--when');
    const { dataset, memory, 'bucket-rows': bucketRows } = args;
    const common = { dataset, memory, 'bucket-rows': bucketRows };
    for (const day of await daysDue({ ...args, as }, context)) {
      const call = {
        ...common,
        from: args.from.replaceAll(DATE, day),
        date: day,
        'accept-schema': args['accept-schema'],
        ...(as === 'increment'
          ? { deletes: args.deletes, order: args.order }
          : { key: args.key, 'allow-shrink': args['allow-shrink'] }),
      };
      if (args['skip-missing'] && (await isMissing(call.from, context))) {
        context.log(`${day} is left out: there is no ${call.from}`);
        continue;
      }
      const outcome = await context.invoke(`snapshot:${as}`, call);
      demand(outcome, `${day} could not be stored; later days wait for it`);
    }
    if ((await setsOf(context.store, dataset)).length === 0) return;
    const { to, with: computing, concurrency, 'max-rejects': maxRejects } = args;
    for (const date of to === undefined ? [] : await daysToDerive(context.store, dataset, to)) {
      const derive: CallArgs = {
        ...common,
        to,
        with: computing,
        date,
        concurrency,
        'max-rejects': maxRejects,
        'accept-schema': args['accept-schema'],
        'allow-shrink': args['allow-shrink'],
      };
      const outcome = await context.invoke('snapshot:derive', derive);
      demand(outcome, `${to} could not be derived of ${date}; later days wait for it`);
    }
    if (when !== 'never') {
      const merge: CallArgs = { ...common, when, 'reads-per-day': args['reads-per-day'] };
      demand(await context.invoke('snapshot:merge', merge), 'the sets could not be merged');
    }
    const { 'keep-days': days, 'keep-full': full, 'grace-hours': grace } = args;
    for (const each of to === undefined ? [dataset] : [dataset, to]) {
      const kept = { 'keep-days': days, 'keep-full': full, 'grace-hours': grace };
      const outcome = await context.invoke('snapshot:expire', { dataset: each, memory, ...kept });
      demand(outcome, 'old sets could not be deleted');
    }
  },
});

/** Throws UsageError for options that would count for nothing: records that say that their key is gone would be taken for others. */
function demandIncrement(
  as: string,
  { deletes, order }: { readonly deletes?: string; readonly order?: string },
): void {
  if (as === 'increment') return;
  for (const [option, value] of Object.entries({ '--deletes': deletes, '--order': order })) {
    if (value === undefined) continue;
    throw new UsageError(
      `${option}: '${value}' is for increments, but the files are taken for whole states; add --as=increment, or leave ${option} out`,
    );
  }
}

interface DueArgs {
  readonly dataset: string;
  readonly from: string;
  readonly date?: string;
  readonly as: 'diff' | 'increment' | 'full';
}

/** The days after the last set, in order; or the one day that is asked for, whose task knows whether it can be stored. */
async function daysDue(args: DueArgs, context: RunContext): Promise<readonly Day[]> {
  const { dataset, from, as } = args;
  const until = parseDay(dayIn(args.date, context), '--date');
  const last = (await setsOf(context.store, dataset)).at(-1)?.day;
  if (last === undefined || until <= last) return [until];
  const days: Day[] = [];
  for (let day = addDays(parseDay(last, 'date'), 1); day <= until; day = addDays(day, 1)) {
    days.push(day);
  }
  if (from.includes(DATE)) return days;
  const [first = until] = days;
  // What a dump lacks of the days between is in it; the changes of these days are not in an increment.
  if (as !== 'increment' || first === until) return [until];
  throw new UserError(
    `${dataset}: the last set is of ${last}, so the increment of ${until} comes too early. First run ` +
      `pipe snapshot:increment -- ${quote([`--dataset=${dataset}`, `--date=${first}`])} --from=<its file>, ` +
      `or write ${DATE} for the day in --from, such as --from=changes/${DATE}.csv.`,
  );
}

async function isMissing(from: string, context: RunContext): Promise<boolean> {
  try {
    await findSource(from, context);
    return false;
  } catch (error) {
    if (error instanceof NoDataError) return true;
    throw error;
  }
}

function demand({ status, error }: Outcome, problem: string): void {
  if (status === 'done' || status === 'skipped') return;
  if (status === 'no-data' || error instanceof NoDataError) {
    throw new NoDataError(problem, { cause: error });
  }
  throw new UserError(problem, { cause: error });
}
