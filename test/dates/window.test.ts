import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Day, addDays } from '../../lib/dates/day.ts';
import { daysOf, resolveWindow, utcDaysOf, type WindowOptions } from '../../lib/dates/window.ts';
import { boundsOf } from '../../lib/dates/zone.ts';
import { UsageError } from '../../lib/errors.ts';

const now = Date.parse('2026-11-19T12:00:00Z');
const utc = { now, timezone: 'UTC' };

describe('resolveWindow', () => {
  test.each<[options: WindowOptions, start: Day, end: Day]>([
    [{}, '2026-11-19', '2026-11-19'],
    [{ 'days-ago': '0' }, '2026-11-19', '2026-11-19'],
    [{ 'days-ago': '7' }, '2026-11-12', '2026-11-19'],
    [{ 'days-ago': '7', 'days-ago-end': '1' }, '2026-11-12', '2026-11-18'],
    [{ 'days-ago': '007' }, '2026-11-12', '2026-11-19'],
    [{ 'days-ago': '36525' }, '1926-11-19', '2026-11-19'],
    [{ 'start-date': '2026-11-01', 'end-date': '2026-11-03' }, '2026-11-01', '2026-11-03'],
    [{ 'start-date': '2026-11-03', 'end-date': '2026-11-03' }, '2026-11-03', '2026-11-03'],
    [{ 'start-date': '2026-11-03' }, '2026-11-03', '2026-11-19'],
    [{ 'start-date': '2026-12-01', 'end-date': '2027-01-31' }, '2026-12-01', '2027-01-31'],
    [{ 'days-ago': '7', 'end-date': '2026-11-15' }, '2026-11-12', '2026-11-15'],
    // The count is a default that docopt filled in.
    [
      { 'start-date': '2026-11-01', 'end-date': '2026-11-03', 'days-ago': '0' },
      '2026-11-01',
      '2026-11-03',
    ],
    [{ 'start-date': '0001-01-01', 'end-date': '9999-12-31' }, '0001-01-01', '9999-12-31'],
  ])('%j', (options, start, end) => {
    expect(resolveWindow(options, utc)).toEqual({ start, end, timezone: 'UTC' });
  });

  test('today is the day of the zone', () => {
    const late = Date.parse('2026-11-19T23:30:00Z');
    const today = (timezone: string) => resolveWindow({}, { now: late, timezone }).start;
    expect(today('Europe/Berlin')).toBe('2026-11-20');
    expect(today('UTC')).toBe('2026-11-19');
    expect(today('America/New_York')).toBe('2026-11-19');
  });

  test.each(['-1', '1.5', '1e3', ' 7', '7 ', '0x7', '+7', '', '7d', 'seven', 'NaN', '٧', '7\n'])(
    'refuses the count %j',
    (text) => {
      for (const option of ['days-ago', 'days-ago-end']) {
        expect(() => resolveWindow({ [option]: text }, utc)).toThrow(
          new UsageError(
            `--${option}: '${text}' is not a whole number of days, 0 or more; write for example --${option}=7`,
          ),
        );
      }
    },
  );

  test.each(['36526', '20261112', '99999999999999999999999'])('refuses the count %s', (text) => {
    expect(() => resolveWindow({ 'days-ago': text }, utc)).toThrow(
      new UsageError(
        `--days-ago: '${text}' is more than 36525 days, a hundred years; ` +
          'write a smaller number, or use --start-date and --end-date',
      ),
    );
  });

  test.each<[options: WindowOptions, option: string]>([
    [{ 'start-date': '2026-02-30', 'end-date': '2026-03-01' }, "--start-date: '2026-02-30'"],
    [{ 'start-date': '2026-02-01', 'end-date': '2026-3-1' }, "--end-date: '2026-3-1'"],
    [{ 'start-date': '', 'end-date': '2026-03-01' }, "--start-date: ''"],
  ])('refuses a day that is none: %j', (options, culprit) => {
    expect(() => resolveWindow(options, utc)).toThrow(UsageError);
    expect(() => resolveWindow(options, utc)).toThrow(culprit);
  });

  test.each<[options: WindowOptions, message: string]>([
    [
      { 'start-date': '2026-11-03', 'end-date': '2026-11-01' },
      'The window starts on 2026-11-03 (--start-date), after its end on 2026-11-01 (--end-date); ',
    ],
    [
      { 'days-ago': '1', 'days-ago-end': '7' },
      'The window starts on 2026-11-18 (--days-ago=1), after its end on 2026-11-12 (--days-ago-end=7); ',
    ],
    [
      { 'end-date': '2026-11-01' },
      'The window starts on 2026-11-19 (today), after its end on 2026-11-01 (--end-date); ',
    ],
  ])('refuses a reversed window: %j', (options, message) => {
    expect(() => resolveWindow(options, utc)).toThrow(UsageError);
    expect(() => resolveWindow(options, utc)).toThrow(message);
  });

  test('refuses a window that holds only a skipped day', () => {
    const apia = { now, timezone: 'Pacific/Apia' };
    const skipped = { 'start-date': '2011-12-30', 'end-date': '2011-12-30' };
    expect(() => resolveWindow(skipped, apia)).toThrow(
      new UsageError(
        'There was no 2011-12-30 in Pacific/Apia, where the calendar skipped it (--start-date); choose another day',
      ),
    );
    expect(resolveWindow(skipped, utc).start).toBe('2011-12-30');
  });
});

