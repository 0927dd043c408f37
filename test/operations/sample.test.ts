import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Engine, Row } from '../../lib/engine/engine.ts';
import { sql } from '../../lib/engine/sql.ts';
import { sampleEvents, sampleLines, sampleSize } from '../../lib/operations/sample.ts';
import type { Sample } from '../../lib/operations/sample.ts';
import { writeSample } from '../../lib/operations/write-sample.ts';

const thursday: Sample = { site: 'a', day: '2026-11-19', timezone: 'UTC', seed: 1, rows: 100_000 };

let engine: Engine;
let folder: string;

beforeAll(async () => {
  engine = await openDuckDB({ threads: 2 });
  folder = await mkdtemp(path.join(tmpdir(), 'pipe-'));
});

afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

describe('a sample', () => {
  test('does not depend on the number of threads', async () => {
    const single = await openDuckDB({ threads: 1 });
    await writeSample(engine, thursday, 'jsonl', path.join(folder, 'two.jsonl'));
    await writeSample(single, thursday, 'jsonl', path.join(folder, 'one.jsonl'));
    await single.close();
    const [one, two] = await Promise.all(
      ['one', 'two'].map((name) => readFile(path.join(folder, `${name}.jsonl`))),
    );
    expect(one?.equals(two ?? Buffer.of())).toBe(true);
  });

  test('has other events for another seed, site or day, and fewer lines on a Sunday', async () => {
    const variants: Sample[] = [
      thursday,
      { ...thursday, seed: 2 },
      { ...thursday, site: 'b' },
      { ...thursday, day: '2026-11-18' },
    ];
    const sums = await Promise.all(
      variants.map((sample) =>
        only(sql`select sum(hash(line))::varchar as sum from (${sampleLines(sample)})`),
      ),
    );
    expect(new Set(sums.map(({ sum }) => JSON.stringify(sum))).size).toBe(4);
    expect(sampleSize({ ...thursday, day: '2026-11-15' })).toBeLessThan(65_000);
    expect(sampleSize(thursday)).toBeGreaterThan(89_000);
  });

  test('stays within the day and in order of time, on a day of 23 hours too', async () => {
    const sample: Sample = { ...thursday, day: '2026-03-29', timezone: 'Europe/Berlin' };
    const row = await only(sql`
      select count(*)::integer as rows, min(ts) >= '2026-03-28T23:00:00Z' and max(ts) < '2026-03-29T22:00:00Z' as within,
        bool_and(coalesce(ts >= before, true)) as in_order
      from (select ts, lag(ts) over () as before from (${sampleEvents(sample)}))`);
    expect(row).toMatchObject({ rows: sampleSize(sample), in_order: true, within: true });
  });

  test('has a daily rhythm, popular pages, returning users, and carts in experiments', async () => {
    const row = await only(sql`
      with events as (${sampleEvents(thursday)}), hours as (select count(*) as n from events group by hour(ts)),
      pages as (select count(*) as n from events group by url), users as (select count(*) as n from events group by "user"),
      carts as (select properties->>'$.experiment_id' as experiment, properties->>'$.variant' as variant
        from events where event = 'Added to Cart')
      select (select max(n) / min(n) from hours) as rhythm,
        (select count(*) from hours) as hours,
        (select max(n) / median(n) from pages) as popularity,
        (select avg(n) from users) as events_per_user,
        (select count(distinct event) from events) as kinds,
        (select count(distinct (experiment, variant)) from carts where experiment is not null) as groups,
        (select avg((experiment is null)::integer) from carts) as unassigned`);
    expect(row).toMatchObject({ hours: 24, kinds: 3, groups: 4 });
    expect(row['rhythm']).toBeGreaterThan(3);
    expect(row['popularity']).toBeGreaterThan(20);
    expect(row['events_per_user']).toBeGreaterThan(4);
    expect(row['unassigned']).toBeGreaterThan(0.05);
    expect(row['unassigned']).toBeLessThan(0.3);
  });

  test('has the same events as lines and as columns, but for a few broken lines of each kind', async () => {
    const row = await only(sql`
      with lines as (select line, try_cast(line as json) as json from (${sampleLines(thursday)})),
      good as (
        select try_cast(json->>'$.timestamp' as timestamptz) as ts, json->>'$.event' as event,
          coalesce(json->>'$.userId', json->>'$.anonymousId') as "user",
          json->>'$.context.sessionId' as session, json->>'$.context.page.path' as url,
          json->>'$.context.page.referrer' as referrer, json->>'$.properties' as properties
        from lines
      )
      select (select count(*) from lines where json is null and line like '{%') as truncated,
        (select count(*) from lines where json is null and line not like '{%') as foreign_lines,
        (select count(*) from lines where json is not null and (json->>'$.timestamp') is null) as timeless,
        (select count(*) from good where ts is null) as broken,
        (select count(*) from (select * from good where ts is not null
          except all select ts, event, "user", session, url, referrer, properties from (${sampleEvents(thursday)}))) as differing`);
    expect(row).toMatchObject({ differing: 0 });
    for (const kind of ['truncated', 'foreign_lines', 'timeless']) {
      expect(row[kind]).toBeGreaterThan(5);
    }
    expect(row['broken']).toBeLessThan(200);
  });
});

async function only(query: ReturnType<typeof sql>): Promise<Row> {
  const [row] = await engine.rows(query);
  if (!row) throw new Error('no row');
  return row;
}
