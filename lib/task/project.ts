import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The folder a person's tasks live in. */
export interface Project {
  readonly root: string;
  /** Absolute path of `pipe.config.{ts,js,json}`, where there is one. */
  readonly config: string | undefined;
}

const configNames = ['pipe.config.ts', 'pipe.config.js', 'pipe.config.json'];

/** The nearest folder at or above `from` that has a `pipe.config.{ts,js,json}` or a package.json. */
export async function findProject(from: string): Promise<Project | undefined> {
  const names = new Set(await readdir(from).catch(() => []));
  const config = configNames.find((name) => names.has(name));
  if (config !== undefined) return { root: from, config: join(from, config) };
  if (names.has('package.json')) return { root: from, config: undefined };
  const parent = dirname(from);
  return parent === from ? undefined : findProject(parent);
}

/** The project's `tasks/*.{ts,js}`, also with an `m` or `c` before, sorted; declarations and tests are not tasks. */
export async function taskFiles(root: string): Promise<readonly string[]> {
  const folder = join(root, 'tasks');
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => /\.[cm]?[tj]s$/.test(name) && !/\.(d|test|spec)\.[cm]?[tj]s$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}
