import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArgValues } from '../docopt/args.ts';
import { nearest } from '../docopt/suggest.ts';
import { UsageError } from '../errors.ts';
import { replaceFile } from '../task/bundle-cache.ts';
import { sortTasks } from '../task/registry.ts';
import type { RegisteredTask } from '../task/registry.ts';
import { packageRoot } from './package.ts';
import { findOwn } from './registry.ts';
import type { Own } from './registry.ts';

/** What a list says of a task. */
export interface ListedTask {
  readonly name: string;
  readonly summary: string;
  /** The usage text as written. */
  readonly usage: string;
  readonly file: string;
  readonly complete?: RegisteredTask['complete'];
}

/** What `pipe --list` prints: the tasks of the project, of which there are few, and the built-in ones. */
export async function listTasks(options: ArgValues, cwd: string): Promise<string> {
  const own = await ownList(await findOwn(cwd));
  const all = sortTasks([...(await builtInList()), ...own]);
  const isOwn = (task: ListedTask): boolean => own.includes(task);
  const tasks = [...all.filter(isOwn), ...all.filter((task) => !isOwn(task))];
  const pattern = options['list'];
  const found = typeof pattern === 'string' ? findTasks(tasks, pattern) : tasks;
  return options['json'] === true ? formatListJson(found) : formatList(found);
}

/** The build has listed the tasks that come with Pipe, so that none of them need be loaded. */
export async function builtInList(): Promise<readonly ListedTask[]> {
  return (await readList(join(packageRoot, 'dist/tasks.json'))) ?? [];
}

/**
 * The project's tasks, kept beside their bundle: while no file has changed, neither has the list. A
 * name that is made of anything else than the files is listed as it was then.
 */
export async function ownList({ root, modules }: Own): Promise<readonly ListedTask[]> {
  const [first] = modules;
  if (!first) return [];
  const path = `${first.bundle}.tasks.json`;
  const kept = await readList(path);
  if (kept) return kept;
  const { loadTasks } = await import('../task/load.ts');
  const tasks = (await loadTasks(modules, root)).map(listed);
  await replaceFile(path, JSON.stringify(tasks));
  return tasks;
}

async function readList(path: string): Promise<readonly ListedTask[] | undefined> {
  try {
    const tasks: unknown = JSON.parse(await readFile(path, 'utf8'));
    return Array.isArray(tasks) && tasks.every(isListed) ? tasks : undefined;
  } catch {
    return undefined; // not made yet, or torn
  }
}

function listed({ name, summary, usage, file, complete }: RegisteredTask): ListedTask {
  return { name, summary, usage: usage.text, file, ...(complete && { complete }) };
}

function isListed(value: unknown): value is ListedTask {
  const fields = new Map(Object.entries(Object(value)));
  return ['name', 'summary', 'usage', 'file'].every((name) => typeof fields.get(name) === 'string');
}

/** The tasks whose name or summary contains the pattern, whatever its case. */
function findTasks(tasks: readonly ListedTask[], pattern: string): readonly ListedTask[] {
  const wanted = pattern.toLowerCase();
  const found = tasks.filter(({ name, summary }) =>
    `${name}\n${summary}`.toLowerCase().includes(wanted),
  );
  if (found.length > 0) return found;
  const near = nearest(
    pattern,
    tasks.map(({ name }) => name),
  );
  throw new UsageError(
    `no task has '${pattern}' in its name or summary; ${near ? `did you mean ${near}?` : 'pipe --list shows every task'}`,
  );
}

/** One line a task, names in a column. */
function formatList(tasks: readonly ListedTask[]): string {
  const width = Math.max(...tasks.map(({ name }) => name.length));
  return tasks.map(({ name, summary }) => `pipe ${name.padEnd(width)}  # ${summary}\n`).join('');
}

/** One JSON object a line; what completion needs besides is no part of it. */
function formatListJson(tasks: readonly ListedTask[]): string {
  const fields = ['name', 'summary', 'usage', 'file'];
  return tasks.map((task) => `${JSON.stringify(task, fields)}\n`).join('');
}
