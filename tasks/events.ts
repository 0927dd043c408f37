import { relative } from 'node:path';
import { checkValue, DATA_FILE, prefixOf } from '../lib/dataset/layout.ts';
import { readManifest } from '../lib/dataset/published.ts';
import type { Draft } from '../lib/dataset/publish.ts';
import { UsageError } from '../lib/errors.ts';
import type { RowCounts } from '../lib/ledger/events.ts';
import { accountRows, daysOfSite } from '../lib/operations/ingest/account-table.ts';
import { accountOf, idOf, totalRows } from '../lib/operations/ingest/accounts.ts';
import { ingest } from '../lib/operations/ingest/ingest.ts';
import type { Incoming, IngestOptions } from '../lib/operations/ingest/ingest.ts';
import { findOrigins, inBatches } from '../lib/operations/ingest/origins.ts';
import type { Origin } from '../lib/operations/ingest/origins.ts';
import { isS3, placeOf } from '../lib/store/place.ts';
import { defineTask } from '../lib/task/define.ts';
import type { Output, PlanContext, RunContext } from '../lib/task/task.ts';
import { limit } from '../lib/task/values.ts';

export { eventsSample } from './events-sample.ts';

export const eventsIngest = defineTask({
  name: 'events:ingest',
  summary: 'Read logs into the dataset events, one partition per site and day',
  usage: `--site=<site> [--format=<auto|clf|jsonl|csv|parquet>] [--ts=<field>] [--event=<field>]
  [--event-name=<name>] [--user=<field>] [--url=<field>] [--max-rejects=<limit>] <uri>...

Options:
  --site=<site>         The site whose events these are.
  --format=<auto|clf|jsonl|csv|parquet>  Of all files; auto looks at the beginning of each [default: auto].
  --ts=<field>          Field with the instant: ISO text, or seconds or milliseconds since 1970. Nested fields by dots.
  --event=<field>       Field with the name of the event.
  --event-name=<name>   Name of events that have none.
  --user=<field>        Field with the user.
  --url=<field>         Field with the page.
  --max-rejects=<limit>  Fail, and publish nothing, when more records cannot be read: a number, or a part such as 0.5%.

<uri> is a file, a folder or a glob, or s3://bucket/key; plain, gzip or zstd. The same file again changes nothing. Records that
cannot be read go to rejects/events with their source, line, reason and text.

For example:
  pipe events:ingest -- --site=blog access.log
  pipe events:ingest -- --site=shop --format=jsonl --ts=meta.at --user=who.id 's3://bucket/logs/*.jsonl.gz'`,

  async outputs(args, context) {
    checkSite(args.site);
    const origins = await findOrigins(args.uri, context);
    const { site, format, ts, event, 'event-name': name, user, url } = args;
    // What decides the rows of a source; other files and limits do not.
    const argv = Object.entries({ format, ts, event, 'event-name': name, user, url }).flatMap(
      ([option, value]) => (value === undefined ? [] : [`--${option}=${value}`]),
    );
    return Promise.all(origins.map((origin) => outputOf(site, origin, argv, context)));
  },

  async run(args, context) {
    const states = new Map(
      context.outputs.map((output) => [prefixOf(output.partition), output] as const),
    );
    const stateOf = ({ id }: Origin) => states.get(prefixOf(accountOf(args.site, id)));
    const origins = await findOrigins(args.uri, context);
    const due = origins.filter((origin) => stateOf(origin)?.state !== 'done');
    const isKnown = (origin: Origin): boolean => stateOf(origin)?.manifest !== undefined;
    const counts: RowCounts[] = [];
    for (const batch of inBatches(due, FETCHED_BYTES)) {
      counts.push(await ingestBatch(context, optionsOf(args), batch, isKnown));
    }
    return { rows: totalRows(counts) };
  },

  async summarize({ site, uri }, context) {
    const origins = await findOrigins(uri, context);
    const rows = await accountRows(context.store, site, origins.slice(0, MAX_ROWS));
    const place = placeOf(context.store.uri, context.cwd);
    const isRejected = rows.some(([, , , rejected]) => (rejected ?? 0) > 0);
    const days = await daysOfSite(context.store, site);
    return {
      title: `Logs of the site ${site}`,
      columns: [
        { name: 'file', kind: 'text' },
        { name: 'records', kind: 'number' },
        { name: 'events', kind: 'number' },
        { name: 'rejected', kind: 'number' },
      ],
      rows: rows.map(([name, ...counts]) => [
        isS3(name) ? name : relative(context.cwd, name),
        ...counts,
      ]),
      notes: [
        ...(origins.length > rows.length ? [`and ${origins.length - rows.length} more files`] : []),
        ...(isRejected
          ? [`Rejects: ${place}/rejects/events/site=${site}/source=*/${DATA_FILE}`]
          : []),
        ...(days
          ? [
              `Next: pipe stats:multi -- --sites=${site} --start-date=${days[0]} --end-date=${days[1]}`,
            ]
          : []),
      ],
    };
  },
});

/** Files shown in the summary. */
const MAX_ROWS = 40;

/** What lies on this machine's disk at once of what comes from S3. */
const FETCHED_BYTES = 4 * 1024 ** 3;

/** Fetches what is not on this machine, and ingests it. */
async function ingestBatch(
  context: RunContext,
  options: IngestOptions,
  origins: readonly Origin[],
  isKnown: (origin: Origin) => boolean,
): Promise<RowCounts> {
  const fetched = await context.store.openStaging('ingest');
  try {
    const sources = await Promise.all(
      origins.map(async (origin): Promise<Incoming> => {
        return { source: await origin.fetch(fetched), isKnown: isKnown(origin) };
      }),
    );
    const effects = {
      engine: await context.engine(),
      staging: await context.staging(),
      store: context.store,
      publish: (draft: Draft) => context.publish(draft),
    };
    return await ingest(effects, options, sources);
  } finally {
    await fetched.close();
  }
}

interface IngestArgs {
  readonly site: string;
  readonly format: IngestOptions['format'];
  readonly ts?: string;
  readonly event?: string;
  readonly 'event-name'?: string;
  readonly user?: string;
  readonly url?: string;
  readonly 'max-rejects'?: string;
}

function optionsOf(args: IngestArgs): IngestOptions {
  const { site, format, ts, event, 'event-name': eventName, user, url } = args;
  const rejects = args['max-rejects'];
  return {
    site,
    format,
    ...(ts !== undefined && { ts }),
    ...(event !== undefined && { event }),
    ...(eventName !== undefined && { eventName }),
    ...(user !== undefined && { user }),
    ...(url !== undefined && { url }),
    ...(rejects !== undefined && { maxRejects: limit(rejects, '--max-rejects') }),
  };
}

function checkSite(site: string): void {
  checkValue('site', site);
  if (site !== 'all') return;
  throw new UsageError(
    `--site: 'all' stands for every site elsewhere; choose another name for this one`,
  );
}

async function outputOf(
  site: string,
  { id, uri, bytes }: Origin,
  argv: readonly string[],
  { store }: Pick<PlanContext, 'store'>,
): Promise<Output> {
  const partition = accountOf(site, id);
  const published = await readManifest(store, prefixOf(partition));
  // Under another name it is still the same source.
  const known = published?.manifest.inputs.find((input) => idOf(input) === id);
  return {
    partition,
    inputs: [{ name: known?.name ?? uri, version: known?.version ?? id, bytes }],
    argv,
    // Files of a site fall into the same days.
    lease: { dataset: 'events', keys: { site } },
  };
}
