import { UsageError } from '../errors.ts';

/** When a cron expression of five fields is due, in no particular zone. Lists are sorted. */
export interface CronSchedule {
  /** As written, with single spaces. */
  readonly text: string;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: readonly number[];
  readonly months: readonly number[];
  /** Sunday is 0. */
  readonly weekdays: readonly number[];
  /**
   * Whether a day is due that either its number or its weekday allows; else both must. crontab(5):
   * so it is where neither field begins with a star.
   */
  readonly isEitherDay: boolean;
  /** Day of the month, month and weekday as written. */
  readonly days: string;
}

/**
 * Reads five fields with `*`, lists, ranges, steps, and names of months and weekdays.
 *
 * @throws {UsageError} that names the field, and for a day that never comes.
 */
export function parseCron(text: string, label: string): CronSchedule {
  const parts = text.trim().split(/\s+/);
  const expression = { text: parts.join(' '), label };
  if (parts.length !== fields.length) {
    throw refusal(expression, countProblem(parts.length), nicknames[expression.text]);
  }
  const [minutes = [], hours = [], daysOfMonth = [], months = [], weekdays = []] = parts.map(
    (part, index) => parseField(part, fields[index] ?? minute, expression),
  );
  const schedule: CronSchedule = {
    text: expression.text,
    minutes,
    hours,
    daysOfMonth,
    months,
    weekdays: [...new Set(weekdays.map((each) => each % 7))].sort((a, b) => a - b),
    isEitherDay: [parts[2], parts[4]].every((part) => !part?.startsWith('*')),
    days: parts.slice(2).join(' '),
  };
  if (!comesEver(schedule)) throw refusal(expression, 'names a day that never comes');
  return schedule;
}

/**
 * The same moments for clocks that are `offsetMinutes` behind, as expressions: what is due in a zone
 * at `+01:00` is due in UTC by those of 60. Undefined where cron cannot say it, because a month
 * would begin on another day.
 */
export function shiftCron(schedule: CronSchedule, offsetMinutes: number): string[] | undefined {
  const timesOf = new Map<string, number[]>();
  for (const hour of schedule.hours) {
    for (const minute of schedule.minutes) {
      const time = hour * 60 + minute - offsetMinutes;
      const days = shiftDays(schedule, Math.floor(time / dayMinutes));
      if (days === undefined) return undefined;
      timesOf.set(days, [...(timesOf.get(days) ?? []), mod(time, dayMinutes)]);
    }
  }
  return [...timesOf].flatMap(([days, times]) =>
    [...byMinutes(times)].map(([minutes, hours]) => `${minutes} ${listText(hours, hour)} ${days}`),
  );
}

const dayMinutes = 24 * 60;

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names for values from `min` on. */
  readonly names?: readonly string[];
}

const minute: Field = { name: 'a minute', min: 0, max: 59 };
const hour: Field = { name: 'an hour', min: 0, max: 23 };
const dayOfMonth: Field = { name: 'a day of the month', min: 1, max: 31 };
const month: Field = {
  name: 'a month',
  min: 1,
  max: 12,
  names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
};
/** Sunday is 0 and 7. */
const weekday: Field = {
  name: 'a weekday',
  min: 0,
  max: 7,
  names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
};
const fields: readonly Field[] = [minute, hour, dayOfMonth, month, weekday];

/** What many crons take in place of five fields; not all of them, and others do not. */
const nicknames: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

interface Expression {
  readonly text: string;
  readonly label: string;
}

function countProblem(count: number): string {
  const seconds = count === 6 ? '; there is none for seconds' : '';
  return `has ${count === 1 ? '1 field' : `${count} fields`}, expected five: minute, hour, day of the month, month, weekday${seconds}`;
}

function parseField(part: string, field: Field, expression: Expression): number[] {
  const values = part.split(',').flatMap((item) => parseItem(item, field, expression));
  return [...new Set(values)].sort((a, b) => a - b);
}

/** `*`, `5`, `1-5`, `mon-fri`, each of the ranges with a step: `*` + `/15`, `8-18/2`. */
function parseItem(item: string, field: Field, expression: Expression): number[] {
  const [, range = '', stepText] = /^([^/]*)(?:\/(.*))?$/.exec(item) ?? [];
  const [from, to] = boundsOf(range, field, expression);
  if (stepText === undefined) return span(from, to, 1);
  const step = /^\d{1,3}$/.test(stepText) ? Number(stepText) : 0;
  if (step < 1)
    throw refusal(expression, `has the step '${stepText}' in '${item}', expected 1 or more`);
  if (range !== '*' && !range.includes('-')) {
    throw refusal(
      expression,
      `has a step behind '${range}', expected it behind * or a range, as in */${step}`,
    );
  }
  return span(from, to, step);
}

