import { parseArgs } from '../docopt/args.ts';
import type { ArgValues } from '../docopt/args.ts';
import type { ArgvOptions } from '../docopt/argv.ts';
import { formatArgs } from '../docopt/format.ts';
import { quote } from '../docopt/quote.ts';
import { resolveWindow } from '../dates/window.ts';
import type { WindowOptions } from '../dates/window.ts';
import type { RegisteredTask, Registry } from './registry.ts';
import type { Call, PlanContext } from './task.ts';

/** A task and its canonical argv: the identity of everything in a run. */
export interface Invocation {
  readonly task: RegisteredTask;
  readonly args: ArgValues;
  /** Defaults filled in, options in usage order, relative dates resolved, lists in given order. */
  readonly argv: readonly string[];
  /** `stats:pageloads -- --sites=a …`, quoted for a shell. */
  readonly text: string;
}

/**
 * Checks a call against the task's usage and makes its argv canonical.
 * Throws UsageError for an unknown task and for arguments the usage does not take, laid out for a
 * terminal of `width` cells.
 */
export function resolveCall(
  registry: Registry,
  call: Call,
  context: Pick<PlanContext, 'now' | 'timezone'> & Pick<ArgvOptions, 'width' | 'hide'>,
): Invocation {
  const task = registry.get(call.task);
  const typed = isArgv(call.args) ? call.args : formatArgs(task.usage, call.args);
  const parsed = parseArgs(task.usage, typed, context);
  const args = pinWindow(task, parsed, context);
  const argv = formatArgs(task.usage, args);
  return { task, args, argv, text: invocationText(task.name, argv) };
}

/** `name -- argv`, as it stands behind `pipe` in a shell. */
export function invocationText(name: string, argv: readonly string[]): string {
  return argv.length === 0 ? name : `${name} -- ${quote(argv)}`;
}

/** Replaces days that are relative to now by dates, so that a command means the same tomorrow. */
function pinWindow(
  task: RegisteredTask,
  args: ArgValues,
  context: Pick<PlanContext, 'now' | 'timezone'>,
): ArgValues {
  if (!task.takesWindow) return args;
  const { start, end } = resolveWindow(windowOptions(args), context);
  const { 'days-ago': _, 'days-ago-end': __, ...rest } = args;
  return { ...rest, 'start-date': start, 'end-date': end };
}

function windowOptions(args: ArgValues): WindowOptions {
  const text = (name: keyof WindowOptions): string | undefined => {
    const value = args[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    'start-date': text('start-date'),
    'end-date': text('end-date'),
    'days-ago': text('days-ago'),
    'days-ago-end': text('days-ago-end'),
  };
}

function isArgv(args: Call['args']): args is readonly string[] {
  return Array.isArray(args);
}
