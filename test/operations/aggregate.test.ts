import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { boundsOf } from '../../lib/dates/zone.ts';
import { parseDay } from '../../lib/dates/day.ts';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Engine, Row } from '../../lib/engine/engine.ts';
import { parquet } from '../../lib/engine/parquet.ts';
import { join, sql } from '../../lib/engine/sql.ts';
import { aggregateDay } from '../../lib/operations/aggregate.ts';
import type { Aggregate, Aggregated } from '../../lib/operations/aggregate.ts';
import { aggregates } from '../../lib/operations/aggregates.ts';

interface Event {
  readonly ts: string;
  readonly event?: string;
  readonly user?: string | null;
  readonly properties?: string | null;
}

const { pageloads, clicks, conversions } = aggregates;

let engine: Engine;
let parent: string;
let folder: string;
let files = 0;

beforeAll(async () => {
  engine = await openDuckDB({ threads: 2 });
  parent = await mkdtemp(path.join(tmpdir(), 'pipe-'));
  // Names that an engine could take for a column and for patterns.
  folder = path.join(parent, 'user=eve', '[x]*?');
  await mkdir(folder, { recursive: true });
  await mkdir(path.join(parent, 'user=eve', 'xyz'));
});

afterAll(async () => {
  await engine.close();
  await rm(parent, { recursive: true });
});

describe('people', () => {
  test('counts events and different users, by hour and for the day, the day last', async () => {
    const { result, rows } = await aggregate(pageloads, '2026-11-19', 'UTC', [
      { ts: '2026-11-19T00:00:00.000000Z', user: 'ann' },
      { ts: '2026-11-19T00:59:59.999999Z', user: 'ann' },
      { ts: '2026-11-19T00:30:00Z', user: 'bob' },
      { ts: '2026-11-19T23:59:59.999999Z', user: 'ann' },
      { ts: '2026-11-19T12:00:00Z', user: 'ann', event: 'click' },
      { ts: '2026-11-18T23:59:59.999999Z', user: 'too early' },
      { ts: '2026-11-20T00:00:00Z', user: 'too late' },
    ]);
    expect(result).toEqual([
      { hour: 0, pageloads: 3, visitors: 2 },
      { hour: 23, pageloads: 1, visitors: 1 },
      { hour: null, pageloads: 4, visitors: 2 },
    ]);
    expect(rows).toEqual({ in: 5, out: 3, rejected: 0, filtered: 1, aggregated: 4 });
  });

  test('counts an event without a user as an event alone', async () => {
    const { result } = await aggregate(clicks, '2026-11-19', 'UTC', [
      { ts: '2026-11-19T07:00:00Z', user: null, event: 'click' },
      { ts: '2026-11-19T07:01:00Z', user: '', event: 'click' },
      { ts: '2026-11-19T08:00:00Z', user: null, event: 'click' },
    ]);
    expect(result).toEqual([
      { hour: 7, clicks: 2, clickers: 1 },
      { hour: 8, clicks: 1, clickers: 0 },
      { hour: null, clicks: 3, clickers: 1 },
    ]);
  });

  test('has no rows for a day without such events', async () => {
    const { result, rows, schema } = await aggregate(pageloads, '2026-11-19', 'UTC', [
      { ts: '2026-11-19T07:00:00Z', event: 'click' },
    ]);
    expect(result).toEqual([]);
    expect(rows).toEqual({ in: 1, out: 0, rejected: 0, filtered: 1, aggregated: 0 });
    expect(schema).toEqual([
      { name: 'hour', type: 'INTEGER' },
      { name: 'pageloads', type: 'BIGINT' },
      { name: 'visitors', type: 'BIGINT' },
    ]);
  });

  test('has no rows for a day of which nothing was read', async () => {
    const { result, rows } = await aggregate(pageloads, '2026-11-19', 'UTC', []);
    expect(result).toEqual([]);
    expect(rows).toEqual({ in: 0, out: 0, rejected: 0, filtered: 0, aggregated: 0 });
  });

  test('reads a day that lies in several files', async () => {
    const { result } = await aggregate(
      pageloads,
      '2026-11-19',
      'America/New_York',
      [{ ts: '2026-11-19T05:00:00Z' }, { ts: '2026-11-19T04:59:59Z' }],
      [{ ts: '2026-11-20T04:59:59Z' }, { ts: '2026-11-20T05:00:00Z' }],
    );
    expect(result).toEqual([
      { hour: 0, pageloads: 1, visitors: 0 },
      { hour: 23, pageloads: 1, visitors: 0 },
      { hour: null, pageloads: 2, visitors: 0 },
    ]);
  });
});

