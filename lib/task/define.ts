import { UsageError } from '../errors.ts';
import type { ArgValues } from '../docopt/args.ts';
import { checkForTask, parseUsage } from '../docopt/parse.ts';
import { argName, keyOf, leaves } from '../docopt/usage.ts';
import type { Usage } from '../docopt/usage.ts';
import { readAttempts } from './attempts.ts';
import type {
  AttemptSettings,
  Call,
  Completion,
  Isolate,
  Output,
  Pinned,
  PlanContext,
  RunContext,
  RunResult,
  Shown,
  Summary,
  SummaryContext,
  TaskDefinition,
} from './task.ts';

/** Shared by every copy of Pipe in a process, so that a task is known as one wherever it was defined. */
const brand: unique symbol = Symbol.for('pipe.task');

/** A task as Pipe holds it: its usage read, its arguments typed no longer. */
export interface Task extends AttemptSettings {
  readonly [brand]: true;
  readonly name: string;
  readonly summary: string;
  readonly usage: Usage;
  /** Whether the usage takes the window options, so that the time zone matters to what is made. */
  readonly takesWindow: boolean;
  /** Names of arguments whose values are never written. */
  readonly secret: readonly string[];
  /** By name of the argument. */
  readonly complete?: { readonly [name: string]: Completion | undefined };
  readonly isolate?: Isolate;
  plan?(args: ArgValues, context: PlanContext): Iterable<Call> | AsyncIterable<Call>;
  outputs?(args: ArgValues, context: PlanContext): readonly Output[] | Promise<readonly Output[]>;
  run?(args: ArgValues, context: RunContext): Promise<RunResult | void> | RunResult | void;
  pin?(args: ArgValues, context: PlanContext): Promise<Pinned>;
  estimate?(args: ArgValues, context: PlanContext): Promise<Summary>;
  summarize?(args: ArgValues, context: SummaryContext): Promise<Summary>;
  show?(args: ArgValues, context: SummaryContext): AsyncIterable<Shown>;
}

/**
 * Makes a task of its definition. `args` in its functions is typed from
 * the usage text, which must be a literal.
 *
 * Throws UsageError for a name that is not `namespace:name`, a usage that cannot be read, a secret
 * that it does not take, and a task with neither `plan` nor `run` nor, alone, `show`.
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
  checkParts(definition);
  const usage = parseUsage(definition.usage, name);
  checkForTask(usage);
  const leavesOf = usage.lines.flatMap(({ tree }) => leaves(tree));
  const keys = new Set(leavesOf.map((leaf) => argName(keyOf(leaf))));
  const isWindowed = ['start-date', 'end-date', 'days-ago'].every((key) => keys.has(key));
  const takesWindow = isWindowed && !definition.show;
  const { secret = [], complete = {} } = definition;
  checkNames(name, { secret, complete: Object.keys(complete) }, keys);
  const { retryDelay: _, timeout: __, ...rest } = definition;
  const attempts = readAttempts(definition);
  return { ...rest, ...attempts, [brand]: true, usage, takesWindow, secret };
}

export function isTask(value: unknown): value is Task {
  return typeof value === 'object' && value !== null && brand in value;
}

function checkParts(definition: TaskDefinition<string>): void {
  const { name } = definition;
  const runs = definition.plan !== undefined || definition.run !== undefined;
  if (runs && definition.show) {
    throw new UsageError(
      `task '${name}' has show beside plan or run; show makes no run, so make two tasks of it`,
    );
  }
  if (runs || definition.show) return;
  throw new UsageError(`task '${name}' has neither plan nor run; give it at least one of them`);
}

/** What a field says of arguments must be of arguments that there are. */
function checkNames(
  name: string,
  fields: Readonly<Record<string, readonly string[]>>,
  known: ReadonlySet<string>,
): void {
  for (const [field, names] of Object.entries(fields)) {
    const unknown = names.find((each) => !known.has(each));
    if (unknown === undefined) continue;
    throw new UsageError(
      `task '${name}' has '${unknown}' in ${field}, which its usage does not take; arguments are ${[...known].join(', ') || 'none'}`,
    );
  }
}

function checkName(name: string): void {
  if (/^[a-z][a-z0-9_-]*(:[a-z][a-z0-9_-]*)+$/i.test(name)) return;
  throw new UsageError(
    `task name '${name}' is not of the form namespace:name; use letters, digits, - and _, for example stats:pageloads`,
  );
}
