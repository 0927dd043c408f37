import { UsageError } from '../errors.ts';
import type { ArgValues } from '../docopt/args.ts';
import { checkForTask, parseUsage } from '../docopt/parse.ts';
import { argName, keyOf, leaves } from '../docopt/usage.ts';
import type { Usage } from '../docopt/usage.ts';
import type {
  Call,
  Output,
  PlanContext,
  RunContext,
  RunResult,
  Summary,
  SummaryContext,
  TaskDefinition,
} from './task.ts';

/** Shared by every copy of Pipe in a process, so that a task is known as one wherever it was defined. */
const brand: unique symbol = Symbol.for('pipe.task');

/** A task as Pipe holds it: its usage read, its arguments typed no longer. */
export interface Task {
  readonly [brand]: true;
  readonly name: string;
  readonly summary: string;
  readonly usage: Usage;
  /** Whether the usage takes the window options, so that the time zone matters to the result. */
  readonly takesWindow: boolean;
  plan?(args: ArgValues, context: PlanContext): Iterable<Call> | AsyncIterable<Call>;
  outputs?(args: ArgValues, context: PlanContext): readonly Output[] | Promise<readonly Output[]>;
  run?(args: ArgValues, context: RunContext): Promise<RunResult | void> | RunResult | void;
  estimate?(args: ArgValues, context: PlanContext): Promise<Summary>;
  summarize?(args: ArgValues, context: SummaryContext): Promise<Summary>;
}

/**
 * Makes a task of its definition. `args` in its functions is typed from
 * the usage text, which must be a literal.
 *
 * Throws UsageError for a name that is not `namespace:name`, a usage that cannot be read, and a
 * task with neither `plan` nor `run`.
 * @example
 * export const hello = defineTask({
 *   name: 'hello:world',
 *   summary: 'Greet somebody',
 *   usage: '--name=<name>',
 *   run: (args, context) => context.log(`Hello ${args.name}`),
 * });
 */
export function defineTask<const Text extends string>(definition: TaskDefinition<Text>): Task;
// The parser gives what the types promise, so inside Pipe the arguments need no types of their own.
export function defineTask(definition: TaskDefinition<string>): Task {
  const { name } = definition;
  checkName(name);
  if (!definition.plan && !definition.run) {
    throw new UsageError(`task '${name}' has neither plan nor run; give it at least one of them`);
  }
  const usage = parseUsage(definition.usage, name);
  checkForTask(usage);
  const leavesOf = usage.lines.flatMap(({ tree }) => leaves(tree));
  const keys = new Set(leavesOf.map((leaf) => argName(keyOf(leaf))));
  const takesWindow = ['start-date', 'end-date', 'days-ago'].every((key) => keys.has(key));
  return { ...definition, [brand]: true, usage, takesWindow };
}

export function isTask(value: unknown): value is Task {
  return typeof value === 'object' && value !== null && brand in value;
}

function checkName(name: string): void {
  if (/^[a-z][a-z0-9_-]*(:[a-z][a-z0-9_-]*)+$/i.test(name)) return;
  throw new UsageError(
    `task name '${name}' is not of the form namespace:name; use letters, digits, - and _, for example stats:pageloads`,
  );
}