/** Events every half hour; so many are expected in each hour that has not two. */
describe('local hours', () => {
  test.each([
    ['UTC', '2026-11-19', '2026-11-19T00:00Z', 24, {}],
    ['Asia/Kolkata', '2026-10-25', '2026-10-24T18:30Z', 24, {}],
    ['Europe/Berlin, clocks go from 2:00 to 3:00', '2026-03-29', '2026-03-28T23:00Z', 23, { 2: 0 }],
    ['Europe/Berlin, clocks go from 3:00 to 2:00', '2026-10-25', '2026-10-24T22:00Z', 25, { 2: 4 }],
    ['Australia/Lord_Howe, from 2:00 to 2:30', '2026-10-04', '2026-10-03T13:30Z', 23.5, { 2: 1 }],
    ['America/Havana, from 1:00 to 0:00', '2026-11-01', '2026-11-01T04:00Z', 25, { 0: 4 }],
    ['America/Sao_Paulo, from 0:00 to 23:00', '2019-02-16', '2019-02-16T02:00Z', 25, { 23: 4 }],
    [
      'America/St_Johns, from 0:01 to 23:01',
      '2006-10-29',
      '2006-10-29T02:30Z',
      25,
      { 0: 3, 23: 3 },
    ],
    ['America/Sao_Paulo, from 0:00 to 1:00', '2018-11-04', '2018-11-04T03:00Z', 23, { 0: 0 }],
  ] as const)('%s', async (name, day, first, hours, exceptions) => {
    const [timezone = ''] = name.split(',');
    const start = Date.parse(first);
    const events = range(-1, hours * 2 + 1).map((half) => start + half * 1_800_000);
    const { result, rows } = await aggregate(
      pageloads,
      day,
      timezone,
      events.map((at) => ({ ts: new Date(at).toISOString() })),
    );
    const expected = Object.entries({
      ...Object.fromEntries(range(0, 24).map((h) => [h, 2])),
      ...exceptions,
    });
    expect(rows.in).toBe(hours * 2);
    expect(result).toEqual([
      ...expected
        .filter(([, n]) => n > 0)
        .map(([h, n]) => ({ hour: Number(h), pageloads: n, visitors: 0 })),
      { hour: null, pageloads: hours * 2, visitors: 0 },
    ]);
  });
});

describe('conversions', () => {
  test('counts events and carts of each experiment and variant, sorted by hour', async () => {
    const inCart = (ts: string, properties: object): Event => ({
      ts,
      event: 'Added to Cart',
      properties: JSON.stringify(properties),
    });
    const { result, rows, schema } = await aggregate(conversions, '2026-11-19', 'UTC', [
      inCart('2026-11-19T09:00:00Z', { experiment_id: 'b', variant: 'A', cart_id: 'c1' }),
      inCart('2026-11-19T09:10:00Z', { experiment_id: 'a', variant: 'B', cart_id: 'c1' }),
      inCart('2026-11-19T09:20:00Z', { experiment_id: 'a', variant: 'B', cart_id: 'c1' }),
      inCart('2026-11-19T08:00:00Z', { experiment_id: 'a', variant: 'B', cart_id: 7 }),
      inCart('2026-11-19T08:00:00Z', { experiment_id: 'a', cart_id: null }),
      inCart('2026-11-19T08:00:00Z', { cart_id: 'c1' }),
      inCart('2026-11-19T08:00:00Z', { experiment_id: null, variant: 'A' }),
      inCart('2026-11-19T08:00:00Z', { experiment_id: '' }),
      { ts: '2026-11-19T08:00:00Z', event: 'Added to Cart', properties: null },
      { ts: '2026-11-19T08:00:00Z', properties: '{"experiment_id": "a"}' },
    ]);
    const row = (
      hour: number | null,
      experiment_id: string,
      variant: string | null,
      events: number,
      carts: number,
    ) => ({ hour, experiment_id, variant, events, carts });
    expect(result).toEqual([
      row(8, 'a', 'B', 1, 1),
      row(8, 'a', null, 1, 0),
      row(9, 'a', 'B', 2, 1),
      row(9, 'b', 'A', 1, 1),
      row(null, 'a', 'B', 3, 2),
      row(null, 'a', null, 1, 0),
      row(null, 'b', 'A', 1, 1),
    ]);
    expect(rows).toEqual({ in: 10, out: 7, rejected: 0, filtered: 5, aggregated: 5 });
    expect(schema.map(({ type }) => type)).toEqual([
      'INTEGER',
      'VARCHAR',
      'VARCHAR',
      'BIGINT',
      'BIGINT',
    ]);
  });
});

