import { datasetsIn } from '../dataset/datasets.ts';
import { RUNS_PREFIX } from '../ledger/ledger.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { replaceFile } from '../task/bundle-cache.ts';
import type { KeptNames } from './complete-bucket.ts';
import { mostRuns } from './complete-store.ts';
import { localEffects } from './local-effects.ts';
import { s3Options } from './s3.ts';

/** Nobody waits, but a bucket that hardly answers is not asked for ever. */
const budgetMs = 30_000;
/** Each is a request, which costs money; the days of a few hundred sites tell enough. */
const mostFolders = 300;

type Folders = Pick<Store, 'folders'>;

/** Lists what completion offers of a bucket, and keeps it in a file for the next time. */
export async function keepNames([uri = '', path = '']: readonly string[]): Promise<void> {
  const options = { cwd: process.cwd(), effects: localEffects(), s3: s3Options(false) };
  const signal = AbortSignal.timeout(budgetMs);
  const store = (await openStore(uri, options)).until(signal);
  const runs = await all(store.folders(RUNS_PREFIX));
  const datasets = await all(datasetsIn(bounded(store)));
  const values = await valuesIn(bounded(store), datasets);
  const names: KeptNames = { datasets, runs: runs.toReversed().slice(0, mostRuns), values };
  await replaceFile(path, JSON.stringify(names));
}

/** The rest of the folders is as if it were empty. */
function bounded(store: Folders): Folders {
  let asked = 0;
  return {
    async *folders(prefix) {
      asked += 1;
      if (asked <= mostFolders) yield* store.folders(prefix);
    },
  };
}

/** Every dataset's first key before the keys below it, so that what is left out are the last of those. */
async function valuesIn(store: Folders, datasets: readonly string[]): Promise<KeptNames['values']> {
  const found = new Map<string, Set<string>>();
  const open = datasets.map((dataset) => ({ dataset, prefix: `${dataset}/` }));
  for (const { dataset, prefix } of open) {
    for (const folder of await all(store.folders(prefix))) {
      const at = folder.indexOf('=');
      if (at < 0) continue;
      const key = `${dataset}/${folder.slice(0, at)}`;
      found.set(key, (found.get(key) ?? new Set()).add(folder.slice(at + 1)));
      open.push({ dataset, prefix: `${prefix}${folder}/` });
    }
  }
  return Object.fromEntries([...found].map(([key, values]) => [key, [...values]]));
}

async function all(words: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const word of words) found.push(word);
  return found;
}
