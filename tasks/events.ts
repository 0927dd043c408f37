import { relative } from 'node:path';
import { checkValue, DATA_FILE, prefixOf } from '../lib/dataset/layout.ts';
import { readManifest } from '../lib/dataset/published.ts';
import type { Draft } from '../lib/dataset/publish.ts';
import { UsageError } from '../lib/errors.ts';
import { accountRows, daysOfSite } from '../lib/operations/ingest/account-table.ts';
import { findFiles } from '../lib/operations/ingest/files.ts';
import { accountOf, inputOf } from '../lib/operations/ingest/accounts.ts';
import { ingest } from '../lib/operations/ingest/ingest.ts';
import type { IngestOptions } from '../lib/operations/ingest/ingest.ts';
import { sourceKey, sourceOf } from '../lib/operations/ingest/source.ts';
import type { Source } from '../lib/operations/ingest/source.ts';
import { placeOf } from '../lib/store/place.ts';
import { defineTask } from '../lib/task/define.ts';
import type { Output, PlanContext } from '../lib/task/task.ts';
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
  --max-rejects=<limit>  Fail, and publish nothing, when more records cannot be read: a number, or a part such as 0.5%.`,

  async outputs(args, context) {
    checkSite(args.site);
    const sources = await sourcesOf(args.uri, context);
    const { site, format, ts, event, 'event-name': name, user, url } = args;
    // What decides the rows of a source; other files and limits do not.
    const argv = Object.entries({ format, ts, event, 'event-name': name, user, url }).flatMap(
      ([option, value]) => (value === undefined ? [] : [`--${option}=${value}`]),
    );
    return Promise.all(sources.map((source) => outputOf(site, source, argv, context)));
  },

  async run(args, context) {
    const sources = await sourcesOf(args.uri, context);
    const states = new Map(
      context.outputs.map((output) => [output.partition.keys['source'], output]),
    );
    const due = sources.flatMap((source) => {
      const output = states.get(sourceKey(source.sha256));
      if (output?.state === 'done') return [];
      return [{ source, isKnown: output?.manifest !== undefined }];
    });
    const effects = {
      engine: await context.engine(),
      staging: await context.staging(),
      store: context.store,
      publish: (draft: Draft) => context.publish(draft),
    };
    return { rows: await ingest(effects, optionsOf(args), due) };
  },

  async summarize({ site, uri }, context) {
    const sources = await sourcesOf(uri, context);
    const rows = await accountRows(context.store, site, sources.slice(0, MAX_ROWS));
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
      rows: rows.map(([path, ...counts]) => [relative(context.cwd, path), ...counts]),
      notes: [
        ...(sources.length > rows.length ? [`and ${sources.length - rows.length} more files`] : []),
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

/** The files the arguments name, each content once. */
async function sourcesOf(
  uris: readonly string[],
  { cwd }: Pick<PlanContext, 'cwd'>,
): Promise<Source[]> {
  const sources = new Map<string, Source>();
  for (const path of await findFiles(uris, cwd)) {
    const source = await sourceOf(path);
    if (!sources.has(source.sha256)) sources.set(source.sha256, source);
  }
  return [...sources.values()];
}

async function outputOf(
  site: string,
  source: Source,
  argv: readonly string[],
  { store }: Pick<PlanContext, 'store'>,
): Promise<Output> {
  const partition = accountOf(site, source);
  const published = await readManifest(store, prefixOf(partition));
  const known = published?.manifest.inputs.find(({ version }) => version === source.sha256);
  // Under another name it is still the same source.
  return {
    partition,
    inputs: [{ ...inputOf(source), ...(known && { name: known.name }) }],
    argv,
    // Files of a site fall into the same days.
    lease: { dataset: 'events', keys: { site } },
  };
}
