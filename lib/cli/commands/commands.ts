import type { ArgValues } from '../../docopt/args.ts';
import { parseArgs } from '../../docopt/args.ts';
import { describeUsage } from '../../docopt/help.ts';
import { parseUsage } from '../../docopt/parse.ts';
import { UsageError } from '../../errors.ts';
import type { ExitCode } from '../../errors.ts';
import type { Mask } from '../../ledger/mask.ts';
import { commandUsages } from './usages.ts';

/** What a command of pipe itself gets. */
export interface CommandInput {
  /** What stands before its name: `--store`, `--timezone`. */
  readonly options: ArgValues;
  readonly args: ArgValues;
  readonly cwd: string;
  readonly mask: Mask;
}

/** The text of `pipe <command> --help`. */
export function commandHelp(name: string): string {
  const { summary = '', usage = '' } = commandUsages[name] ?? {};
  return `pipe ${name}: ${summary}\n\n${describeUsage(parseUsage(usage, 'pipe'))}\n`;
}

/** Runs a command and returns its exit code. Throws ArgvError for words that it does not take. */
export async function runCommand(
  name: string,
  rest: readonly string[],
  { options, cwd, mask }: Omit<CommandInput, 'args'>,
): Promise<ExitCode> {
  const usage = parseUsage(commandUsages[name]?.usage ?? '', 'pipe');
  const args = parseArgs(usage, [name, ...rest]);
  if (name === 'init' && options['dry-run'] === true) {
    throw new UsageError(
      '--dry-run is for tasks; pipe init overwrites nothing, pipe init --help says what it writes',
    );
  }
  const input = { options, args, cwd, mask };
  switch (name) {
    case 'init':
      return (await import('./init.ts')).init(input);
    case 'config':
      return (await import('./config.ts')).showConfig(input);
    case 'doctor':
      return (await import('./doctor.ts')).doctor(input);
    default:
      throw new Error(`no command '${name}'`);
  }
}
