import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { join, sql } from '../../lib/engine/sql.ts';
import { clicks, conversions, multi, pageloads } from '../../tasks/stats.ts';
import { Runner } from './runner.ts';
import type { Place } from './runner.ts';

/** Kinds of stores, and what a person calls the one that the runner has. */
const stores: readonly (readonly [Place, string])[] = [
  ['local', 'store'],
  ['s3', 's3://bucket/some/prefix'],
];

let runner: Runner;

describe.each(stores)('on a store that is %s,', (place, stored) => {
  beforeEach(async () => {
    runner = await Runner.open([pageloads, clicks, conversions, multi], place);
  });

  afterEach(() => runner.close());

  describe('a day', () => {
    test('is published with its rows counted', async () => {
      await publishEvents('a', '2026-11-19', [
        '09:00 pageload ann',
        '09:30 pageload bob',
        '10:00 click ann',
      ]);
      const { status, rows } = await runner.run('stats:pageloads -- --sites=a');
      expect(status).toBe('done');
      expect(rows).toEqual({ in: 3, out: 2, rejected: 0, filtered: 1, aggregated: 2 });
      expect(await runner.read(stats('pageloads', 'a', '2026-11-19'))).toEqual([
        { hour: 9, pageloads: 2, visitors: 2 },
        { hour: null, pageloads: 2, visitors: 2 },
      ]);
    });

    test('is made once, and again when its events change', async () => {
      await publishEvents('a', '2026-11-19', ['09:00 pageload ann']);
      const command = 'stats:pageloads -- --sites=a';
      expect((await runner.run(command)).status).toBe('done');
      expect((await runner.run(command)).status).toBe('skipped');
      await publishEvents('a', '2026-11-19', ['09:00 pageload ann', '11:00 pageload ann']);
      expect((await runner.run(command)).status).toBe('done');
      expect(await runner.read(stats('pageloads', 'a', '2026-11-19'))).toHaveLength(3);
    });

    test('without such events is published empty, and is done then', async () => {
      await publishEvents('a', '2026-11-19', ['09:00 click ann']);
      const command = 'stats:pageloads -- --sites=a';
      expect((await runner.run(command)).rows).toMatchObject({ in: 1, out: 0, filtered: 1 });
      expect(await runner.read(stats('pageloads', 'a', '2026-11-19'))).toEqual([]);
      expect((await runner.run(command)).status).toBe('skipped');
    });

    test('whose events are missing is reported and not published', async () => {
      const { leaves, exitCode } = await runner.run('stats:pageloads -- --sites=a');
      expect(leaves).toEqual([
        'no-data: stats:pageloads -- --sites=a --start-date=2026-11-19 --end-date=2026-11-19',
      ]);
      expect(exitCode).toBe(3);
      await expect(runner.read(stats('pageloads', 'a', '2026-11-19'))).rejects.toThrow(
        "Cannot read '",
      );
    });

    test('whose events are damaged is an error, and not made without them', async () => {
      await publishEvents('a', '2026-11-18', ['09:00 pageload ann']);
      await publishEvents('a', '2026-11-19', ['09:00 pageload ann']);
      await runner.store.remove(['events/site=a/date=2026-11-18/data.parquet']);
      const day = '--start-date=2026-11-19 --end-date=2026-11-19';
      const { events } = await runner.run(`stats:pageloads -- --sites=a ${day}`, {
        timezone: 'Europe/Berlin',
      });
      expect(JSON.stringify(events)).toContain(
        "'events/site=a/date=2026-11-18/' is damaged: a file that its _manifest.json names is missing",
      );
      await expect(runner.read(stats('pageloads', 'a', '2026-11-19'))).rejects.toThrow(
        'Cannot read',
      );
    });

    test('in another zone is put together from two days in UTC', async () => {
      await publishEvents('a', '2026-11-18', ['22:30 pageload ann', '23:30 pageload ann']);
      await publishEvents('a', '2026-11-19', ['22:30 pageload bob', '23:30 pageload ann']);
      await runner.run('stats:pageloads -- --sites=a', { timezone: 'Europe/Berlin' });
      expect(await runner.read(stats('pageloads', 'a', '2026-11-19'))).toEqual([
        { hour: 0, pageloads: 1, visitors: 1 },
        { hour: 23, pageloads: 1, visitors: 1 },
        { hour: null, pageloads: 2, visitors: 2 },
      ]);
    });

    test('in another zone is made from what there is', async () => {
      await publishEvents('a', '2026-11-19', ['12:00 pageload bob']);
      const { rows } = await runner.run('stats:pageloads -- --sites=a', {
        timezone: 'Europe/Berlin',
      });
      expect(rows).toMatchObject({ in: 1, aggregated: 1 });
    });
  });

  describe('the plan', () => {
    test('has an invocation per site and day', async () => {
      const { leaves } = await runner.run('stats:clicks -- --sites=b,a --days-ago=1', {
        timezone: 'Asia/Tokyo',
      });
      expect(leaves).toEqual(
        ['b', 'a'].flatMap((site) =>
          ['2026-11-18', '2026-11-19'].map(
            (day) =>
              `no-data: stats:clicks -- --sites=${site} --start-date=${day} --end-date=${day}`,
          ),
        ),
      );
    });

    test('of stats:multi is the three aggregates', async () => {
      await publishEvents('a', '2026-11-19', ['09:00 pageload ann']);
      const { leaves } = await runner.run('stats:multi -- --sites=a');
      const window = '--sites=a --start-date=2026-11-19 --end-date=2026-11-19';
      expect([...leaves].sort()).toEqual([
        `done: stats:clicks -- ${window}`,
        `done: stats:conversions -- ${window}`,
        `done: stats:pageloads -- ${window}`,
      ]);
    });

    test('takes the aggregates asked for', async () => {
      const { leaves } = await runner.run('stats:multi -- --sites=a --aggregates=clicks');
      expect(leaves).toEqual([
        'no-data: stats:clicks -- --sites=a --start-date=2026-11-19 --end-date=2026-11-19',
      ]);
    });

    test('refuses an unknown aggregate and lists the valid ones', async () => {
      await expect(
        runner.run('stats:multi -- --sites=a --aggregates=clicks,pageload'),
      ).rejects.toThrow(
        "--aggregates: 'pageload' is not one of pageloads, clicks, conversions; did you mean pageloads?",
      );
    });

    test('takes every site in the store for all', async () => {
      await publishEvents('x', '2026-11-18', ['09:00 pageload ann']);
      await publishEvents('Ünï-1', '2026-11-19', ['09:00 pageload ann']);
      const { leaves } = await runner.run('stats:pageloads -- --sites=all');
      const window = '--start-date=2026-11-19 --end-date=2026-11-19';
      expect([...leaves].sort()).toEqual([
        `done: stats:pageloads -- --sites=Ünï-1 ${window}`,
        `no-data: stats:pageloads -- --sites=x ${window}`,
      ]);
    });

    test('says so when there is no site', async () => {
      await expect(runner.run('stats:multi -- --sites=all')).rejects.toThrow(
        '--sites=all: no site has events in the store',
      );
    });

    test.each(['../a', 'a/b', '.a', 'a b', "a'", '*', 'a=b', '%2e'])(
      'refuses the site %s',
      async (site) => {
        const command = 'stats:pageloads -- --days-ago=1 --sites';
        await expect(runner.run(`${command}=${site.replaceAll(' ', '\t')}`)).rejects.toThrow(
          "cannot be a value of 'site'",
        );
      },
    );
  });

  describe('the table', () => {
    test('shows the days of one aggregate with its hours', async () => {
      await publishEvents('a', '2026-11-18', ['09:00 pageload ann', '23:00 pageload ann']);
      await publishEvents('b', '2026-11-19', ['09:00 click ann']);
      const { summary } = await runner.run('stats:pageloads -- --sites=a,b --days-ago=1');
      const hours = Array.from({ length: 24 }, (_, hour) => (hour === 9 || hour === 23 ? 1 : 0));
      expect(summary).toEqual({
        title: 'pageloads by day in UTC',
        columns: [
          { name: 'site', kind: 'text' },
          { name: 'date', kind: 'text' },
          { name: 'pageloads', kind: 'bar' },
          { name: 'visitors', kind: 'number' },
          { name: 'hours 0–23', kind: 'spark' },
        ],
        rows: [
          ['a', '2026-11-18', 2, 1, hours],
          ['a', '2026-11-19', null, null, null],
          ['b', '2026-11-18', null, null, null],
          ['b', '2026-11-19', 0, 0, hours.map(() => 0)],
        ],
        notes: [`Files: ${stored}/stats/pageloads/site=<site>/date=<day>/data.parquet`],
      });
    });

    test('shows several aggregates side by side', async () => {
      await publishEvents('a', '2026-11-19', [
        '09:00 pageload ann',
        '23:00 click ann',
        '23:00 click ann',
      ]);
      const { summary } = await runner.run('stats:multi -- --sites=a');
      expect(summary?.columns.map(({ name }) => name)).toEqual([
        'site',
        'date',
        'pageloads',
        'clicks',
        'conversions',
      ]);
      expect(summary?.rows).toEqual([['a', '2026-11-19', 1, 2, 0]]);
      expect(summary?.notes).toEqual([
        `Files: ${stored}/stats/{pageloads,clicks,conversions}/site=<site>/date=<day>/data.parquet`,
      ]);
    });

    test('names the sites there are when one has no events at all', async () => {
      await publishEvents('a', '2026-11-19', ['09:00 pageload ann']);
      const { summary } = await runner.run('stats:clicks -- --sites=a,aa');
      expect(summary?.notes[0]).toBe('No events of aa. Sites with events: a');
    });

    test('shows the latest days when there are many', async () => {
      const { summary } = await runner.run('stats:clicks -- --sites=a,b,c --days-ago=99');
      expect(summary?.rows).toHaveLength(39);
      expect(summary?.rows.at(-1)?.slice(0, 2)).toEqual(['c', '2026-11-19']);
      expect(summary?.notes[0]).toBe('Shown are 13 of 100 days; the files hold all of them.');
    });
  });
});

function stats(name: string, site: string, date: string) {
  return { dataset: `stats/${name}`, keys: { site, date } };
}

/** Events written as `09:30 pageload ann`. */
async function publishEvents(site: string, date: string, events: readonly string[]): Promise<void> {
  const rows = events.map((text) => {
    const [time = '', event = '', user = ''] = text.split(' ');
    return sql`(${`${date}T${time}:00Z`}::timestamptz, ${event}, ${user}, '{}')`;
  });
  await runner.publish(
    { dataset: 'events', keys: { site, date } },
    sql`select * from (values ${join(rows, ', ')}) as events(ts, event, "user", properties)`,
  );
}
