import { nearest } from '../docopt/suggest.ts';
import { UsageError } from '../errors.ts';
import type { Task } from './define.ts';

/** A task with where it came from. */
export interface RegisteredTask extends Task {
  /** The file that defines it, as people know it. */
  readonly file: string;
  /** Hash of the file's module graph; computed when first asked for. */
  code(): Promise<string>;
}

/** The tasks of one run, by name. A value: there is no global list of tasks. */
export interface Registry {
  readonly tasks: readonly RegisteredTask[];
  /** Throws UsageError with the nearest names when there is no such task. */
  get(name: string): RegisteredTask;
}

/**
 * Throws UsageError that names both files when two tasks have one name. `looked` says of an unknown
 * task where it was looked for.
 */
export function createRegistry(
  tasks: Iterable<RegisteredTask>,
  looked = 'pipe --list shows every task',
): Registry {
  const sorted = sortTasks(tasks);
  const byName = new Map(sorted.map((task) => [task.name, task]));
  return {
    tasks: sorted,
    get: (name) => byName.get(name) ?? unknownTask(name, [...byName.keys()], looked),
  };
}

/** Tasks, or what is listed of them, by name. Throws UsageError when two have one name. */
export function sortTasks<Each extends Pick<RegisteredTask, 'name' | 'file'>>(
  tasks: Iterable<Each>,
): readonly Each[] {
  const byName = new Map<string, Each>();
  for (const task of tasks) {
    const other = byName.get(task.name);
    if (other) {
      throw new UsageError(
        `two tasks are named '${task.name}': one in ${other.file}, one in ${task.file}; rename one of them`,
      );
    }
    byName.set(task.name, task);
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function unknownTask(name: string, names: readonly string[], looked: string): never {
  const family = names.filter((candidate) => candidate.split(':').includes(name));
  const near = nearest(name, names);
  const hint =
    family.length > 0
      ? `tasks with '${name}' in their name: ${family.join(', ')}`
      : near
        ? `did you mean ${near}?`
        : looked;
  throw new UsageError(`unknown task '${name}'\n\n  ${hint}`);
}