function boundsOf(range: string, field: Field, expression: Expression): [number, number] {
  // Of weekdays 7 is 0 once more.
  if (range === '*') return [field.min, field === weekday ? 6 : field.max];
  const [first = '', last = first, ...more] = range.split('-');
  const from = valueOf(first, field, expression);
  const to = valueOf(last, field, expression);
  if (more.length > 0 || from > to) {
    throw refusal(
      expression,
      `has the range '${range}', expected the lower end first, as in ${field.min}-${field.max}`,
    );
  }
  return [from, to];
}

function valueOf(text: string, field: Field, expression: Expression): number {
  const named = field.names?.indexOf(text.toLowerCase()) ?? -1;
  const value = named >= 0 ? named + field.min : /^\d{1,2}$/.test(text) ? Number(text) : NaN;
  if (value >= field.min && value <= field.max) return value;
  const names = field.names ? ` or ${field.names[0]} to ${field.names.at(-1)}` : '';
  throw refusal(
    expression,
    `has '${text}' for ${field.name}, expected ${field.min} to ${field.max}${names}`,
  );
}

function comesEver({ daysOfMonth, months, isEitherDay }: CronSchedule): boolean {
  return isEitherDay || months.some((each) => daysOfMonth.some((day) => day <= longest(each)));
}

/** Of a leap year. */
function longest(month: number): number {
  return month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Of any year. */
function shortest(month: number): number {
  return month === 2 ? 28 : longest(month);
}

/** Day of the month, month and weekday, so many days later. */
function shiftDays(schedule: CronSchedule, shift: number): string | undefined {
  const { daysOfMonth, months, weekdays, isEitherDay } = schedule;
  if (shift === 0) return schedule.days;
  const isEveryDate = daysOfMonth.length === 31;
  const isEveryWeekday = weekdays.length === 7;
  const shifted = daysOfMonth.map((day) => day + shift);
  const moved = weekdays.map((each) => mod(each + shift, 7)).sort((a, b) => a - b);
  const isEveryDay = isEitherDay ? isEveryDate || isEveryWeekday : isEveryDate && isEveryWeekday;
  if (isEveryDay) return months.length === 12 ? '* * *' : undefined;
  // Both days must be there in every such month, or the one would come where the other does not.
  const last = Math.min(...months.map(shortest));
  const isInside = [...daysOfMonth, ...shifted].every((day) => day >= 1 && day <= last);
  if (!isEveryDate && !isInside) return undefined;
  if (months.length < 12 && (isEveryDate || isEitherDay)) return undefined;
  // Two lists would mean that either of them allows a day.
  if (!isEveryDate && !isEveryWeekday && !isEitherDay) return undefined;
  const [date, weekday] = [
    isEveryDate ? '*' : shifted.join(','),
    isEveryWeekday ? '*' : moved.join(','),
  ];
  return `${date} ${listText(months, month)} ${weekday}`;
}

/** Hours by the minutes they have in common, so that each pair is one expression. */
function byMinutes(times: readonly number[]): Map<string, number[]> {
  const minutesOf = new Map<number, number[]>();
  for (const time of [...times].sort((a, b) => a - b)) {
    const at = Math.floor(time / 60);
    minutesOf.set(at, [...(minutesOf.get(at) ?? []), time % 60]);
  }
  const hours = new Map<string, number[]>();
  for (const [at, minutes] of minutesOf) {
    const text = listText(minutes, minute);
    hours.set(text, [...(hours.get(text) ?? []), at]);
  }
  return hours;
}

function listText(values: readonly number[], { min, max }: Field): string {
  return values.length === max - min + 1 ? '*' : values.join(',');
}

function span(from: number, to: number, step: number): number[] {
  return Array.from(
    { length: Math.floor((to - from) / step) + 1 },
    (_, index) => from + index * step,
  );
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function refusal({ text, label }: Expression, problem: string, instead = '0 6 * * *'): UsageError {
  return new UsageError(`${label}: '${text}' ${problem}; write for example ${label}='${instead}'`);
}
