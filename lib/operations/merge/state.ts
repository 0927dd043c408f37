import type { Column } from '../../dataset/manifest.ts';
import type { Chain, StoredBucket, StoredSet } from '../../dataset/snapshot.ts';
import type { Engine } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { numberAt } from '../../engine/row.ts';
import { identifier, join, literal, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { Staging, Store } from '../../store/store.ts';
import { bucketOf, isWithin, keyColumns, keyValue, rangesOf } from './key.ts';
import type { Key, KeyRange } from './key.ts';
import { DELETED, flag, isSameSchema, keyIn, selected } from './schema.ts';

/** What reading a state touches. */
export interface StateEffects {
  readonly engine: Engine;
  readonly store: Pick<Store, 'download'>;
  readonly staging: Staging;
}

/** The column that tells of which increment a change is: an even number, the last one's the greatest. */
export const TURN = raw('__pipe_turn');

/** Tables and a sequence in an engine, of a part that is being merged. */
export interface Turns {
  readonly turns: Sql;
  readonly last: Sql;
  /** The name of the sequence. */
  readonly gone: string;
}

/** A part of a state: a bucket of the full set, and what increments have for its keys. */
export interface Part {
  readonly index: number;
  readonly range: KeyRange;
  /** Absent where the full set is empty. */
  readonly base: StoredBucket | undefined;
  /** By increment, oldest first: the files that may hold keys of the range. */
  readonly changes: readonly {
    readonly set: StoredSet;
    readonly buckets: readonly StoredBucket[];
  }[];
}

/** The rows of a whole state, in no order. Fetches its files. */
export async function stateRows(
  effects: Pick<StateEffects, 'store' | 'staging'>,
  chain: Chain,
): Promise<Sql> {
  const { schema } = chain.tip.manifest;
  return await new State(effects, chain, keyIn(schema, chain.tip.set.key), []).rows();
}

/** A state as its chain tells it: nothing is read yet but manifests. */
export class State {
  readonly chain: Chain;
  readonly columns: readonly Column[];
  readonly key: Key;
  readonly parts: readonly Part[];
  readonly #effects: Pick<StateEffects, 'store' | 'staging'>;

  /** Looks up which files have keys of which part. */
  static async open(effects: StateEffects, chain: Chain): Promise<State> {
    const { schema } = chain.tip.manifest;
    const key = keyIn(schema, chain.tip.set.key);
    return new State(effects, chain, key, await partsOf(effects.engine, chain, key));
  }

  constructor(
    effects: Pick<StateEffects, 'store' | 'staging'>,
    chain: Chain,
    key: Key,
    parts: readonly Part[],
  ) {
    this.#effects = effects;
    this.chain = chain;
    this.columns = chain.tip.manifest.schema;
    this.key = key;
    this.parts = parts;
  }

  /** Whether files of the full set hold the columns of this state, so that they can be used as they are. */
  get keepsSchema(): boolean {
    return isSameSchema(this.columns, this.chain.full.manifest.schema);
  }

  /** The rows of the whole state, in no order. Fetches its files. */
  async rows(): Promise<Sql> {
    const { full, increments } = this.chain;
    const changes = increments.map((set) => ({ set, buckets: set.buckets }));
    return await this.#merged(full.buckets, changes, {});
  }

  /** The rows of a part, in no order. Fetches its files. */
  async partRows({ base, changes, range }: Part): Promise<Sql> {
    return await this.#merged(base ? [base] : [], changes, range);
  }

  /** What increments have for the keys of a part, with {@link TURN}; undefined where none has files with such keys. */
  async partTurns({ changes, range }: Part): Promise<Sql | undefined> {
    const turns = await this.#turns(changes, range);
    return turns.length === 0 ? undefined : join(turns, ' union all ');
  }

  /**
   * The turn in which each key was changed last: one more, so that no change has it, where that
   * deleted it. `turns` is a table of {@link partTurns}.
   */
  lastTurns(turns: Sql): Sql {
    return sql`select ${keyColumns(this.key)}, max(${TURN} + ${identifier(DELETED)}::integer) as ${TURN}
      from ${turns} group by ${keyColumns(this.key)}`;
  }

  /**
   * As {@link partRows}, by tables of {@link partTurns} and {@link lastTurns}. Each record of the part that goes
   * or is replaced takes a number of a sequence, so that they are counted without reading all keys again.
   */
  async partRowsBy({ base }: Part, { turns, last, gone }: Turns): Promise<Sql> {
    const names = sql`${this.columns.map(({ name }) => identifier(name))}`;
    const key = keyColumns(this.key);
    return sql`select ${names} from (${await this.#base(base ? [base] : [])}) left join ${last} using (${key})
        where case when ${TURN} is null then true else nextval(${literal(gone)}) < 1 end
      union all select ${names} from ${turns} semi join ${last} using (${key}, ${TURN})`;
  }

  /** Whether an increment has keys of a part. */
  async isChanged(engine: Engine, { changes, range }: Part): Promise<boolean> {
    // Most have some in the first that is looked at.
    for (const turn of await this.#turns(changes, range)) {
      const any = sql`select 1 as there from (${turn}) limit 1`;
      if ((await engine.rows(any)).length > 0) return true;
    }
    return false;
  }

  /** The last change of each key of a part, with the column `_deleted`; undefined where there is none. */
  async partChanges({ changes, range }: Part): Promise<Sql | undefined> {
    return await this.#changes(changes, range);
  }

  /** The rows of a part before the increments. */
  async partBase({ base }: Part): Promise<Sql> {
    return await this.#base(base ? [base] : []);
  }

  async #merged(
    base: readonly StoredBucket[],
    sets: Part['changes'],
    range: KeyRange,
  ): Promise<Sql> {
    const old = await this.#base(base);
    const changes = await this.#changes(sets, range);
    return changes ? this.#changed(old, changes) : old;
  }

  #changed(old: Sql, changes: Sql): Sql {
    const names = sql`${this.columns.map(({ name }) => identifier(name))}`;
    return sql`select ${names} from (${old}) anti join (${changes}) using (${keyColumns(this.key)})
      union all select ${names} from (${changes}) where not ${identifier(DELETED)}`;
  }

  async #base(buckets: readonly StoredBucket[]): Promise<Sql> {
    const { schema } = this.chain.full.manifest;
    if (buckets.length === 0) return sql`select ${selected(this.columns, [])} where false`;
    return sql`select ${selected(this.columns, schema)} from ${parquet(await this.#paths(buckets))}`;
  }

  async #changes(sets: Part['changes'], range: KeyRange): Promise<Sql | undefined> {
    const turns = await this.#turns(sets, range);
    if (turns.length === 0) return undefined;
    const all = join(turns, ' union all ');
    if (turns.length === 1) return sql`select * exclude (${TURN}) from (${all})`;
    return sql`select * exclude (${TURN}) from (${all})
      qualify rank() over (partition by ${keyColumns(this.key)} order by ${TURN} desc) = 1`;
  }

  /** The changes of each increment that has files of a range, oldest first, with its turn. */
  async #turns(sets: Part['changes'], range: KeyRange): Promise<readonly Sql[]> {
    const turns: Sql[] = [];
    for (const { set, buckets } of sets) {
      if (buckets.length === 0) continue;
      const columns = selected(this.columns, set.manifest.schema);
      turns.push(sql`select ${columns}, ${identifier(DELETED)}, ${raw(String(2 * turns.length))} as ${TURN}
        from ${parquet(await this.#paths(buckets))} where ${isWithin(this.key, range)}`);
    }
    return turns;
  }

  async #paths(buckets: readonly StoredBucket[]): Promise<string[]> {
    const { store, staging } = this.#effects;
    const paths: string[] = [];
    for (const { key, file } of buckets) paths.push(await store.download(key, staging, file));
    return paths;
  }
}

