import { dataPaths, valuesOf } from '../lib/dataset/catalog.ts';
import { checkValue, DATA_FILE, prefixOf } from '../lib/dataset/layout.ts';
import { readManifest } from '../lib/dataset/published.ts';
import { daysOf, utcDaysOf } from '../lib/dates/window.ts';
import type { WindowOptions } from '../lib/dates/window.ts';
import { NoDataError } from '../lib/errors.ts';
import { aggregateTable } from '../lib/operations/aggregate-table.ts';
import { aggregateDay } from '../lib/operations/aggregate.ts';
import type { Aggregate } from '../lib/operations/aggregate.ts';
import { aggregates } from '../lib/operations/aggregates.ts';
import { placeOf } from '../lib/store/place.ts';
import { defineTask } from '../lib/task/define.ts';
import type { Task } from '../lib/task/define.ts';
import type {
  Call,
  Output,
  PlanContext,
  RunContext,
  Summary,
  SummaryContext,
} from '../lib/task/task.ts';
import { list, someOf, window } from '../lib/task/values.ts';

const names = ['pageloads', 'clicks', 'conversions'] as const;

const days = '[ (--start-date=<date> --end-date=<date>) | (--days-ago=<n> [--days-ago-end=<n>]) ]';

const sitesOption = `
Options:
  --sites=<list>       Sites, separated by commas; all: every site that has events in the store.`;

const daysOptions = `
  --start-date=<date>  First day, such as 2026-11-12.
  --end-date=<date>    Last day.
  --days-ago=<n>       First day, counted back from today: 7 makes eight days [default: 0].
  --days-ago-end=<n>   Last day, counted back from today [default: 0].`;

export const pageloads = statsTask(
  'pageloads',
  'Count page loads and visitors by hour, per site and day',
);

export const clicks = statsTask('clicks', 'Count clicks and clickers by hour, per site and day');

export const conversions = statsTask(
  'conversions',
  'Count events and carts of each experiment by hour, per site and day',
);

export const multi = defineTask({
  name: 'stats:multi',
  summary: 'Make several aggregates of events, per site and day',
  usage: `--sites=<list> [--aggregates=<list>] ${days}
${sitesOption}
  --aggregates=<list>  Which, separated by commas [default: pageloads,clicks,conversions].${daysOptions}

The results are the datasets stats/pageloads, stats/clicks and stats/conversions. Days are those of the time zone of pipe,
UTC unless --timezone or the project says otherwise. What is up to date is skipped.

For example:
  pipe stats:multi -- --sites=a,b --days-ago=7
  pipe --timezone=Europe/Berlin stats:multi -- --sites=all --start-date=2026-11-01 --end-date=2026-11-18`,
  complete: { aggregates: names },
  *plan({ aggregates: chosen, ...args }) {
    for (const { name } of chosenOf(chosen)) yield { task: `stats:${name}`, args };
  },
  summarize: (args, context) => summarize(chosenOf(args.aggregates), args, context),
});

function chosenOf(text: string): readonly Aggregate[] {
  return someOf(text, names, '--aggregates').map((name) => aggregates[name]);
}

interface SiteDays extends WindowOptions {
  readonly sites: string;
}

function statsTask(kind: (typeof names)[number], summary: string): Task {
  const aggregate = aggregates[kind];
  const name = `stats:${kind}` as const;
  return defineTask({
    name,
    summary,
    usage: `--sites=<list> ${days}\n${sitesOption}${daysOptions}

The result is the dataset stats/${kind}: for each site and day a row for every hour, and one whose hour is NULL for the day.
Days are those of the time zone of pipe, UTC unless --timezone or the project says otherwise.

For example:
  pipe ${name} -- --sites=a,b --days-ago=7
  pipe ${name} -- --sites=all --start-date=2026-11-01 --end-date=2026-11-18`,
    plan: (args, context) => perSiteAndDay(name, args, context),
    outputs: (args, context) => [outputOf(aggregate, args, context)],
    run: (args, context) => aggregateSiteDay(aggregate, args, context),
    summarize: (args, context) => summarize([aggregate], args, context),
  });
}

