import { spawn } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentHash } from '../task/bundle-cache.ts';
import { keepNamesWord } from './complete-store.ts';
import type { Look } from './complete-store.ts';
import { userCacheFolder } from './registry.ts';

/** What a bucket had when it was last looked at. */
export interface KeptNames {
  readonly datasets: readonly string[];
  /** The newest first. */
  readonly runs: readonly string[];
  /** By dataset and key, as in `events/site`. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

/** Names that are older are looked up anew, for the next time. */
const freshMs = 60_000;

/**
 * A bucket is too far away for somebody who waits: what is offered are names that were kept, which a
 * process in the background has listed. The first time there are none.
 */
export async function openBucketLook(uri: string, given: string | undefined): Promise<Look> {
  const path = pathFor(uri);
  if (!(await isFresh(path))) await refresh(uri, path);
  const { datasets, runs, values } = await readNames(path);
  return {
    datasets: async () => datasets,
    runs: async () => runs,
    values: async (key, typed) => {
      const wanted = given === undefined ? datasets : [given];
      const found = wanted.flatMap((dataset) => values[`${dataset}/${key}`] ?? []);
      return [...new Set(found)].filter((value) => value.startsWith(typed));
    },
  };
}

/** Another server may have a bucket of the same name. */
function pathFor(uri: string): string {
  const { PIPE_S3_ENDPOINT, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
  const server = PIPE_S3_ENDPOINT ?? AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL ?? '';
  const name = contentHash(JSON.stringify([server, uri])).slice(0, 16);
  return join(userCacheFolder(), `completion-${name}.json`);
}

/** Whether the names were looked up, or begun to be, a short time ago. */
async function isFresh(path: string): Promise<boolean> {
  const made = await stat(askedAt(path)).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs < freshMs;
}

/** Without it every key that is pressed meanwhile would begin another look. */
function askedAt(path: string): string {
  return `${path}.asked`;
}

async function refresh(uri: string, path: string): Promise<void> {
  await mkdir(userCacheFolder(), { recursive: true });
  await writeFile(askedAt(path), '');
  const [, script = ''] = process.argv;
  const argv = [script, 'complete', keepNamesWord, uri, path];
  spawn(process.execPath, argv, { detached: true, stdio: 'ignore' }).unref();
}

async function readNames(path: string): Promise<KeptNames> {
  try {
    const kept: unknown = JSON.parse(await readFile(path, 'utf8'));
    const { datasets, runs, values }: Readonly<Record<string, unknown>> = Object(kept);
    const lists = Object.entries(Object(values)).map(([key, list]) => [key, texts(list)] as const);
    return { datasets: texts(datasets), runs: texts(runs), values: Object.fromEntries(lists) };
  } catch {
    return { datasets: [], runs: [], values: {} };
  }
}

/** Another version of Pipe may have written the file. */
function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
