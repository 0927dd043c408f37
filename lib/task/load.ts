import { relative } from 'node:path';
import { messageOf, UsageError } from '../errors.ts';
import type { UserModule } from './bundle.ts';
import { isTask } from './define.ts';
import type { Task } from './define.ts';
import type { RegisteredTask } from './registry.ts';
import { LinkError } from './link-error.ts';
import { caretAt, mapStack } from './source-map.ts';
import type { Place } from './source-map.ts';

/**
 * Loads the user's modules and takes every task they export, alone or in an array.
 * Throws UsageError that names the file when one throws while loading.
 */
export async function loadTasks(
  modules: readonly UserModule[],
  root: string,
): Promise<readonly RegisteredTask[]> {
  const loaded = await Promise.all(
    modules.map(async (module) => {
      const file = relative(root, module.file);
      const exports = await load(module, file);
      return tasksOf(exports).map((task) => registered(task, file, async () => module.code));
    }),
  );
  return loaded.flat();
}

/** The tasks among a module's exports; each once, even when it is exported twice. */
export function tasksOf(exports: Readonly<Record<string, unknown>>): readonly Task[] {
  return [...new Set(Object.values(exports).flat())].filter(isTask);
}

export function registered(task: Task, file: string, code: () => Promise<string>): RegisteredTask {
  let known: Promise<string> | undefined;
  return { ...task, file, code: () => (known ??= code()) };
}

async function load(module: UserModule, file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await module.load();
  } catch (error) {
    throw loadError(error, module.file, file);
  }
}

/** What was thrown while a file was loaded, with the place in it; `file` is what people call it. */
export function loadError(error: unknown, path: string, file: string): UsageError {
  if (error instanceof LinkError) return error;
  const message = messageOf(error);
  const place = placeIn(error, path);
  if (!place) return new UsageError(`${file}: ${message}`, { cause: error });
  // A message of several lines points at something itself.
  const caret = message.includes('\n') ? '' : caretAt({ path, ...place });
  const { line, column } = place;
  return new UsageError(`${file}:${line}:${column}: ${message}${caret}`, { cause: error });
}

/** The first frame of an error's stack in a file. */
function placeIn(error: unknown, file: string): Omit<Place, 'path'> | undefined {
  const stack = error instanceof Error ? mapStack(error.stack ?? '') : '';
  const start = stack.indexOf(`${file}:`);
  const [, line, column] = /^:(\d+):(\d+)/.exec(stack.slice(start + file.length)) ?? [];
  if (start < 0 || column === undefined) return undefined;
  return { line: Number(line), column: Number(column) };
}
