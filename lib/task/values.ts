import { type Window, type WindowOptions, resolveWindow } from '../dates/window.ts';
import { nearest } from '../docopt/suggest.ts';
import { UsageError } from '../errors.ts';
import type { PlanContext } from './task.ts';

/**
 * Reads a list as written, `a,b`: spaces around an item do not count, and a repeated item counts
 * once, in its first place. `option` is what to blame, such as `--sites`.
 *
 * @example list(args.sites, '--sites') // ['a', 'b']
 * @throws {UsageError} when an item, or the whole list, is empty.
 */
export function list(value: string, option?: string): string[] {
  const items = value.split(',').map((item) => item.trim());
  if (items.includes('')) {
    throw refusal(
      value,
      option,
      value.trim() === '' ? 'is an empty list' : 'has an empty item',
      'a,b',
    );
  }
  return [...new Set(items)];
}

export interface IntegerOptions {
  /** What to blame, such as `--days`. */
  readonly option?: string;
  /** The least and the greatest that are taken. */
  readonly min?: number;
  readonly max?: number;
}

/**
 * Reads a whole number, written in digits alone or behind a minus.
 *
 * @example integer(args.days, { option: '--days', min: 1 })
 * @throws {UsageError} for another way of writing (`1e3`, `0x7`, `1.0`, ` 7`) or outside the range.
 */
export function integer(value: string, { option, min, max }: IntegerOptions = {}): number {
  const number = /^-?\d+$/.test(value) ? Number(value) : NaN;
  if (Number.isSafeInteger(number) && number >= (min ?? number) && number <= (max ?? number)) {
    return number;
  }
  const example = Math.min(Math.max(7, min ?? 7), max ?? Infinity);
  throw refusal(value, option, `is not a whole number${rangeText(min, max)}`, String(example));
}

/**
 * Reads a word that must be one of the choices.
 *
 * @throws {UsageError} that lists the choices and names the one that was probably meant.
 */
export function oneOf<Choice extends string>(
  value: string,
  choices: readonly Choice[],
  option?: string,
): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const problem = `is not one of ${choices.join(', ')}`;
  const meant = nearest(value, choices);
  if (meant === undefined) throw refusal(value, option, problem, choices[0] ?? '');
  throw new UsageError(`${culprit(value, option)} ${problem}; did you mean ${meant}?`);
}

/** Reads a {@link list} of which every item must be {@link oneOf} the choices. */
export function someOf<Choice extends string>(
  value: string,
  choices: readonly Choice[],
  option?: string,
): Choice[] {
  return list(value, option).map((item) => oneOf(item, choices, option));
}

/** So many at most, or at most such a part of the whole: 0.5 % is a fraction of 0.005. */
export type Limit = { readonly count: number } | { readonly fraction: number };

/**
 * Reads a limit as usages write it, `<n|n%>`: `100` or `0.5%`.
 *
 * @throws {UsageError} for anything else, and for more than 100%.
 */
export function limit(value: string, option?: string): Limit {
  const [, number, percent] = /^(\d+|\d+\.\d+(?=%))(%?)$/.exec(value) ?? [];
  if (number !== undefined && percent === '' && Number.isSafeInteger(Number(number))) {
    return { count: Number(number) };
  }
  if (percent === '%' && Number(number) <= 100) return { fraction: Number(number) / 100 };
  const problem = 'is neither a whole number, 0 or more, nor a percentage from 0% to 100%';
  throw refusal(value, option, problem, '100', '0.5%');
}

/**
 * The window that the arguments name, as of the run's pinned now and in its zone.
 *
 * @example for (const day of daysOf(window(args, context))) …
 * @throws {UsageError} for impossible days, counts that are none, and a reversed window.
 */
export function window(
  args: WindowOptions,
  context: Pick<PlanContext, 'now' | 'timezone'>,
): Window {
  return resolveWindow(args, context);
}

function refusal(
  value: string,
  option: string | undefined,
  problem: string,
  ...examples: readonly string[]
): UsageError {
  const written = examples.map((example) =>
    option === undefined ? example : `${option}=${example}`,
  );
  return new UsageError(
    `${culprit(value, option)} ${problem}; write for example ${written.join(' or ')}`,
  );
}

function culprit(value: string, option: string | undefined): string {
  return option === undefined ? `'${value}'` : `${option}: '${value}'`;
}

function rangeText(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return `, ${min} or more`;
  return max === undefined ? '' : `, at most ${max}`;
}
