import { nearest } from '../docopt/suggest.ts';
import { UsageError } from '../errors.ts';
import type { ArgValues } from '../docopt/args.ts';
import type { RegisteredTask, Registry } from '../task/registry.ts';
import { loadProject } from './registry.ts';

/** What `pipe --list` prints: the tasks of the project and the built-in ones. */
export async function listTasks(options: ArgValues, cwd: string): Promise<string> {
  const { registry } = await loadProject(cwd);
  const pattern = options['list'];
  const tasks = findTasks(registry, typeof pattern === 'string' ? pattern : undefined);
  return options['json'] === true ? formatListJson(tasks) : formatList(tasks);
}

/** The tasks whose name or summary contains the pattern, whatever its case; all without one. */
function findTasks(registry: Registry, pattern: string | undefined): readonly RegisteredTask[] {
  if (pattern === undefined) return registry.tasks;
  const wanted = pattern.toLowerCase();
  const found = registry.tasks.filter(({ name, summary }) =>
    `${name}\n${summary}`.toLowerCase().includes(wanted),
  );
  if (found.length > 0) return found;
  const near = nearest(
    pattern,
    registry.tasks.map(({ name }) => name),
  );
  throw new UsageError(
    `no task has '${pattern}' in its name or summary; ${near ? `did you mean ${near}?` : 'pipe --list shows every task'}`,
  );
}

/** One line a task, names in a column. */
function formatList(tasks: readonly RegisteredTask[]): string {
  const width = Math.max(...tasks.map(({ name }) => name.length));
  return tasks.map(({ name, summary }) => `pipe ${name.padEnd(width)}  # ${summary}\n`).join('');
}

/** One JSON object a line. */
function formatListJson(tasks: readonly RegisteredTask[]): string {
  return tasks
    .map(
      ({ name, summary, usage, file }) =>
        `${JSON.stringify({ name, summary, usage: usage.text, file })}\n`,
    )
    .join('');
}
