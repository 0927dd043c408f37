import { describe, expect, test } from 'vitest';
import { addDays } from '../../lib/dates/day.ts';
import type { Day } from '../../lib/dates/day.ts';
import { datasetsIn, publishedDays } from '../../lib/dataset/datasets.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import { calendarOf } from '../../tasks/status.ts';
import { all } from '../ledger/events.ts';

const utc = { timezone: 'UTC' };

function published(groups: Readonly<Record<string, readonly Day[]>>) {
  const sets = Object.entries(groups).map(([name, days]) => [name, new Set(days)] as const);
  return { keys: ['site'], groups: new Map(sets) };
}

function days(from: Day, count: number): Day[] {
  return Array.from({ length: count }, (_, index) => addDays(from, index));
}

describe('a calendar', () => {
  const some = published({
    a: ['2026-10-30', '2026-10-31', '2026-11-02', '2026-11-05'],
    b: ['2026-11-02'],
  });

  test('has a sign for each day between the first and the last of a site', () => {
    const { title, columns, rows } = calendarOf('events', some, utc);
    expect(title).toBe('events: days from 2026-10-30 to 2026-11-05');
    expect(columns.map(({ name }) => name)).toEqual([
      'site',
      '2026-10',
      '2026-11',
      'done',
      'missing',
      'gaps',
    ]);
    expect(rows).toEqual([
      ['a', '██', '░█░░█', 4, 3, '2026-11-01, 2026-11-03 to 2026-11-04'],
      ['b', '··', '·█···', 1, 0, ''],
    ]);
  });

  test('misses every day of a window that is not there', () => {
    const window = { start: '2026-11-01', end: '2026-11-03', ...utc } as const;
    expect(calendarOf('events', some, { ...utc, window }).rows).toEqual([
      ['a', '░█░', 1, 2, '2026-11-01, 2026-11-03'],
      ['b', '░█░', 1, 2, '2026-11-01, 2026-11-03'],
    ]);
  });

  test('of many days has a sign for each month', () => {
    const whole = days('2025-12-01', 62).filter((day) => day !== '2026-01-10');
    const { columns, rows } = calendarOf(
      'events',
      published({ a: [...whole, '2026-04-01'], b: ['2026-03-31'] }),
      utc,
    );
    expect(columns.map(({ name }) => name)).toEqual([
      'site',
      '2025',
      '2026',
      'done',
      'missing',
      'gaps',
    ]);
    expect(rows).toEqual([
      ['a', '█', '▒░░█', 62, 60, '2026-01-10, 2026-02-01 to 2026-03-31'],
      ['b', '·', '··█·', 1, 0, ''],
    ]);
  });

  test('does not miss a day that the zone skipped', () => {
    const window = { start: '2011-12-29', end: '2011-12-31', timezone: 'Pacific/Apia' } as const;
    const apia = published({ a: ['2011-12-29', '2011-12-31'] });
    expect(calendarOf('events', apia, { timezone: 'Pacific/Apia', window }).rows[0]).toEqual([
      'a',
      '██',
      2,
      0,
      '',
    ]);
  });

  test('names the first gaps alone', () => {
    const odd = days('2026-11-01', 20).filter((_, index) => index % 2 === 0);
    const [row] = calendarOf('events', published({ a: odd }), utc).rows;
    expect(row?.at(-1)).toBe('2026-11-02, 2026-11-04, 2026-11-06, and 6 more');
  });
});

describe('what is published', () => {
  test('is found by one listing, and counts where it has a manifest', async () => {
    const store = openMemoryStore();
    for (const key of [
      'stats/x/country=de/site=a/date=2026-11-01/_manifest.json',
      'stats/x/country=de/site=a/date=2026-11-02/data.parquet',
      'stats/x/country=fr/site=b/date=2026-11-02/part=1/_manifest.json',
      'stats/x/country=fr/site=b/date=2026-11-02/part=2/_manifest.json',
      'stats/x/country=fr/_manifest.json',
      'stats/y/date=2026-11-02/_manifest.json',
      'stats/z/_manifest.json',
    ]) {
      await store.write(key, Buffer.from('{}'));
    }
    expect(await publishedDays(store, 'stats/x')).toEqual({
      keys: ['country', 'site'],
      groups: new Map([
        ['de/a', new Set(['2026-11-01'])],
        ['fr/b', new Set(['2026-11-02'])],
      ]),
    });
    expect(await publishedDays(store, 'stats/y')).toEqual({
      keys: [],
      groups: new Map([['', new Set(['2026-11-02'])]]),
    });
    expect(await all(datasetsIn(store))).toEqual(['stats/x', 'stats/y', 'stats/z']);
  });
});
