import type { Reader } from '../../dataset/published.ts';
import { chainOf, setsOf } from '../../dataset/snapshot.ts';
import type { Chain } from '../../dataset/snapshot.ts';
import type { Engine } from '../../engine/engine.ts';
import { sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { Staging, Store } from '../../store/store.ts';
import { withChain } from './read.ts';
import { stateRows } from './state.ts';

/** What reading a state as files touches. */
export interface StateFileEffects {
  readonly store: Reader & Pick<Store, 'uri' | 'download'>;
  engine(): Promise<Engine>;
  staging(): Promise<Staging>;
}

/** A state as local Parquet files, and the day whose set was the last one. */
export interface StateFiles {
  readonly day: string;
  readonly paths: readonly string[];
}

/**
 * The state as of a day (left out: the last one) as files: those of a full set as they are, with
 * increments one that is put together. Throws NoDataError where there is none.
 */
export async function stateFiles(
  effects: StateFileEffects,
  dataset: string,
  asOf: string | undefined,
): Promise<StateFiles> {
  const { store } = effects;
  return await withChain(store, dataset, asOf, async (chain) => {
    const staging = await effects.staging();
    const { full, increments, tip } = chain;
    if (increments.length > 0) {
      const path = staging.path('state.parquet');
      await (await effects.engine()).write(await stateRows({ store, staging }, chain), path);
      return { day: tip.day, paths: [path] };
    }
    const paths: string[] = [];
    for (const { key, file } of full.buckets) paths.push(await store.download(key, staging, file));
    return { day: tip.day, paths };
  });
}

/** The state of a day as SQL to stand behind `from`, and how many rows are read for it. */
export async function stateTable(
  store: Reader & Pick<Store, 'download'>,
  staging: Staging,
  dataset: string,
  day: string,
): Promise<{ readonly sql: Sql; readonly rows: number } | undefined> {
  const chain = chainOf(await setsOf(store, dataset), day);
  if (!chain) return undefined;
  return { sql: sql`(${await stateRows({ store, staging }, chain)})`, rows: rowsRead(chain) };
}

function rowsRead({ full, increments, tip }: Chain): number {
  const buckets = [full, ...increments].flatMap((set) => set.buckets);
  return tip.set.keys ?? buckets.reduce((sum, { file }) => sum + file.rows, 0);
}