describe('daysOf', () => {
  test('gives both ends and each day between', () => {
    const window = resolveWindow({ 'days-ago': '7' }, utc);
    expect([...daysOf(window)]).toEqual(
      [12, 13, 14, 15, 16, 17, 18, 19].map((day) => `2026-11-${day}`),
    );
  });

  test('has one more day than it goes back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 800 }),
        fc.constantFrom('UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Asia/Kathmandu'),
        (count, timezone) => {
          const days = [...daysOf(resolveWindow({ 'days-ago': String(count) }, { now, timezone }))];
          expect(days.length).toBe(count + 1);
          expect(new Set(days).size).toBe(days.length);
          expect(days.every((day, i) => i === 0 || day === addDays(days[i - 1] ?? day, 1))).toBe(
            true,
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  test('makes days as they are asked for, and ends with the calendar', () => {
    const all = { start: '0001-01-01', end: '9999-12-31', timezone: 'UTC' } as const;
    const [first, second] = daysOf(all);
    expect([first, second]).toEqual(['0001-01-01', '0001-01-02']);
    expect([...daysOf({ ...all, start: '9999-12-30' })]).toEqual(['9999-12-30', '9999-12-31']);
  });

  test('leaves out a day that the zone skipped', () => {
    const window = { start: '2011-12-29', end: '2011-12-31', timezone: 'Pacific/Apia' } as const;
    expect([...daysOf(window)]).toEqual(['2011-12-29', '2011-12-31']);
  });
});

describe('utcDaysOf', () => {
  test.each<[zone: string, day: Day, days: Day[]]>([
    ['UTC', '2026-11-19', ['2026-11-19']],
    ['Europe/Berlin', '2026-11-19', ['2026-11-18', '2026-11-19']],
    ['America/New_York', '2026-11-19', ['2026-11-19', '2026-11-20']],
    ['Europe/London', '2026-11-19', ['2026-11-19']],
    ['Europe/London', '2026-03-29', ['2026-03-29']],
    ['Europe/London', '2026-10-25', ['2026-10-24', '2026-10-25']],
    ['Pacific/Apia', '2011-12-30', []],
    ['Pacific/Kwajalein', '1969-09-30', ['1969-09-29', '1969-09-30', '1969-10-01']],
  ])('%s %s', (zone, day, days) => {
    expect(utcDaysOf(day, zone)).toEqual(days);
  });

  test('cover the whole day and nothing that does not overlap it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
        fc.integer({ min: 0, max: 25_000 }).map((n) => addDays('1970-01-01', n)),
        (zone, day) => {
          const { start, end } = boundsOf(day, zone);
          const overlap = [-2, -1, 0, 1, 2]
            .map((n) => addDays(day, n))
            .filter((each) => {
              const utcDay = boundsOf(each, 'UTC');
              return start < end && utcDay.start < end && utcDay.end > start;
            });
          expect(utcDaysOf(day, zone)).toEqual(overlap);
        },
      ),
    );
  });
});
