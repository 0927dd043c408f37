import { ArgvError } from '../docopt/argv-error.ts';
import type { ArgvOptions } from '../docopt/argv.ts';
import { UsageError } from '../errors.ts';
import { invocationText, resolveCall } from '../task/invocation.ts';
import type { Invocation } from '../task/invocation.ts';
import type { Registry } from '../task/registry.ts';
import { isPipeOption } from './command-line.ts';
import type { Settings } from './settings.ts';

/** The invocation that a person typed, checked and made canonical. */
export function resolveRoot(
  registry: Registry,
  task: string,
  rest: readonly string[],
  context: Pick<Settings, 'now' | 'timezone'> & Required<Pick<ArgvOptions, 'width' | 'hide'>>,
): Invocation {
  // The first `--` is Pipe's; a second one belongs to the task, if its usage declares one.
  const args = rest[0] === '--' ? rest.slice(1) : rest;
  try {
    return resolveCall(registry, { task, args }, context);
  } catch (error) {
    throw error instanceof ArgvError ? withPlace(error, task, args) : error;
  }
}

/** People write `pipe stats:multi --sites=a -n`; the option is Pipe's own and belongs in front. */
function withPlace(error: ArgvError, task: string, rest: readonly string[]): UsageError {
  const [token] = error.tokens;
  if (error.kind !== 'unknown-option' || token === undefined || !isPipeOption(token)) return error;
  const [first, ...more] = rest.filter((word) => word !== token);
  // Who wrote the option before `--` need not write that twice.
  const others = first === undefined || first === '--' ? more : [first, ...more];
  const [sentence] = error.message.split('\n\n  ' + task);
  return new UsageError(
    `${sentence}\n\n  ${token} is an option of pipe itself, which stands before the task:\n\n` +
      `  pipe ${token} ${invocationText(task, others)}`,
    { cause: error },
  );
}
