import { parseArgs } from '../docopt/args.ts';
import type { ArgValues } from '../docopt/args.ts';
import type { ArgvOptions } from '../docopt/argv.ts';
import { parseUsage } from '../docopt/parse.ts';
import type { Usage } from '../docopt/usage.ts';
import { optionsUsage } from './usage.ts';

/** A command line of `pipe`, cut where the task begins. */
export interface CommandLine {
  readonly options: ArgValues;
  readonly task: string | undefined;
  /** All that stands after the task's name, untouched. */
  readonly rest: readonly string[];
}

/** Throws ArgvError for an option of pipe that does not exist or is written wrongly. */
export function readCommandLine(argv: readonly string[], options: ArgvOptions = {}): CommandLine {
  const usage = parseUsage(optionsUsage, 'pipe');
  const { head, task, rest } = cutAtTask(argv, usage);
  return { options: parseArgs(usage, head, options), task, rest };
}

/** The words of a command line before, at and after the task's name. */
export function cutAtTask(
  argv: readonly string[],
  usage = parseUsage(optionsUsage, 'pipe'),
): { readonly head: readonly string[] } & Pick<CommandLine, 'task' | 'rest'> {
  const at = taskIndex(usage, argv);
  const head = argv.slice(0, at).filter((token) => token !== '--');
  return { head, task: argv[at], rest: argv.slice(at + 1) };
}

/** Whether an argument is one of pipe's own options, such as `-n` or `--jobs=4`. */
export function isPipeOption(token: string): boolean {
  const usage = parseUsage(optionsUsage, 'pipe');
  return usage.options.some(({ short, long }) => token === short || token.split('=')[0] === long);
}

/** The first token that is neither an option nor the value of one. */
function taskIndex(usage: Usage, argv: readonly string[]): number {
  for (let index = 0; index < argv.length; index++) {
    const token = argv[index] ?? '';
    if (!token.startsWith('-')) return index;
    if (takesNext(usage, token)) index++;
  }
  return argv.length;
}

/** Whether the option's value is the next token: `--jobs 4`, `-j 4`, `-nj 4`; not `--jobs=4`, `-j4`. */
function takesNext(usage: Usage, token: string): boolean {
  const valued = usage.options.filter((option) => option.argument && !option.optionalArgument);
  if (token.startsWith('--')) return valued.some(({ long }) => long === token);
  const letters = token.slice(1).split('');
  const at = letters.findIndex((letter) => valued.some(({ short }) => short === `-${letter}`));
  return at >= 0 && at === letters.length - 1;
}
