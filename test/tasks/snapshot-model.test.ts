import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chainOf, setsOf } from '../../lib/dataset/snapshot.ts';
import { addDays } from '../../lib/dates/day.ts';
import type { Day } from '../../lib/dates/day.ts';
import { engineId, openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Engine } from '../../lib/engine/engine.ts';
import { textAt } from '../../lib/engine/row.ts';
import { csvLine } from '../../lib/formats/csv.ts';
import { faultsOf, stateFaults } from '../../lib/operations/merge/verify.ts';
import { State } from '../../lib/operations/merge/state.ts';
import { openLocalStore } from '../../lib/store/local.ts';
import type { Store } from '../../lib/store/store.ts';
import { tasksOf } from '../../lib/task/load.ts';
import * as snapshot from '../../tasks/snapshot.ts';
import { runTasks } from '../rig/run.ts';
import { testEffects } from '../store/system.ts';
import { crashing } from './crashing.ts';

/** Sequences; more by an environment variable. */
const RUNS = Number(process.env['SNAPSHOT_RUNS'] ?? 8);

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openDuckDB({ threads: 1 });
  folder = await mkdtemp(path.join(tmpdir(), 'pipe-'));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

/** Values by key, `a,b`; null is NULL. */
type Records = ReadonlyMap<string, string | null>;

type Step =
  | { readonly do: 'full' | 'diff'; readonly rows: Records }
  | { readonly do: 'increment'; readonly rows: Records; readonly gone: readonly string[] }
  | { readonly do: 'merge'; readonly when: 'auto' | 'always'; readonly back: number }
  | { readonly do: 'expire'; readonly days: number; readonly full: number }
  | { readonly do: 'rerun' | 'late' }
  | { readonly do: 'wait'; readonly days: number };

interface Turn {
  readonly step: Step;
  /** The change of the store that fails, and all after it, as in a crash. */
  readonly crash: number | undefined;
}

const keys = fc
  .tuple(fc.integer({ min: 0, max: 12 }), fc.constantFrom('x', 'Ü', 'a"b'))
  .map(String);
const values = fc.constantFrom('', 'one', 'two\nlines', '3', null);
const records = fc
  .array(fc.tuple(keys, values), { maxLength: 14 })
  .map((pairs): Records => new Map(pairs));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('full', 'diff'), rows: records }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('increment'),
      rows: records,
      gone: fc.array(keys, { maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('merge'),
      when: fc.constantFrom('auto', 'always'),
      back: fc.integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('expire'),
      days: fc.integer({ min: 1, max: 6 }),
      full: fc.integer({ min: 1, max: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('rerun', 'late') }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait'), days: fc.integer({ min: 1, max: 2 }) }),
  },
);
const turns = fc.array(
  fc.record({
    step,
    crash: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined, freq: 3 }),
  }),
  { minLength: 4, maxLength: 25 },
);

test('whatever happens, every kept day reads as it was stored', async () => {
  const day = fc.constant<Day>('2026-11-01');
  const holds = fc.assert(
    fc.asyncProperty(turns, day, fc.integer({ min: 1, max: 6 }), async (steps, first, rows) => {
      const world = await World.open(first, rows);
      for (const turn of steps) await world.take(turn);
    }),
    { numRuns: RUNS },
  );
  await expect(holds).resolves.toBeUndefined();
}, 600_000);

/** A dataset in a folder of its own, and what it should hold. */
class World {
  /** The state of each day that has a set. */
  #states = new Map<string, Records>();
  #today: Day;
  #last: readonly string[] | undefined;
  readonly #folder: string;
  readonly #store: Store;
  readonly #bucketRows: string;
  #files = 0;

  static async open(today: Day, bucketRows: number): Promise<World> {
    return new World(await mkdtemp(path.join(folder, 'world-')), today, bucketRows);
  }

