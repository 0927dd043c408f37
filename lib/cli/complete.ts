import { expectedAt } from '../docopt/complete.ts';
import type { Expected } from '../docopt/complete.ts';
import { parseUsage } from '../docopt/parse.ts';
import type { UsageOption } from '../docopt/usage.ts';
import type { Completion } from '../task/task.ts';
import { cutAtTask } from './command-line.ts';
import { commandUsages } from './commands/usages.ts';
import { ownList, builtInList } from './list.ts';
import type { ListedTask } from './list.ts';
import { readShellLine, typedRest } from './shell-line.ts';
import { optionsUsage } from './usage.ts';
import { keepNamesWord } from './complete-store.ts';
import { valuesFor } from './complete-values.ts';
import { findOwn } from './registry.ts';
import type { Own } from './registry.ts';

/** One way to go on with the word that is being typed. */
export interface Candidate {
  /** The whole word. */
  readonly word: string;
  /** Whether the word is finished, so that a space may follow. */
  readonly isWhole: boolean;
  readonly description?: string;
}

/**
 * Answers a shell: one candidate a line, for bash as it is typed behind what stands there, for the
 * others as a whole word with its description behind a tab. Never fails: a shell has no use for it.
 */
export async function complete(argv: readonly string[], cwd: string): Promise<string> {
  const [shell, ...rest] = argv;
  if (shell === keepNamesWord) {
    const { keepNames } = await import('./complete-refresh.ts');
    await keepNames(rest).catch(() => undefined);
    return '';
  }
  if (shell !== 'bash') {
    const found = await candidates(rest.slice(0, -1), rest.at(-1) ?? '', cwd).catch(() => []);
    return found.map(({ word, description = '' }) => `${word}\t${description}\n`).join('');
  }
  const line = readShellLine(rest[0] ?? '', rest[1] ?? '');
  const found = await candidates(line.words.slice(1), line.current, cwd).catch(() => []);
  return found
    .map(({ word, isWhole }) => {
      return `${typedRest(word, line)}${isWhole && line.quote === '' ? ' ' : ''}\n`;
    })
    .join('');
}

/** What the word `current` may become behind the words `argv` of a command line of pipe. */
export async function candidates(
  argv: readonly string[],
  current: string,
  cwd: string,
): Promise<readonly Candidate[]> {
  const { head, task, rest } = cutAtTask(argv);
  let known: Promise<Own> | undefined;
  const own = (): Promise<Own> => (known ??= findOwn(cwd));
  const found = await (task === undefined
    ? beforeTask({ head, current, cwd, own })
    : behindTask(task, { head, rest, current, cwd, own }));
  return found.filter(({ word }) => word.startsWith(current));
}

/** What is known of a command line that is being typed. */
interface Typed {
  /** What stands before the task's name: `--store` may be there. */
  readonly head: readonly string[];
  /** What stands behind it: `--dataset` may be there. */
  readonly rest?: readonly string[];
  readonly current: string;
  readonly cwd: string;
  /** The project, found when first asked for. */
  readonly own: () => Promise<Own>;
}

/** pipe's own options, its commands and the names of tasks. */
async function beforeTask(typed: Typed): Promise<readonly Candidate[]> {
  const { head, current, own } = typed;
  const expected = expectedAt(parseUsage(optionsUsage, 'pipe'), head, current);
  const isValue = expected.some(({ type }) => type === 'value');
  const here = await offered(expected, { ...typed, completions: pipeCompletions });
  if (isValue || current.startsWith('-')) return here;
  const commands = Object.entries(commandUsages).map(([word, { summary }]) => {
    return { word, isWhole: true, description: summary };
  });
  const tasks = (await allTasks(own)).map(({ name, summary }) => {
    return { word: name, isWhole: true, description: summary };
  });
  return [...tasks, ...commands, ...(current === '' ? here : [])];
}

async function behindTask(name: string, typed: Typed): Promise<readonly Candidate[]> {
  const { rest = [], current, own } = typed;
  const command = commandUsages[name];
  if (command) {
    const expected = expectedAt(parseUsage(command.usage, 'pipe'), [name, ...rest], current);
    return offered(expected, { ...typed, completions: {} });
  }
  const isNamed = (task: ListedTask): boolean => task.name === name;
  // A built-in task needs no look at the project's files.
  const task = (await builtInList()).find(isNamed) ?? (await allTasks(own)).find(isNamed);
  if (!task) return [];
  const expected = expectedAt(parseUsage(task.usage, name), rest, current);
  const found = await offered(expected, { ...typed, completions: task.complete ?? {} });
  const help = { word: '--help', isWhole: true, description: 'Show what the task takes.' };
  return rest.length === 0 && current.startsWith('-') ? [...found, help] : found;
}

/** How values of pipe's own options are completed. */
const pipeCompletions: Readonly<Record<string, Completion>> = {
  store: 'file',
  events: 'file',
  openlineage: 'file',
  timezone: 'timezone',
  list: 'task',
  'if-running': ['wait', 'skip', 'fail', 'take-over'],
};

export interface Asked extends Typed {
  /** By name of the argument. */
  readonly completions: Readonly<Record<string, Completion | undefined>>;
}

async function offered(expected: readonly Expected[], asked: Asked): Promise<Candidate[]> {
  const found = await Promise.all(
    expected.map(async (each): Promise<readonly Candidate[]> => {
      switch (each.type) {
        case 'command':
          return [{ word: each.name, isWhole: true }];
        case 'option':
          return [optionCandidate(each.option)];
        case 'value':
          return valuesFor(each, asked, () => allTasks(asked.own));
        default:
          return each satisfies never;
      }
    }),
  );
  return found.flat();
}

function optionCandidate({ key, long, argument, optionalArgument, description }: UsageOption) {
  const takesValue = argument !== undefined && !optionalArgument;
  const isWhole = !takesValue || long === undefined;
  return { word: isWhole ? key : `${key}=`, isWhole, description };
}

/** Those of the project as well, unless its files cannot be read as they are now. */
async function allTasks(own: () => Promise<Own>): Promise<readonly ListedTask[]> {
  const ownTasks = own()
    .then(ownList)
    .catch(() => []);
  return [...(await builtInList()), ...(await ownTasks)];
}
