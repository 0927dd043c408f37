import { createHash } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { NoDataError, UserError } from '../lib/errors.ts';
import { computeByFunction } from '../lib/operations/derive/by-function.ts';
import { computeBySql } from '../lib/operations/derive/by-sql.ts';
import type { Computing } from '../lib/operations/derive/computing.ts';
import { placeRows } from '../lib/operations/derive/placed.ts';
import { loadRecordModule } from '../lib/operations/derive/record-module.ts';
import { load } from '../lib/operations/merge/load.ts';
import type { LoadEffects } from '../lib/operations/merge/load.ts';
import type { PlanContext, RunContext } from '../lib/task/task.ts';

/** What `--with` names, and the hash of its code. */
type Code = Omit<Computing, 'compute'>;

/** What `--with` names: a file by its URI, or a task. Throws UserError where there is none. */
export async function codeOf(text: string, context: PlanContext): Promise<Code> {
  const name = text;
  if (isTask(text)) return { name, uri: text, code: await context.registry.get(text).code() };
  const uri = pathToFileURL(path.resolve(context.cwd, text)).href;
  if (isSql(text)) {
    const content = await readSql(text, context);
    return { name, uri, code: createHash('sha256').update(content).digest('hex') };
  }
  return { name, uri, code: (await moduleOf(text, context)).code };
}

/** What computes the rows, loaded. */
export async function computingOf(
  text: string,
  context: RunContext,
  effects: LoadEffects,
  { concurrency }: { readonly concurrency: number },
): Promise<Computing> {
  const code = await codeOf(text, context);
  if (isTask(text)) return { ...code, compute: byTask(text, context, effects) };
  if (isSql(text)) {
    const query = { name: text, text: await readSql(text, context) };
    return { ...code, compute: (todo, each) => computeBySql(query, todo, each) };
  }
  const userModule = await moduleOf(text, context);
  const module = await loadRecordModule(text, () => userModule.load());
  const { signal, log, request } = context;
  const options = { concurrency, context: { signal, log, request } };
  return { ...code, compute: (todo, each) => computeByFunction(module, todo, each, options) };
}

/** The task reads the records from a Parquet file and writes rows with their keys to another, in any format. */
function byTask(task: string, context: RunContext, effects: LoadEffects): Computing['compute'] {
  return async (todo, each) => {
    const to = effects.staging.path('rows.parquet');
    const { status, error } = await context.invoke(task, { from: todo.path, to });
    if (status !== 'done' && status !== 'skipped') {
      throw new UserError(`--with: '${task}' could not compute ${todo.rows} records`, {
        cause: error,
      });
    }
    // It may hold any format, whatever its name says.
    const made = effects.staging.path('rows');
    await rename(to, made);
    const input = { name: made, version: '' };
    const files = [{ input, fetch: () => Promise.resolve(made) }];
    const loaded = await load(effects, { files, version: '' });
    return await placeRows({ name: task, ...loaded }, todo, each);
  };
}

/** Names of tasks have a colon, and neither folders nor endings. */
function isTask(text: string): boolean {
  return /^[^/\\.]+:[^/\\.]+$/.test(text);
}

function isSql(text: string): boolean {
  return text.toLowerCase().endsWith('.sql');
}

async function readSql(text: string, { cwd }: PlanContext): Promise<string> {
  try {
    return await readFile(path.resolve(cwd, text), 'utf8');
  } catch (error) {
    throw new NoDataError(`--with: '${text}' cannot be read; expected a file of SQL`, {
      cause: error,
    });
  }
}

async function moduleOf(
  text: string,
  { openModule }: PlanContext,
): Promise<Awaited<ReturnType<NonNullable<PlanContext['openModule']>>>> {
  if (openModule) return await openModule(text);
  throw new UserError(`--with: '${text}' cannot be loaded here; run it with the command pipe`);
}
