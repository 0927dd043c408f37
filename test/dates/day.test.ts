import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDays,
  compare,
  type Day,
  daysBetween,
  parseDay,
  utcDayOf,
  utcStartOf,
} from '../../lib/dates/day.ts';
import { UsageError } from '../../lib/errors.ts';

describe('parseDay', () => {
  test.each(['0001-01-01', '0050-02-28', '1582-10-10', '2024-02-29', '2026-11-19', '9999-12-31'])(
    'takes %s',
    (text) => {
      expect(parseDay(text, '--date')).toBe(text);
    },
  );

  test.each([
    '2026-02-30',
    '2025-02-29',
    '1900-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '2026-01-00',
  ])('refuses %s, which no calendar has', (text) => {
    expect(() => parseDay(text, '--start-date')).toThrow(
      new UsageError(
        `--start-date: '${text}' is not a day of the calendar; write for example --start-date=2026-11-19`,
      ),
    );
  });

  test.each([
    '2026-2-3',
    '26-02-03',
    '0000-01-01',
    '10000-01-01',
    '+002026-01-01',
    '2026-02-03T00:00:00Z',
    ' 2026-02-03',
    '2026-02-03\n',
    '2026/02/03',
    '20260203',
    '٢٠٢٦-٠٢-٠٣',
    'today',
    '',
  ])('refuses %j, which is written another way', (text) => {
    expect(() => parseDay(text, 'date')).toThrow(
      new UsageError(
        `date: '${text}' is not a day written YYYY-MM-DD; write for example date=2026-11-19`,
      ),
    );
  });

  test('takes just the days that a count of days leads to', () => {
    const known = new Set<string>();
    for (let day: Day = '2023-12-31'; day < '2025-01-01'; day = addDays(day, 1)) known.add(day);
    const part = fc.integer({ min: 0, max: 35 }).map((n) => String(n).padStart(2, '0'));
    fc.assert(
      fc.property(part, part, (month, day) => {
        const text = `2024-${month}-${day}`;
        expect(isTaken(text)).toBe(known.has(text));
      }),
    );
  });
});

function isTaken(text: string): boolean {
  try {
    return parseDay(text, 'date') === text;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

test('addDays crosses months, leap years and the years that dayjs alone misreads', () => {
  expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
  expect(addDays('2024-03-01', -1)).toBe('2024-02-29');
  expect(addDays('2025-12-31', 1)).toBe('2026-01-01');
  expect(addDays('0099-12-31', 1)).toBe('0100-01-01');
  expect(addDays('2026-11-19', 0)).toBe('2026-11-19');
});

test.each([
  ['9999-12-31', 1],
  ['0001-01-01', -1],
  ['2026-01-01', 1e12],
] as const)('addDays refuses to leave the calendar: %s and %d', (day, days) => {
  expect(() => addDays(day, days)).toThrow(UsageError);
});

test('daysBetween undoes addDays, and the order of days is their order in time', () => {
  const anyDay = fc.integer({ min: -700_000, max: 2_900_000 }).map((n) => addDays('1970-01-01', n));
  fc.assert(
    fc.property(anyDay, anyDay, (a, b) => {
      const days = daysBetween(a, b);
      expect(addDays(a, days)).toBe(b);
      expect(Math.sign(compare(a, b))).toBe(-Math.sign(days) + 0);
    }),
  );
});

test('a day begins in UTC at its midnight and holds every instant up to the next', () => {
  expect(utcStartOf('1970-01-01')).toBe(0);
  expect(utcStartOf('0050-01-01')).toBe(new Date('0050-01-01T00:00:00Z').getTime());
  expect(utcDayOf(-1)).toBe('1969-12-31');
  expect(utcDayOf(0)).toBe('1970-01-01');
  expect(utcDayOf(86_399_999)).toBe('1970-01-01');
  expect(utcDayOf(86_400_000)).toBe('1970-01-02');
});

test('an instant outside the years that can be written is refused', () => {
  expect(() => utcDayOf(Date.UTC(10_000, 0))).toThrow(UsageError);
  expect(() => utcDayOf(Date.UTC(-1, 0))).toThrow(UsageError);
});
