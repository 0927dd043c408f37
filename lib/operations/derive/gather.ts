import type { Column } from '../../dataset/manifest.ts';
import type { Chain } from '../../dataset/snapshot.ts';
import { parquet } from '../../engine/parquet.ts';
import { numberAt } from '../../engine/row.ts';
import { identifier, join, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { isWithin, keyColumns } from '../merge/key.ts';
import type { Key } from '../merge/key.ts';
import { DELETED, selected } from '../merge/schema.ts';
import { State } from '../merge/state.ts';
import type { Part, StateEffects } from '../merge/state.ts';
import type { Base } from './base.ts';

/** What is to be computed of a state, and which derived rows stay as they are. */
export interface Gathered {
  readonly key: Key;
  /** Of the source. */
  readonly columns: readonly Column[];
  /** Of the source, counted for themselves. */
  readonly records: number;
  /** Local Parquet files of records, and how many they are. */
  readonly todo: Pile;
  /** Of derived rows. */
  readonly kept: Pile;
  /** Derived rows whose records are no longer there. */
  readonly gone: number;
}

/** Files with any rows, and the number of these. */
export interface Pile {
  readonly paths: string[];
  rows: number;
}

/**
 * Compares a state of the source with the one that the derived set was made from, part by part, so that memory
 * does not grow with them. Where they are of one chain, only what increments have is compared. To be
 * computed are records that are new or have changed, and those without a derived row, which failed.
 */
export async function gather(
  given: StateEffects,
  chain: Chain,
  base: Base | undefined,
): Promise<Gathered> {
  const effects = { ...given, store: fetchingOnce(given.store) };
  const now = await State.open(effects, chain);
  const todo: Pile = { paths: [], rows: 0 };
  const kept: Pile = { paths: [], rows: 0 };
  const compare = base && (await Comparison.open(effects, now, base));
  let records = 0;
  let gone = 0;
  for (const part of now.parts) {
    if (compare) {
      const found = await compare.part(part, todo, kept);
      records += found.records;
      gone += found.gone;
    } else {
      const before = todo.rows;
      await put(effects, sql`select * from (${await now.partRows(part)})`, todo);
      records += todo.rows - before;
    }
  }
  return { key: now.key, columns: now.columns, records, todo, kept, gone };
}

/** A state beside an earlier one, and the set that was derived from that. */
class Comparison {
  readonly #effects: StateEffects;
  readonly #now: State;
  readonly #was: State;
  /** What changed in between, where both are of one chain; its parts are those of both. */
  readonly #since: State | undefined;
  readonly #derived: readonly string[];
  readonly #schema: readonly Column[];

  static async open(effects: StateEffects, now: State, { set, source }: Base): Promise<Comparison> {
    const { chain } = now;
    const increments = chain.increments.filter(({ day }) => day > source.tip.day);
    const isOneChain = chain.full.etag === source.full.etag;
    const since = isOneChain ? await State.open(effects, { ...chain, increments }) : undefined;
    const derived: string[] = [];
    for (const { key, file } of set.buckets) {
      derived.push(await effects.store.download(key, effects.staging, file));
    }
    const was = await State.open(effects, source);
    return new Comparison(effects, { now, was, since }, derived, set.manifest.schema);
  }

  private constructor(
    effects: StateEffects,
    states: { readonly now: State; readonly was: State; readonly since: State | undefined },
    derived: readonly string[],
    schema: readonly Column[],
  ) {
    this.#effects = effects;
    this.#now = states.now;
    this.#was = states.was;
    this.#since = states.since;
    this.#derived = derived;
    this.#schema = schema;
  }

  /** Adds what is to be computed of a part, and what is kept; tells how many records there are, and derived rows without one. */
  async part(
    part: Part,
    todo: Pile,
    kept: Pile,
  ): Promise<{ readonly records: number; readonly gone: number }> {
    const { key } = this.#now;
    const by = keyColumns(key);
    const files: Pile = { paths: [], rows: 0 };
    const changed = await this.#changed(part);
    if (changed) await put(this.#effects, changed, files);
    const records = sql`select ${by} from (${await this.#now.partRows(part)})`;
    const keys: Pile = { paths: [], rows: 0 };
    await put(this.#effects, records, keys);
    const changedKeys = keysIn(files, key);
    const derived = this.#derivedIn(part);
    const there = sql`select ${by} from (${derived})`;
    const lost: Pile = { paths: [], rows: 0 };
    const without = sql`select ${by} from (${keysIn(keys, key)}) anti join (${there}) using (${by})`;
    await put(
      this.#effects,
      sql`select * from (${without}) anti join (${changedKeys}) using (${by})`,
      lost,
    );
    if (lost.rows > 0) {
      const rows = sql`select * from (${await this.#now.partRows(part)})`;
      await put(this.#effects, sql`${rows} semi join (${keysIn(lost, key)}) using (${by})`, files);
    }
    const stay = sql`select * from (${derived}) semi join (${keysIn(keys, key)}) using (${by})`;
    await put(
      this.#effects,
      sql`select * from (${stay}) anti join (${changedKeys}) using (${by})`,
      kept,
    );
    add(todo, files);
    const [row = {}] = await this.#effects.engine.rows(sql`
      select count(*) as gone from (${there}) anti join (${keysIn(keys, key)}) using (${by})`);
    return { records: keys.rows, gone: numberAt(row, 'gone') };
  }

  /** Records of a part that are new or other than before; undefined where no increment has any. */
  async #changed(part: Part): Promise<Sql | undefined> {
    const { key, columns } = this.#now;
    const changes = await this.#since?.partChanges(part);
    if (this.#since && !changes) return undefined;
    const fresh = changes
      ? sql`select * exclude (${identifier(DELETED)}) from (${changes}) where not ${identifier(DELETED)}`
      : await this.#now.partRows(part);
    const same = this.#since && this.#was.parts[part.index];
    const before = same
      ? await this.#was.partRows(same)
      : sql`select * from (${await this.#was.rows()}) where ${isWithin(key, part.range)}`;
    const stale = sql`select ${selected(columns, this.#was.columns)} from (${before})`;
    const names = columns.map(({ name }) => identifier(name));
    const isOther = join(
      names.map((name) => sql`fresh.${name} is distinct from stale.${name}`),
      ' or ',
    );
    const isSame = join(
      key.map(({ name }) => sql`fresh.${identifier(name)} = stale.${identifier(name)}`),
      ' and ',
    );
    // A record without its like has keys that are NULL there, so that it is another one, too.
    return sql`select ${names.map((name) => sql`fresh.${name}`)}
      from (${fresh}) fresh left join (${stale}) stale on ${isSame} where ${isOther}`;
  }

  #derivedIn(part: Part): Sql {
    if (this.#derived.length === 0) return sql`select ${selected(this.#schema, [])} where false`;
    return sql`select * from ${parquet(this.#derived)} where ${isWithin(this.#now.key, part.range)}`;
  }
}

/** A store that fetches each file once: a part is looked at several times, and files span several parts. */
function fetchingOnce(store: StateEffects['store']): StateEffects['store'] {
  const paths = new Map<string, Promise<string>>();
  return {
    download(key, staging, expected) {
      const path = paths.get(key) ?? store.download(key, staging, expected);
      paths.set(key, path);
      return path;
    },
  };
}

/** Writes rows to a file of their own, if there are any. */
async function put(
  { engine, staging }: Pick<StateEffects, 'engine' | 'staging'>,
  rows: Sql,
  pile: Pile,
): Promise<void> {
  const path = staging.path('pile.parquet');
  const written = await engine.write(rows, path);
  if (written.rows === 0) return;
  add(pile, { paths: [path], rows: written.rows });
}

function add(pile: Pile, { paths, rows }: Pile): void {
  pile.paths.push(...paths);
  pile.rows += rows;
}

function keysIn({ paths }: Pile, key: Key): Sql {
  return paths.length > 0
    ? sql`select ${keyColumns(key)} from ${parquet(paths)}`
    : sql`select ${selected(key, [])} where false`;
}
