import { createHash } from 'node:crypto';
import { formatManifest, versionOf } from '../../lib/dataset/manifest.ts';
import type { Input, Manifest } from '../../lib/dataset/manifest.ts';
import { sightOf } from '../../lib/dataset/published.ts';
import type { Entry } from '../../lib/store/store.ts';
import { prefixOf } from '../../lib/dataset/layout.ts';
import type { Partition } from '../../lib/dataset/layout.ts';
import { defineTask } from '../../lib/task/define.ts';
import type { Output } from '../../lib/task/task.ts';
import { list } from '../../lib/task/values.ts';
import { daysOf } from '../../lib/dates/window.ts';
import { parseDay } from '../../lib/dates/day.ts';

/** Plans one `day:make` per site and day, which is made from the events of that site and day. */
export const makeAll = defineTask({
  name: 'day:all',
  summary: 'Make the days of several sites',
  usage: '--sites=<list> --from=<date> --to=<date>',
  *plan(args) {
    const [start, end] = [parseDay(args.from, '--from'), parseDay(args.to, '--to')];
    for (const site of list(args.sites)) {
      for (const date of daysOf({ start, end, timezone: 'UTC' })) {
        yield { task: 'day:make', args: { site, date } };
      }
    }
  },
});

export const makeDay = defineTask({
  name: 'day:make',
  summary: 'Make a day of a site',
  usage: '--site=<site> --date=<date>',
  outputs: ({ site, date }) => [outputOf(site, date)],
  run() {
    throw new Error('nothing was to be made');
  },
});

function outputOf(site: string, date: string): Output {
  return {
    partition: { dataset: 'days', keys: { site, date } },
    inputs: [{ dataset: 'events', keys: { site, date } }],
  };
}

/**
 * The objects of a store in which all that `day:make` makes of some sites and days is up to date;
 * etags are MD5, as on S3.
 */
export function* madeDays(
  sites: readonly string[],
  dates: readonly string[],
): Generator<readonly [key: string, bytes: Buffer], void, undefined> {
  for (const site of sites) {
    for (const date of dates) {
      const { partition } = outputOf(site, date);
      const events = { dataset: 'events', keys: { site, date } };
      const version = versionOf(manifestOf(events, []));
      const objects = [...objectsOf(events, [])];
      const [file, manifest] = objects.map(([key, bytes]) => entryOf(key, bytes));
      const prefix = prefixOf(events);
      const files = new Map(file && [['data.parquet', file]]);
      const sight = sightOf({ prefix, files, journals: [], ...(manifest && { manifest }) });
      yield* objects;
      yield* objectsOf(partition, [
        { name: prefix, version, ...(sight !== undefined && { sight }) },
      ]);
    }
  }
}

function entryOf(key: string, bytes: Buffer): Entry {
  const etag = createHash('md5').update(bytes).digest('hex');
  return { key, bytes: bytes.length, etag, modified: new Date(0) };
}

function* objectsOf(
  partition: Partition,
  inputs: readonly Input[],
): Generator<readonly [key: string, bytes: Buffer], void, undefined> {
  const prefix = prefixOf(partition);
  yield [`${prefix}data.parquet`, contentOf(partition)];
  yield [`${prefix}_manifest.json`, Buffer.from(formatManifest(manifestOf(partition, inputs)))];
}

function manifestOf(partition: Partition, inputs: readonly Input[]): Manifest {
  const content = contentOf(partition);
  const { site = '', date = '' } = partition.keys;
  const sha256 = createHash('sha256').update(content).digest('hex');
  return {
    format: 1,
    dataset: partition.dataset,
    partition: partition.keys,
    commit: `${partition.dataset}-${site}-${date}`,
    publishedAt: '2026-11-19T00:00:00.000Z',
    run: '20261119T000000Z-00000000',
    command: 'pipe day:make',
    files: [{ name: 'data.parquet', bytes: content.length, sha256, rows: 0 }],
    rows: { in: 0, out: 0, rejected: 0, filtered: 0 },
    schema: [],
    fingerprint: {
      task: 'day:make',
      argv: [`--site=${site}`, `--date=${date}`],
      settings: {},
      code: 'code',
      engine: 'none 1',
    },
    inputs,
  };
}

function contentOf(partition: Partition): Buffer {
  return Buffer.from(prefixOf(partition));
}
