import { addDays, parseDay } from '../dates/day.ts';
import type { Day } from '../dates/day.ts';
import { UsageError } from '../errors.ts';
import { resolveCall } from '../task/invocation.ts';
import type { Invocation } from '../task/invocation.ts';
import type { Registry } from '../task/registry.ts';
import { integer } from '../task/values.ts';
import type { Settings } from './settings.ts';

/** An invocation that reaches back beyond the window that was asked for. */
export interface Lookback {
  readonly invocation: Invocation;
  /** The first day that was asked for. */
  readonly renewBefore: Day;
}

/** Widens the window of an invocation by days before it. Throws UsageError where that cannot be done. */
export function lookBack(
  { task, args }: Invocation,
  text: string,
  registry: Registry,
  settings: Pick<Settings, 'now' | 'timezone'>,
): Lookback {
  const days = integer(text, { option: '--lookback', min: 1, max: 3660 });
  const start = args['start-date'];
  if (!task.takesWindow || !task.plan || typeof start !== 'string') {
    throw new UsageError(
      `--lookback: task '${task.name}' does not split a window into days; leave the option out`,
    );
  }
  const renewBefore = parseDay(start, '--start-date');
  const wide = { ...args, 'start-date': addDays(renewBefore, -days) };
  return {
    invocation: resolveCall(registry, { task: task.name, args: wide }, settings),
    renewBefore,
  };
}