describe('on random events', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/Sao_Paulo',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
  ];
  const days = [
    '2019-02-17',
    '2018-11-04',
    '2026-03-29',
    '2026-10-25',
    '2026-10-04',
    '2026-11-19',
    '2019-02-16',
  ];
  const texts = fc.constantFrom('x', 'y', "o'hara", '"', '');
  const events = fc.array(
    fc.record({
      offset: fc.integer({ min: -3 * 3_600_000, max: 28 * 3_600_000 }),
      event: fc.constantFrom('pageload', 'click', 'Added to Cart', 'pageload '),
      user: fc.option(texts),
      properties: fc.option(
        fc
          .record(
            { experiment_id: fc.option(texts), variant: texts, cart_id: texts },
            { requiredKeys: [] },
          )
          .map((value) => JSON.stringify(value)),
      ),
    }),
    { maxLength: 60 },
  );

  test.each([pageloads, clicks, conversions])(
    '$name agrees with counting in JavaScript',
    async (measure) => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...zones),
          fc.constantFrom(...days),
          events,
          async (zone, text, drawn) => {
            const day = parseDay(text, 'day');
            const { start } = boundsOf(day, zone);
            const made = drawn.map(({ offset, ...rest }) => ({
              ...rest,
              ts: new Date(start + offset).toISOString(),
            }));
            const { result, rows } = await aggregate(measure, text, zone, made);
            const expected = countNaively(measure, day, zone, made);
            expect(new Set(result.map((row) => JSON.stringify(row)))).toEqual(new Set(expected));
            expect(rows.in).toBe((rows.aggregated ?? 0) + rows.filtered);
          },
        ),
        { numRuns: 60 },
      );
    },
  );
});

async function aggregate(
  measure: Aggregate,
  day: string,
  timezone: string,
  ...parts: readonly (readonly Event[])[]
): Promise<Aggregated & { readonly result: readonly Row[] }> {
  const paths: string[] = [];
  for (const part of parts) {
    const file = path.join(folder, `it's-${++files}.parquet`);
    await engine.write(eventsTable(part), file);
    paths.push(file);
  }
  const file = path.join(folder, `${++files}.parquet`);
  const input = { files: paths, day: parseDay(day, 'day'), timezone };
  const done = await aggregateDay(engine, measure, input, file);
  return { ...done, result: await engine.rows(sql`select * from ${parquet([file])}`) };
}

function eventsTable(events: readonly Event[]) {
  const rows = events.map(
    ({ ts, event = 'pageload', user = null, properties = null }) =>
      sql`(${ts}::timestamptz, ${event}, ${user}::varchar, ${properties}::varchar)`,
  );
  const none = sql`(null::timestamptz, null::varchar, null::varchar, null::varchar)`;
  return sql`select * from (values ${join([...rows, none], ', ')})
    as events(ts, event, "user", properties) where ts is not null`;
}

/** The same in JavaScript: rows as JSON, in no order. */
function countNaively(
  measure: Aggregate,
  day: string,
  timezone: string,
  events: readonly Event[],
): string[] {
  const { start, end } = boundsOf(parseDay(day, 'day'), timezone);
  const clock = new Intl.DateTimeFormat('en-GB', {
    hour: 'numeric',
    hourCycle: 'h23',
    timeZone: timezone,
  });
  const groups = new Map<string, { counted: number; things: Set<unknown> }>();
  for (const { ts, event, user, properties } of events) {
    const at = Date.parse(ts);
    if (at < start || at >= end || event !== measure.event) continue;
    const { experiment_id = null, variant = null, cart_id = null } = JSON.parse(properties ?? '{}');
    const isConversion = measure.name === 'conversions';
    if (isConversion && !experiment_id) continue;
    for (const hour of [Number(clock.format(at)), null]) {
      const key = JSON.stringify({ hour, ...(isConversion && { experiment_id, variant }) });
      const group = groups.get(key) ?? { counted: 0, things: new Set() };
      groups.set(key, group);
      group.counted++;
      const thing = isConversion ? cart_id : (user ?? null);
      if (thing !== null) group.things.add(thing);
    }
  }
  return [...groups].map(([key, { counted, things }]) =>
    JSON.stringify({
      ...JSON.parse(key),
      [measure.counts]: counted,
      [measure.distinct]: things.size,
    }),
  );
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