  private constructor(place: string, today: Day, bucketRows: number) {
    this.#folder = place;
    this.#store = openLocalStore(path.join(place, 'store'), testEffects());
    this.#today = today;
    this.#bucketRows = `--bucket-rows=${bucketRows}`;
  }

  async take({ step: next, crash }: Turn): Promise<void> {
    if (next.do === 'wait') {
      this.#today = addDays(this.#today, next.days);
      return;
    }
    const command = await this.#commandOf(next);
    if (!command) return;
    const before = new Map(this.#states);
    const after = this.#expected(next);
    const isDone = await this.#run(command, crash);
    if (isDone || crash === undefined)
      assert.deepEqual({ next, isDone }, { next, isDone: after !== undefined });
    if (next.do === 'expire') await this.#forget(next);
    const wanted =
      next.do === 'expire'
        ? this.#states
        : isDone
          ? (after ?? before)
          : await this.#whichever(before, after ?? before);
    await this.#check(wanted, next);
    this.#states = new Map(wanted);
    if (next.do !== 'rerun' && next.do !== 'late' && isDone) this.#last = command;
  }

  /** The command of a step; undefined where it makes no sense yet. */
  async #commandOf(next: Exclude<Step, { do: 'wait' }>): Promise<readonly string[] | undefined> {
    const { do: what } = next;
    const dated = ['--dataset=d', `--date=${this.#today}`, this.#bucketRows];
    switch (next.do) {
      case 'full':
      case 'diff': {
        const from = await this.#file([...next.rows].map(([key, value]) => [key, value, 'U']));
        return [`snapshot:${what}`, ...dated, `--from=${from}`, '--key=a,b', '--allow-shrink'];
      }
      case 'increment': {
        const kept = [...next.rows].map(([key, value]) => [key, value, 'U'] as const);
        const from = await this.#file([
          ...kept,
          ...next.gone.map((key) => [key, null, 'D'] as const),
        ]);
        return ['snapshot:increment', ...dated, `--from=${from}`, '--deletes=op=D'];
      }
      case 'merge': {
        const day = [...this.#states.keys()].at(-1 - next.back);
        if (day === undefined) return undefined;
        return [
          'snapshot:merge',
          '--dataset=d',
          `--date=${day}`,
          `--when=${next.when}`,
          this.#bucketRows,
        ];
      }
      case 'expire':
        if (this.#states.size === 0) return undefined;
        return [
          'snapshot:expire',
          '--dataset=d',
          `--keep-days=${next.days}`,
          `--keep-full=${next.full}`,
          '--grace-hours=0',
        ];
      case 'rerun':
        return this.#last;
      case 'late': {
        const [first] = this.#states.keys();
        if (first === undefined) return undefined;
        const from = await this.#file([['1,x', 'late', 'U']]);
        return [
          'snapshot:full',
          '--dataset=d',
          `--date=${addDays(this.#dayOf(first), -1)}`,
          `--from=${from}`,
        ];
      }
    }
  }

  #dayOf(text: string): Day {
    return addDays(
      this.#today,
      Math.round((Date.parse(text) - Date.parse(this.#today)) / 86_400_000),
    );
  }

  async #file(rows: readonly (readonly [string, string | null, string])[]): Promise<string> {
    const lines = rows.map(([key, value, op]) => {
      const line = csvLine([...key.split(/,(.*)/s).slice(0, 2), '?', op]);
      // An empty text stands in quotes, NULL is nothing.
      const text = value === null ? '' : `"${value.replaceAll('"', '""')}"`;
      return line.replace('?', text);
    });
    const name = path.join(this.#folder, `${++this.#files}.csv`);
    await writeFile(name, ['a,b,v,op\n', ...lines].join(''));
    return name;
  }

  /** The states after a step that goes through; undefined where it must not. */
  #expected(next: Exclude<Step, { do: 'wait' }>): ReadonlyMap<string, Records> | undefined {
    const states = new Map(this.#states);
    const before = [...states].findLast(([day]) => day < this.#today)?.[1];
    switch (next.do) {
      case 'full':
      case 'diff':
        return states.set(this.#today, next.rows);
      case 'increment': {
        if (!before) return undefined;
        const state = new Map([...before, ...next.rows]);
        for (const key of next.gone) state.delete(key);
        return states.set(this.#today, state);
      }
      case 'late':
        return undefined;
      case 'merge':
      case 'expire':
      case 'rerun':
        return states;
    }
  }

  async #run(command: readonly string[], crash: number | undefined): Promise<boolean> {
    const [task = '', ...args] = command;
    const store = crash === undefined ? this.#store : crashing(this.#store, crash);
    const { report } = await runTasks(tasksOf(snapshot), task, args, {
      store,
      now: Date.parse(`${this.#today}T12:00:00Z`),
      clock: () => Date.now() + 1,
      cwd: this.#folder,
      engineId: engineId(),
      openEngine: async () => ({ ...lent(engine) }),
    });
    await this.#store.cleanStaging();
    return report.exitCode === 0;
  }

  /** Days that expired are no longer there; those that are to be kept still are. */
  async #forget({ days }: { readonly days: number }): Promise<void> {
    const kept = addDays(this.#today, 1 - days);
    const there = new Set((await setsOf(this.#store, 'd')).map(({ day }) => day));
    const needed = [...this.#states.keys()].findLast((day) => day <= kept) ?? '';
    for (const day of this.#states.keys()) {
      if (there.has(day)) continue;
      assert.ok(day < needed, `${day} was to be kept`);
      this.#states.delete(day);
    }
  }

  /** After a crash: what was there before, or what was to come. */
  async #whichever(
    before: ReadonlyMap<string, Records>,
    after: ReadonlyMap<string, Records>,
  ): Promise<ReadonlyMap<string, Records>> {
    const there = await this.#stateOf(this.#today);
    const isAfter = JSON.stringify(there) === JSON.stringify(sorted(after.get(this.#today)));
    return isAfter ? after : before;
  }

  async #check(states: ReadonlyMap<string, Records>, next: Step): Promise<void> {
    const sets = await setsOf(this.#store, 'd');
    const days = sets.map(({ day }) => day);
    assert.deepEqual(days, [...states.keys()]);
    for (const [day, state] of states) {
      const found = await this.#stateOf(day);
      assert.deepEqual({ next, day, state: found }, { next, day, state: sorted(state) });
    }
    const staging = await this.#store.openStaging('check');
    const effects = { engine, store: this.#store, staging };
    const faults = [...(await faultsOf(effects, sets)), ...(await stateFaults(effects, sets))];
    assert.deepEqual(faults, []);
    await staging.close();
  }

  async #stateOf(day: string): Promise<readonly string[] | undefined> {
    const sets = await setsOf(this.#store, 'd');
    const chain = chainOf(sets, day);
    if (!chain || chain.tip.day !== day) return undefined;
    const staging = await this.#store.openStaging('read');
    const state = await State.open({ engine, store: this.#store, staging }, chain);
    const rows = await engine.rows(await state.rows());
    await staging.close();
    return rows
      .map((row) => JSON.stringify([`${textAt(row, 'a')},${textAt(row, 'b')}`, row['v']]))
      .toSorted();
  }
}

function sorted(state: Records | undefined): readonly string[] | undefined {
  return state && [...state].map((entry) => JSON.stringify(entry)).toSorted();
}

/** The engine of all runs, which none of them closes. */
function lent(shared: Engine): Engine {
  return {
    id: shared.id,
    rows: (query) => shared.rows(query),
    stream: (query) => shared.stream(query),
    write: (query, file, options) => shared.write(query, file, options),
    execute: (statement) => shared.execute(statement),
    interrupt: () => shared.interrupt(),
    close: () => Promise.resolve(),
  };
}
