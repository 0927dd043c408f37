import { parseArgs } from '../docopt/args.ts';
import type { ArgValues } from '../docopt/args.ts';
import { formatArgs } from '../docopt/format.ts';
import type { Task } from './define.ts';

type SecretTask = Pick<Task, 'usage' | 'secret'>;

/** The values of a task's secret arguments in argv, also in argv that its usage does not take. */
export function secretsIn({ usage, secret }: SecretTask, argv: readonly string[]): string[] {
  if (secret.length === 0) return [];
  return secretsOf(secret, parsed({ usage, secret }, argv)) ?? typed(secret, argv);
}

/** Argv with `***` for secrets: what may be kept, and what stays the same when a token is renewed. */
export function withoutSecrets(task: SecretTask, argv: readonly string[]): readonly string[] {
  const args = task.secret.length === 0 ? undefined : parsed(task, argv);
  if (!args) return argv;
  const hidden = Object.entries(args).map(([name, value]) => [
    name,
    task.secret.includes(name) ? hide(value) : value,
  ]);
  return formatArgs(task.usage, Object.fromEntries(hidden));
}

function parsed({ usage }: SecretTask, argv: readonly string[]): ArgValues | undefined {
  try {
    return parseArgs(usage, argv);
  } catch {
    return undefined;
  }
}

function secretsOf(names: readonly string[], args: ArgValues | undefined): string[] | undefined {
  return (
    args && names.flatMap((name) => args[name] ?? []).filter((value) => typeof value === 'string')
  );
}

/** What stands behind the option, or its beginning, in argv that has some mistake. */
function typed(names: readonly string[], argv: readonly string[]): string[] {
  return argv.flatMap((word, index) => {
    const [, option = '', value = argv[index + 1] ?? ''] =
      /^--([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    return option !== '' && names.some((name) => name.startsWith(option)) ? [value] : [];
  });
}

function hide(value: ArgValues[string]): ArgValues[string] {
  if (typeof value === 'string') return '***';
  return Array.isArray(value) ? value.map(() => '***') : value;
}
