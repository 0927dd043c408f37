import { ArgvError } from '../docopt/argv-error.ts';
import { nearest } from '../docopt/suggest.ts';
import { exitCodes, messageOf, UsageError, UserError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { Mask } from '../ledger/mask.ts';
import { commandUsages } from './commands/usages.ts';
import { readCommandLine } from './command-line.ts';
import type { CommandLine } from './command-line.ts';
import { helpOf } from './help.ts';
import { listTasks } from './list.ts';
import { version } from './package.ts';
import { environmentSecrets } from './secrets.ts';
import { pipeUsage } from './usage.ts';
import { takeBirth } from './worker-variable.ts';

/** The `pipe` command: reads the process's arguments, writes to its streams, sets its exit code. */
export async function main(): Promise<void> {
  // `pipe --list | head` closes our stdout early; that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  // Deep enough to lead from inside the usage parser to the line of the task file.
  Error.stackTraceLimit = 40;
  const argv = process.argv.slice(2);
  const birth = takeBirth();
  if (birth) return (await import('./worker.ts')).work(birth);
  if (argv[0] === 'complete') {
    const { complete } = await import('./complete.ts');
    process.stdout.write(await complete(argv.slice(1), process.cwd()));
    return;
  }
  const mask = new Mask(environmentSecrets(process.env));
  try {
    const commandLine = readCommandLine(argv, { hide: (text) => mask.text(text) });
    process.exitCode = await dispatch(commandLine, mask);
  } catch (error) {
    process.exitCode = await report(error, argv, mask);
  }
}

async function dispatch({ options, task, rest }: CommandLine, mask: Mask): Promise<ExitCode> {
  if (options['version'] === true) return print(`${version}\n`);
  if (options['T'] === true || options['list'] !== undefined) {
    return print(await listTasks(options, process.cwd()));
  }
  if (task === undefined) return print(pipeUsage);
  if (task in commandUsages) {
    const { commandHelp, runCommand } = await import('./commands/commands.ts');
    if (options['help'] === true || asksForHelp(rest)) return print(commandHelp(task));
    const words = options['json'] === true ? [...rest, '--json'] : rest;
    return runCommand(task, words, { options, cwd: process.cwd(), mask });
  }
  if (task === 'help') {
    const [asked] = rest;
    return asked === undefined
      ? print(pipeUsage)
      : dispatch({ options, task: asked, rest: ['--help'] }, mask);
  }
  checkCommand(task, rest);
  if (options['help'] === true || asksForHelp(rest)) {
    return print(await helpOf(task, process.cwd()));
  }
  // All that runs tasks is loaded only now.
  const { runTask } = await import('./run-task.ts');
  return runTask(options, task, rest, mask);
}

/** A name without `:` can be no task's, and may be a command with a typo, or one of another tool. */
function checkCommand(name: string, rest: readonly string[]): void {
  const elsewhere = new Map([
    ['list', '--list'],
    ['version', '--version'],
    ['run', rest[0]],
  ]);
  const known = elsewhere.get(name) ?? nearest(name, Object.keys(commandUsages));
  const near = name.includes(':') ? undefined : known;
  if (near !== undefined) {
    throw new UsageError(`unknown command '${name}'\n\n  did you mean pipe ${near}?`);
  }
}

function asksForHelp(rest: readonly string[]): boolean {
  const [first, ...others] = rest[0] === '--' ? rest.slice(1) : rest;
  return others.length === 0 && (first === '--help' || first === '-h');
}

function print(text: string): ExitCode {
  process.stdout.write(text);
  return exitCodes.done;
}

/** Prints an error for a person and returns its exit code. */
async function report(error: unknown, argv: readonly string[], mask: Mask): Promise<ExitCode> {
  const say = (text: string): void => console.error(mask.text(text));
  const debug = argv.includes('--debug');
  if (error instanceof UserError) {
    // A message that begins with a task or a file has its culprit in front already.
    const named = /^\S+: /.test(error.message);
    say(named ? error.message : `pipe: ${error.message}`);
    if (debug) say(error.stack ?? '');
    if (argv.includes('--json')) print(`${mask.text(JSON.stringify(errorLine(error)))}\n`);
    return error.exitCode;
  }
  const stack = error instanceof Error ? error.stack : undefined;
  say(`pipe: unexpected error: ${messageOf(error)}`);
  const { mapStack, sourceOf } = await import('../task/source-map.ts');
  const source = sourceOf(stack ?? '');
  if (source !== undefined) say(`  ${source.replace(/\n(?=.)/g, '\n  ')}`);
  else if (!debug) say('  run with --debug to see where; this is a bug in Pipe');
  if (debug) say(mapStack(stack ?? ''));
  return source === undefined ? exitCodes.unexpected : exitCodes.failed;
}

/** For programs that read our events: what kind of error it is, besides the sentence. */
function errorLine(error: UserError): object {
  const { message, exitCode } = error;
  return { type: 'error', message, exitCode, ...(error instanceof ArgvError && error.toJSON()) };
}
