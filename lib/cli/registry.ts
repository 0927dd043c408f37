import { homedir, tmpdir } from 'node:os';
import { access } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../errors.ts';
import { bundleModules } from '../task/bundle.ts';
import type { UserModule } from '../task/bundle.ts';
import { loadTasks } from '../task/load.ts';
import { findProject, taskFiles } from '../task/project.ts';
import { createRegistry } from '../task/registry.ts';
import type { RegisteredTask, Registry } from '../task/registry.ts';
import { readConfig } from './config.ts';
import type { Config } from './config.ts';
import { packageRoot, version } from './package.ts';

/** What the folder a person stands in brings along. */
export interface Loaded {
  readonly root: string;
  readonly config: Config;
  readonly registry: Registry;
}

/** What a project itself brings along; its tasks are not loaded yet. */
export interface Own {
  readonly root: string;
  /** Absolute path of the `pipe.config` that was read, where there is one. */
  readonly configFile?: string;
  readonly config: Config;
  readonly modules: readonly UserModule[];
}

/** Loads the config and the tasks of the nearest project, and puts them beside the built-in tasks. */
export async function loadProject(cwd: string): Promise<Loaded> {
  const { root, config, modules } = await findOwn(cwd);
  const tasks = await loadTasks(modules, root);
  // A list of tasks needs only their names, so that what they do is loaded here.
  const { builtInTasks } = await import('./built-ins.ts');
  const looked =
    modules.length === 0
      ? `there are no task files in ${join(root, 'tasks')}; pipe init writes a first one, pipe --list shows those of pipe itself`
      : `pipe --list shows every task, those of ${join(root, 'tasks')} among them${withoutTasks(root, modules, tasks)}`;
  return { root, config, registry: createRegistry([...builtInTasks(), ...tasks], looked) };
}

/** Who forgets to export a task looks for it in vain. */
function withoutTasks(
  root: string,
  modules: readonly UserModule[],
  tasks: readonly RegisteredTask[],
): string {
  const files = modules.map(({ file }) => relative(root, file));
  const idle = files.filter((file) => tasks.every((task) => task.file !== file));
  return idle.length === 0
    ? ''
    : `; ${idle.join(', ')} ${idle.length === 1 ? 'exports' : 'export'} none`;
}

/** Finds the nearest project, bundles its task files if they have changed, and reads its config. */
export async function findOwn(cwd: string): Promise<Own> {
  const project = await findProject(cwd);
  // In Pipe's own folder the tasks are the built-in ones already.
  if (!project || project.root === packageRoot) {
    return { root: project?.root ?? cwd, config: {}, modules: [] };
  }
  const { root, config: configPath } = project;
  const code = configPath && !configPath.endsWith('.json') ? [configPath] : [];
  const all = await bundle(root, [...code, ...(await taskFiles(root))]);
  const [configModule, modules] = code.length > 0 ? [all[0], all.slice(1)] : [undefined, all];
  const file = configPath !== undefined && { configFile: configPath };
  return { root, ...file, config: await readConfig(configPath, configModule), modules };
}

/**
 * A file outside `tasks/` as a module, by a path relative to `cwd`. Packages are looked up from its own project.
 * Throws UsageError where it is not there or has a syntax error.
 */
export async function openModule(path: string, cwd: string): Promise<UserModule> {
  const file = resolve(cwd, path);
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (!isThere) throw new UsageError(`'${path}' does not exist; expected a file below ${cwd}`);
  const project = await findProject(dirname(file));
  const [module] = await bundle(project?.root ?? dirname(file), [file]);
  if (!module) throw new Error(`no bundle of ${file}`);
  return module;
}

async function bundle(root: string, files: readonly string[]): Promise<readonly UserModule[]> {
  return bundleModules({
    root,
    files,
    cacheFolder: await cacheFolder(root),
    pipe: pathToFileURL(join(packageRoot, 'dist/lib/pipe.js')).href,
    version: `${version} node ${process.versions.node}`,
  });
}

/** Inside the project, so that the bundle finds its packages; elsewhere when it has none. */
async function cacheFolder(root: string): Promise<string> {
  const modules = join(root, 'node_modules');
  const exists = await access(modules).then(
    () => true,
    () => false,
  );
  if (exists) return join(modules, '.cache', 'pipe');
  return userCacheFolder();
}

/** Where what can be made again is kept between commands, of all projects. */
export function userCacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir() || tmpdir(), '.cache'), 'pipe');
}