/** One invocation per site and day; none when the arguments are one site and day already. */
async function* perSiteAndDay(
  task: string,
  args: SiteDays,
  context: PlanContext,
): AsyncGenerator<Call> {
  const { start, end } = window(args, context);
  const sites = await sitesOf(args, context);
  if (start === end && sites.length === 1 && sites[0] === args.sites) return;
  for (const site of sites) {
    for (const day of daysOf(window(args, context))) {
      yield { task, args: { sites: site, 'start-date': day, 'end-date': day } };
    }
  }
}

async function sitesOf({ sites }: SiteDays, { store }: PlanContext): Promise<readonly string[]> {
  const named = list(sites, '--sites');
  if (!named.includes('all')) {
    for (const site of named) checkValue('site', site);
    return named;
  }
  const found = await valuesOf(store, 'events', 'site');
  if (found.length > 0) return found;
  throw new NoDataError(
    `--sites=all: no site has events in the store ${store.uri}; ` +
      'read some with events:ingest, or make some up with events:sample',
  );
}

/** Made of the events of every UTC day that overlaps the local one. */
function outputOf({ name }: Aggregate, args: SiteDays, context: PlanContext): Output {
  const { start: day, timezone } = window(args, context);
  const site = args.sites;
  return {
    partition: { dataset: `stats/${name}`, keys: { site, date: day } },
    inputs: utcDaysOf(day, timezone).map((date) => ({ dataset: 'events', keys: { site, date } })),
  };
}

async function aggregateSiteDay(
  aggregate: Aggregate,
  args: SiteDays,
  context: RunContext,
): Promise<void> {
  const { start: day, timezone } = window(args, context);
  const { partition, inputs } = outputOf(aggregate, args, context);
  const staging = await context.staging();
  const files: string[] = [];
  for (const input of inputs) {
    if (!('dataset' in input)) continue;
    const published = await readManifest(context.store, prefixOf(input));
    if (published) files.push(...(await dataPaths(context.store, published.manifest, staging)));
  }
  const path = staging.path(DATA_FILE);
  const { rows, schema } = await aggregateDay(
    await context.engine(),
    aggregate,
    { files, day, timezone },
    path,
  );
  await context.publish({
    partition,
    files: [{ name: DATA_FILE, path, rows: rows.out }],
    rows,
    schema,
  });
}

async function summarize(
  shown: readonly Aggregate[],
  args: SiteDays,
  context: SummaryContext,
): Promise<Summary> {
  const { start, end, timezone } = window(args, context);
  const sites = await sitesOf(args, context);
  const table = await aggregateTable(shown, sites, [...daysOf({ start, end, timezone })], context);
  const names = shown.map(({ name }) => name);
  const place = `stats/${names.length === 1 ? names.join() : `{${names.join(',')}}`}`;
  return {
    ...table,
    title: `${names.join(', ')} by day in ${timezone}`,
    notes: [
      ...table.notes,
      ...(await unknownSites(sites, context)),
      `Files: ${placeOf(context.store.uri, context.cwd)}/${place}/site=<site>/date=<day>/${DATA_FILE}`,
    ],
  };
}

/** Most often a name that was misspelled. */
async function unknownSites(
  sites: readonly string[],
  { store }: SummaryContext,
): Promise<readonly string[]> {
  const known = await valuesOf(store, 'events', 'site');
  const unknown = sites.filter((site) => !known.includes(site));
  if (unknown.length === 0) return [];
  const shown = known.slice(0, 10).join(', ');
  const rest = known.length > 10 ? ` and ${known.length - 10} more` : '';
  return [`No events of ${unknown.join(', ')}. Sites with events: ${shown || 'none'}${rest}`];
}
