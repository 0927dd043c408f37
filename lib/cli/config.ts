import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { nearest } from '../docopt/suggest.ts';
import { UsageError } from '../errors.ts';
import type { UserModule } from '../task/bundle.ts';
import { jsonError } from '../task/bundle.ts';
import { loadError } from '../task/load.ts';

/** What `pipe.config.{ts,js,json}` may say. */
export interface Config {
  /** A folder, relative to the project root, or a URI. */
  readonly store?: string;
  /** An IANA zone. */
  readonly timezone?: string;
  readonly jobs?: number;
  /** A duration such as `30s`: how long what runs may go on after the first Ctrl-C. */
  readonly grace?: string;
  /** A size such as `2g`: the heap of each process that invocations are isolated in. */
  readonly maxMemory?: string;
  /** What to do where another run makes the same partition. */
  readonly ifRunning?: 'wait' | 'skip' | 'fail' | 'take-over';
  /** A duration: how long to wait for another run. */
  readonly wait?: string;
  /** For tasks that say nothing themselves: how often to try again what may pass. */
  readonly retries?: number;
  /** For such tasks, a duration: the most that is waited before the first retry. */
  readonly retryDelay?: string;
  /** For such tasks, a duration: how long one attempt may take. */
  readonly timeout?: string;
  /** For such tasks: whether each invocation is in a process of its own. */
  readonly isolate?: 'process' | 'none';
}

/** What each field takes, and how one writes it. */
const schema: Readonly<
  Record<keyof Config, { readonly type: 'string' | 'number'; readonly example: string }>
> = {
  store: { type: 'string', example: "'data' or 's3://bucket/prefix'" },
  timezone: { type: 'string', example: "'Europe/Berlin'" },
  jobs: { type: 'number', example: '4' },
  grace: { type: 'string', example: "'30s'" },
  maxMemory: { type: 'string', example: "'2g'" },
  ifRunning: { type: 'string', example: "'wait', 'skip', 'fail' or 'take-over'" },
  wait: { type: 'string', example: "'10m'" },
  retries: { type: 'number', example: '3' },
  retryDelay: { type: 'string', example: "'2s'" },
  timeout: { type: 'string', example: "'10m'" },
  isolate: { type: 'string', example: "'process' or 'none'" },
};

/** The fields that a config may have. */
export const configFields: readonly string[] = Object.keys(schema);

/** Reads a config; `module` is the loaded file where it is code. Throws UsageError naming file and field. */
export async function readConfig(
  path: string | undefined,
  module: UserModule | undefined,
): Promise<Config> {
  if (path === undefined) return {};
  const name = basename(path);
  const value = module ? await defaultOf(module, name) : await readJson(path, name);
  return checkConfig(value, name);
}

async function readJson(path: string, name: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw (await jsonError(path, name)) ?? loadError(error, path, name);
  }
}

async function defaultOf(module: UserModule, name: string): Promise<unknown> {
  try {
    return (await module.load())['default'];
  } catch (error) {
    throw loadError(error, module.file, name);
  }
}

function checkConfig(value: unknown, name: string): Config {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const example = name.endsWith('.json')
      ? '{ "store": "data" }'
      : "export default { store: 'data' }";
    throw new UsageError(`${name}: expected an object; write for example ${example}`);
  }
  for (const [field, given] of Object.entries(value)) checkField(field, given, name);
  return value;
}

function checkField(field: string, given: unknown, name: string): void {
  const known = Object.entries(schema).find(([each]) => each === field)?.[1];
  if (known === undefined) {
    const near = nearest(field, configFields);
    const hint = near ? `did you mean '${near}'?` : `it takes ${configFields.join(', ')}`;
    throw new UsageError(`${name}: unknown field '${field}'; ${hint}`);
  }
  const { type, example } = known;
  // `undefined` is what a field is that was left to a variable of the environment.
  if (given === undefined || (typeof given === type && !Number.isNaN(given))) return;
  const written = typeof given === 'string' ? `'${given}'` : JSON.stringify(given);
  throw new UsageError(`${name}: ${field} is ${written}, expected a ${type} such as ${example}`);
}
