import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCron, shiftCron } from '../../lib/dates/cron.ts';
import type { CronSchedule } from '../../lib/dates/cron.ts';
import { UsageError } from '../../lib/errors.ts';

const minuteMs = 60_000;

/** Whether it is due at an instant, by clocks that show UTC. After crontab(5), for comparison. */
function isDue(schedule: CronSchedule, instant: number): boolean {
  const date = new Date(instant);
  const byDate = schedule.daysOfMonth.includes(date.getUTCDate());
  const byWeekday = schedule.weekdays.includes(date.getUTCDay());
  return (
    schedule.minutes.includes(date.getUTCMinutes()) &&
    schedule.hours.includes(date.getUTCHours()) &&
    schedule.months.includes(date.getUTCMonth() + 1) &&
    (schedule.isEitherDay ? byDate || byWeekday : byDate && byWeekday)
  );
}

function field(min: number, max: number): fc.Arbitrary<string> {
  const some = fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 4 });
  return fc.oneof(fc.constant('*'), fc.constantFrom('*/7', '*/4'), some.map(String));
}

const expressions = fc
  .tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
  .map((fields) => fields.join(' '));

describe('a cron expression', () => {
  test.each([
    [
      '*/20 8-18/5 1,15 jan-MAR Mon-fri',
      [0, 20, 40],
      [8, 13, 18],
      [1, 15],
      [1, 2, 3],
      [1, 2, 3, 4, 5],
    ],
    ['  5   0 29 2 7 ', [5], [0], [29], [2], [0]],
    ['0,0,30 23 31 12 sun,6', [0, 30], [23], [31], [12], [0, 6]],
    ['59 0 1 1 5-7', [59], [0], [1], [1], [0, 5, 6]],
  ])('%s is read', (text, minutes, hours, daysOfMonth, months, weekdays) => {
    expect(parseCron(text, '--schedule')).toEqual({
      text: text.trim().replace(/ +/g, ' '),
      minutes,
      hours,
      daysOfMonth,
      months,
      weekdays,
      isEitherDay: true,
      days: text.trim().split(/ +/).slice(2).join(' '),
    });
  });

  test('without restrictions is due every minute', () => {
    const schedule = parseCron('* * * * */2', '--schedule');
    expect(schedule.isEitherDay).toBe(false);
    expect([schedule.minutes.length, schedule.hours.length]).toEqual([60, 24]);
    expect([schedule.daysOfMonth.length, schedule.months.length]).toEqual([31, 12]);
    expect(schedule.weekdays).toEqual([0, 2, 4, 6]);
  });

  test.each([
    ['', /has 1 field, expected five/],
    ['* * * *', /has 4 fields/],
    ['* * * * * *', /6 fields.*none for seconds/],
    ['@daily', /write for example --schedule='0 0 \* \* \*'/],
    ['60 * * * *', /'60' for a minute, expected 0 to 59;/],
    ['* 24 * * *', /'24' for an hour/],
    ['* * 0 * *', /'0' for a day of the month, expected 1 to 31/],
    ['* * * 13 *', /'13' for a month, expected 1 to 12 or jan to dec/],
    ['* * * * 8', /'8' for a weekday, expected 0 to 7 or sun to sat/],
    ['* * * * mo', /'mo' for a weekday/],
    ['-5 * * * *', /'' for a minute/],
    ['1.5 * * * *', /'1\.5' for a minute/],
    ['5-1 * * * *', /range '5-1', expected the lower end first/],
    ['1-2-3 * * * *', /range '1-2-3'/],
    ['*/0 * * * *', /step '0'/],
    ['*/x * * * *', /step 'x'/],
    ['5/10 * * * *', /step behind '5'/],
    ['1, * * * *', /'' for a minute/],
    ['0 0 31 2,4,6 *', /never comes/],
    ['0 0 30 feb *', /never comes/],
  ])('%s is refused', (text, message) => {
    expect(() => parseCron(text, '--schedule')).toThrow(UsageError);
    expect(() => parseCron(text, '--schedule')).toThrow(message);
  });

  test('may name a day that comes in leap years, or by its weekday', () => {
    expect(() => parseCron('0 0 29 2 *', '--schedule')).not.toThrow();
    expect(() => parseCron('0 0 31 2 mon', '--schedule')).not.toThrow();
  });
});

describe('in UTC', () => {
  test.each([
    ['0 6 * * *', 60, ['0 5 * * *']],
    ['0 6 * * *', 345, ['15 0 * * *']],
    ['*/15 * * * *', 60, ['0,15,30,45 * * * *']],
    ['30 0,12 * * 1', 60, ['30 23 * * 0', '30 11 * * 1']],
    ['0 22 * * sat', -300, ['0 3 * * 0']],
    ['0 0 2,15 6 *', 60, ['0 23 1,14 6 *']],
    ['0 0 1 * *', 60, undefined],
    ['0 23 28 * *', -120, undefined],
    ['0 0 * 3 *', 60, undefined],
    // February has no 29th in most years, and then the 28th is due elsewhere.
    ['0 0 29 2 *', 60, undefined],
    ['0 0 29 * *', 60, undefined],
    ['0 0 29 3,4 *', 60, ['0 23 28 3,4 *']],
    ['0 6 31 3 *', 60, ['0 5 31 3 *']],
    ['0 0 1-31 * 1', 60, ['0 23 * * *']],
    ['0 0 */9 * */2', 60, undefined],
    ['0 6 */9 * */2', 60, ['0 5 */9 * */2']],
    ['0 0 9 3 1', 60, undefined],
  ])('%s at an offset of %i minutes', (text, offset, lines) => {
    expect(shiftCron(parseCron(text, '--schedule'), offset)).toEqual(lines);
  });

  test('an expression is due at the same moments', () => {
    const offsets = fc.integer({ min: -48, max: 56 }).map((quarters) => quarters * 15);
    const year = 366 * 24 * 60;
    const moments = fc.array(fc.nat(year), { minLength: 50, maxLength: 50 });
    let compared = 0;
    fc.assert(
      fc.property(expressions, offsets, moments, (text, offset, minutes) => {
        const schedule = parseCron(text, '--schedule');
        const shifted = shiftCron(schedule, offset)?.map((line) => parseCron(line, 'shifted'));
        if (!shifted) return;
        // Random minutes, and those near the edges of days that the schedule allows.
        const edges = minutes.map((at) => {
          const {
            minutes: [minute = 0],
            hours,
          } = schedule;
          const hour = hours[at % hours.length] ?? 0;
          return Math.floor(at / 1440) * 1440 + hour * 60 + minute - offset;
        });
        for (const at of [...minutes, ...edges]) {
          const instant = Date.UTC(2026, 0, 1) + at * minuteMs;
          const due = shifted.some((each) => isDue(each, instant));
          expect(due, `${text} at ${offset}: ${new Date(instant).toISOString()}`).toBe(
            isDue(schedule, instant + offset * minuteMs),
          );
          if (due) compared += 1;
        }
      }),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(100);
  });
});
