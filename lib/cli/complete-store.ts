import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { datasetsIn } from '../dataset/datasets.ts';
import { parseArgs } from '../docopt/args.ts';
import { parseUsage } from '../docopt/parse.ts';
import { RUNS_PREFIX } from '../ledger/ledger.ts';
import { isS3 } from '../store/place.ts';
import type { Store } from '../store/store.ts';
import type { Asked } from './complete.ts';
import { absolute, givenFor } from './settings.ts';
import { optionsUsage } from './usage.ts';

/** What completion finds in a store. A folder is looked at until the time is up, of a bucket the names that were kept. */
export interface Look {
  datasets(): Promise<readonly string[]>;
  /** The newest first. */
  runs(): Promise<readonly string[]>;
  /** Values of a key of partitions that begin as typed, of all datasets or of the one that is given. */
  values(key: string, typed: string): Promise<readonly string[]>;
}

/** Stands behind `pipe complete` where else the name of a shell stands. */
export const keepNamesWord = 'keep-names';

/** A person waits; what is not found by then is not offered. */
const budgetMs = 90;
/** More help nobody. */
export const mostRuns = 50;

/** The store of the command line that is being typed. */
export async function openLook(asked: Asked): Promise<Look> {
  const uri = await storeUri(asked);
  const given = asked.rest?.map((word) => /^--dataset=(.+)/.exec(word)?.[1]).find(Boolean);
  if (isS3(uri)) return (await import('./complete-bucket.ts')).openBucketLook(uri, given);
  const store = foldersOf(/^file:/i.test(uri) ? fileURLToPath(uri) : resolve(asked.cwd, uri));
  const end = performance.now() + budgetMs;
  const isLate = (): boolean => performance.now() > end;
  const datasets = (): Promise<readonly string[]> => taken(datasetsIn(store), isLate);
  return {
    datasets,
    async runs() {
      const runs = await taken(store.folders(RUNS_PREFIX), isLate);
      return runs.toReversed().slice(0, mostRuns);
    },
    async values(key, typed) {
      const values = new Set<string>();
      for (const dataset of given === undefined ? await datasets() : [given]) {
        for await (const value of valuesBelow(store, `${dataset}/`, key)) {
          if (isLate()) return [...values];
          if (value.startsWith(typed)) values.add(value);
        }
      }
      return [...values];
    },
  };
}

async function storeUri({ head, own }: Asked): Promise<string> {
  const options = parseArgs(parseUsage(optionsUsage, 'pipe'), head);
  const { root, config } = await own();
  const store = givenFor('store', { options, environment: process.env, config });
  if (store && store.from !== 'config') return store.value;
  return absolute(store?.value ?? 'data', root);
}

/** Folders by name alone: whether anything is in them would take a look into each. */
function foldersOf(root: string): Pick<Store, 'folders'> {
  return {
    async *folders(prefix) {
      const entries = await readdir(join(root, prefix), { withFileTypes: true }).catch(() => []);
      const isOwn = prefix.startsWith('.');
      const folders = entries.filter((entry) => entry.isDirectory());
      const names = folders.map(({ name }) => name).sort();
      yield* names.filter((name) => isOwn || !name.startsWith('.'));
    },
  };
}

async function taken(words: AsyncIterable<string>, isLate: () => boolean): Promise<string[]> {
  const found: string[] = [];
  for await (const word of words) {
    if (isLate()) break;
    found.push(word);
  }
  return found;
}

/** Every value of a key below a folder, again and again where several folders have it. */
async function* valuesBelow(
  store: Pick<Store, 'folders'>,
  prefix: string,
  key: string,
): AsyncGenerator<string> {
  for await (const folder of store.folders(prefix)) {
    const at = folder.indexOf('=');
    if (at < 0) continue;
    if (folder.slice(0, at) === key) yield folder.slice(at + 1);
    else yield* valuesBelow(store, `${prefix}${folder}/`, key);
  }
}