/** A file that spans several parts belongs to all of them. */
async function partsOf(engine: Engine, chain: Chain, key: Key): Promise<Part[]> {
  const bases = chain.full.buckets;
  const spans = new Map<StoredSet, Span[]>();
  for (const set of chain.increments) spans.set(set, await spansOf(engine, set, bases, key));
  return rangesOf(bases).map((range, index) => ({
    index,
    range,
    base: bases[index],
    changes: chain.increments.map((set) => {
      const there = (spans.get(set) ?? []).filter(({ low, high }) => low <= index && index <= high);
      return { set, buckets: there.map(({ bucket }) => bucket) };
    }),
  }));
}

/** The numbers of the buckets into which a file's first and last key fall. */
export interface Span {
  readonly bucket: StoredBucket;
  readonly low: number;
  readonly high: number;
}

/** Into which of other buckets the first and the last key of a set's buckets fall. */
export async function spansOf(
  engine: Engine,
  set: StoredSet,
  bases: readonly StoredBucket[],
  key: Key,
): Promise<Span[]> {
  if (bases.length <= 1) return set.buckets.map((bucket) => ({ bucket, low: 0, high: 0 }));
  if (set.buckets.length === 0) return [];
  const firsts = bases.map(({ first }) => first);
  const values = set.buckets.flatMap(({ first, last }, n) => [
    boundRow(key, first, n, true),
    boundRow(key, last, n, false),
  ]);
  const rows = await engine.rows(sql`select __pipe_n, __pipe_low, ${bucketOf(key, firsts)} as part
    from (${join(values, ' union all ')})`);
  const partOf = (n: number, low: boolean): number => {
    const row = rows.find((each) => each['__pipe_n'] === n && each['__pipe_low'] === low);
    return row ? numberAt(row, 'part') : 0;
  };
  return set.buckets.map((bucket, n) => ({ bucket, low: partOf(n, true), high: partOf(n, false) }));
}

function boundRow(key: Key, bound: readonly string[], n: number, low: boolean): Sql {
  const values = key.map(
    (column, index) => sql`${keyValue(column, bound[index] ?? '')} as ${identifier(column.name)}`,
  );
  return sql`select ${values}, ${raw(String(n))} as __pipe_n, ${raw(String(low))} as __pipe_low`;
}

/** A row that says nothing but which key is gone. */
export function goneRow(columns: readonly Column[], key: Key): Sql {
  return sql`${selected(columns, key)}, ${flag(true)}`;
}
