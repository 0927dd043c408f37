import { chainOf, setsOf } from '../../dataset/snapshot.ts';
import type { Chain, StoredSet } from '../../dataset/snapshot.ts';
import type { Reader } from '../../dataset/published.ts';
import { parquet } from '../../engine/parquet.ts';
import { raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { NoDataError } from '../../errors.ts';
import type { NamedFormat } from '../../formats/file-name.ts';
import { copyRows } from '../relation/copy.ts';
import { keyColumns } from './key.ts';
import { State } from './state.ts';
import type { StateEffects } from './state.ts';

/** Reads that find their files gone look again so often; each time somebody has published in between. */
const MAX_ATTEMPTS = 5;

/**
 * Does some work on the chain of a state. Where files are gone when it comes to read them, since the
 * set was merged or expired in between, it is done again on what is there now.
 * Throws NoDataError where there is no state of that day.
 */
export async function withChain<Result>(
  store: Reader & { readonly uri: string },
  dataset: string,
  asOf: string | undefined,
  work: (chain: Chain) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    const chain = await currentChain(store, dataset, asOf);
    try {
      return await work(chain);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS) throw error;
      const now = await currentChain(store, dataset, asOf);
      if (etagsOf(now) === etagsOf(chain)) throw error;
    }
  }
}

async function currentChain(
  store: Reader & { readonly uri: string },
  dataset: string,
  asOf: string | undefined,
): Promise<Chain> {
  const sets = await setsOf(store, dataset);
  const chain = chainOf(sets, asOf);
  if (chain) return chain;
  throw noState(store, dataset, sets, asOf);
}

/** That there is no state of a day, which none is before the first set. */
export function noState(
  { uri }: { readonly uri: string },
  dataset: string,
  [first]: readonly StoredSet[],
  asOf: string | undefined,
): NoDataError {
  if (!first) {
    return new NoDataError(
      `'${dataset}' has no sets in the store ${uri}; store one with snapshot:full`,
    );
  }
  return new NoDataError(
    `'${dataset}' has no state as of ${asOf}: its first set is of ${first.day}; name a day from then on`,
  );
}

function etagsOf({ full, increments }: Chain): string {
  return [full, ...increments].map(({ etag }) => etag).join(' ');
}

/** Sorting more would take longer than reading it. */
const MAX_SORTED = 1_000_000;

/**
 * Writes a state, or the records of it for which `where` holds, to a local file. Up to a million
 * records are sorted by key; more come bucket by bucket, nearly sorted, and with increments are put
 * together so, that memory does not grow with them. Returns the rows.
 */
export async function writeState(
  effects: StateEffects,
  chain: Chain,
  target: { readonly path: string; readonly format: NamedFormat },
  where: Sql | undefined,
): Promise<number> {
  const { engine } = effects;
  const state = await State.open(effects, chain);
  const filter = where ? sql`where ${where}` : raw('');
  const isSmall = rowsOf(chain) <= MAX_SORTED;
  const all = isSmall ? await state.rows() : await partByPart(effects, state, filter);
  const order = isSmall ? sql`order by ${keyColumns(state.key)}` : raw('');
  const query = sql`select * from (${all}) ${filter} ${order}`;
  return await copyRows(engine, { query, columns: state.columns }, target.path, target.format);
}

/** Puts a state together that is too large to do it at once, part by part. */
async function partByPart(effects: StateEffects, state: State, filter: Sql): Promise<Sql> {
  const { engine, staging } = effects;
  if (state.chain.increments.every(({ buckets }) => buckets.length === 0)) {
    return await state.rows();
  }
  const paths: string[] = [];
  for (const part of state.parts) {
    const path = staging.path('part.parquet');
    await engine.write(sql`select * from (${await state.partRows(part)}) ${filter}`, path);
    paths.push(path);
  }
  return sql`select * from ${parquet(paths)}`;
}

function rowsOf({ full, increments }: Chain): number {
  const buckets = [full, ...increments].flatMap((set) => set.buckets);
  return buckets.reduce((sum, { file }) => sum + file.rows, 0);
}
