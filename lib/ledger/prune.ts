import { UserError } from '../errors.ts';
import { DAY_MS } from '../dates/day.ts';
import type { Instant } from '../dates/day.ts';
import type { Store } from '../store/store.ts';
import { ledgerKey, RUNS_PREFIX } from './ledger.ts';
import { readSummary, runsIn } from './read.ts';

/**
 * Whether a run that has no end has been silent for so long that it must have been killed. As with
 * what runs leave in staging, none is expected to last longer.
 */
const LONGEST_SILENCE_DAYS = 7;

/** The runs, oldest first, that were last written to more than so many days ago and are over. */
export async function* expiredRuns(
  store: Pick<Store, 'list' | 'stream'>,
  keepDays: number,
  now: Instant,
): AsyncGenerator<string, void, undefined> {
  for (const { run, modified } of (await runsIn(store)).reverse()) {
    const silentDays = (now - modified.getTime()) / DAY_MS;
    if (silentDays > keepDays && (await isOver(store, run, silentDays))) yield run;
  }
}

/**
 * Removes all that is kept of a run, and says whether there was anything. Throws UserError for one
 * that may still go on.
 */
export async function removeRun(
  store: Pick<Store, 'list' | 'stream' | 'remove'>,
  run: string,
  now: Instant,
): Promise<boolean> {
  const keys: string[] = [];
  for await (const { key, modified } of store.list(`${RUNS_PREFIX}${run}/`)) {
    keys.push(key);
    if (key !== ledgerKey(run)) continue;
    if (await isOver(store, run, (now - modified.getTime()) / DAY_MS)) continue;
    throw new UserError(
      `run '${run}' may still go on: its ledger has no end, and was written to less than ` +
        `${LONGEST_SILENCE_DAYS} days ago; wait until then if it was killed`,
    );
  }
  await store.remove(keys);
  return keys.length > 0;
}

async function isOver(
  store: Pick<Store, 'stream'>,
  run: string,
  silentDays: number,
): Promise<boolean> {
  if (silentDays > LONGEST_SILENCE_DAYS) return true;
  return (await readSummary(store, run)).exitCode !== 'unfinished';
}
