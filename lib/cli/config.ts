import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { nearest } from '../docopt/suggest.ts';
import { messageOf, UsageError } from '../errors.ts';
import type { UserModule } from '../task/bundle.ts';

/** What `pipe.config.{ts,js,json}` may say. */
export interface Config {
  /** A folder, relative to the project root, or a URI. */
  readonly store?: string;
  /** An IANA zone. */
  readonly timezone?: string;
  readonly jobs?: number;
}

const fields = { store: 'string', timezone: 'string', jobs: 'number' } as const;

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
    throw new UsageError(`${name}: ${messageOf(error)}`, { cause: error });
  }
}

async function defaultOf(module: UserModule, name: string): Promise<unknown> {
  try {
    return (await module.load())['default'];
  } catch (error) {
    throw new UsageError(`${name}: ${messageOf(error)}`, { cause: error });
  }
}

function checkConfig(value: unknown, name: string): Config {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(
      `${name}: expected an object such as { "store": "data" } (in code: export default { … })`,
    );
  }
  for (const [field, given] of Object.entries(value)) checkField(field, given, name);
  return value;
}

function checkField(field: string, given: unknown, name: string): void {
  const type = Object.entries(fields).find(([known]) => known === field)?.[1];
  if (type === undefined) {
    const known = Object.keys(fields);
    const near = nearest(field, known);
    const hint = near ? `did you mean '${near}'?` : `it takes ${known.join(', ')}`;
    throw new UsageError(`${name}: unknown field '${field}'; ${hint}`);
  }
  if (typeof given !== type) {
    throw new UsageError(`${name}: ${field} is '${String(given)}', expected a ${type}`);
  }
}
