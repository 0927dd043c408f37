import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prefixOf } from '../../../lib/dataset/layout.ts';
import { chainOf, setsOf } from '../../../lib/dataset/snapshot.ts';
import { addDays } from '../../../lib/dates/day.ts';
import type { Day } from '../../../lib/dates/day.ts';
import { engineId, openDuckDB } from '../../../lib/engine/duckdb.ts';
import type { Engine } from '../../../lib/engine/engine.ts';
import { parquet } from '../../../lib/engine/parquet.ts';
import { textAt } from '../../../lib/engine/row.ts';
import { sql } from '../../../lib/engine/sql.ts';
import { State } from '../../../lib/operations/merge/state.ts';
import { openLocalStore } from '../../../lib/store/local.ts';
import type { Store } from '../../../lib/store/store.ts';
import { tasksOf } from '../../../lib/task/load.ts';
import * as snapshot from '../../../tasks/snapshot.ts';
import { runTasks } from '../../rig/run.ts';
import { testEffects } from '../../store/system.ts';

/** Sequences; more by an environment variable. */
const RUNS = Number(process.env['DERIVE_RUNS'] ?? 6);

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

type Records = ReadonlyMap<string, string>;

type Step =
  | { readonly do: 'store'; readonly how: 'full' | 'diff'; readonly rows: Records }
  | { readonly do: 'derive'; readonly code: number; readonly bad: readonly string[] }
  | { readonly do: 'merge' | 'wait' };

const keys = fc.integer({ min: 0, max: 8 }).map(String);
const rows = fc
  .array(fc.tuple(keys, fc.constantFrom('one', 'two', 'Ü"')), { maxLength: 9 })
  .map((pairs): Records => new Map(pairs));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('store'),
      how: fc.constantFrom('full', 'diff', 'diff'),
      rows,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('derive'),
      code: fc.constantFrom(1, 1, 1, 2),
      bad: fc.array(keys, { maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('merge') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait') }) },
);

/** A merge of two buckets at once, by engines that are one here. */
const twoTouchedBuckets: Step[] = [
  {
    do: 'store',
    how: 'full',
    rows: new Map([
      ['0', 'one'],
      ['1', 'one'],
    ]),
  },
  { do: 'wait' },
  { do: 'store', how: 'diff', rows: new Map([['2', 'one']]) },
  { do: 'merge' },
  { do: 'derive', code: 1, bad: [] },
];

test('derived sets are the function of every record that did not fail, which is called for no other', async () => {
  const holds = fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 25 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, bucketRows) => {
        const world = new World(await mkdtemp(path.join(folder, 'world-')), bucketRows);
        for (const next of steps) await world.take(next);
      },
    ),
    { numRuns: RUNS, examples: [[twoTouchedBuckets, 1]] },
  );
  await expect(holds).resolves.toBeUndefined();
}, 600_000);

interface Source {
  readonly day: Day;
  /** The same for the same dump, stored in the same way. */
  readonly version: string;
  readonly rows: Records;
}

interface Derived {
  readonly day: Day;
  readonly source: Source;
  readonly code: number;
  readonly rows: Records;
  readonly failed: readonly string[];
}

/** Both datasets in a folder of their own, and what they should hold. */
class World {
  readonly #folder: string;
  readonly #store: Store;
  readonly #bucketRows: string;
  #today: Day = '2026-11-01';
  #sources: readonly Source[] = [];
  #derived: readonly Derived[] = [];
  #calls: string[] = [];

  constructor(place: string, bucketRows: number) {
    this.#folder = place;
    this.#store = openLocalStore(path.join(place, 'store'), testEffects());
    this.#bucketRows = `--bucket-rows=${bucketRows}`;
  }

  async take(next: Step): Promise<void> {
    switch (next.do) {
      case 'wait':
        this.#today = addDays(this.#today, 1);
        return;
      case 'merge':
        if (this.#sources.length === 0) return;
        assert.ok(await this.#run(['snapshot:merge', '--dataset=s', '--when=always']));
        return;
      case 'store':
        return await this.#storeDump(next);
      case 'derive':
        return await this.#derive(next);
    }
  }

  async #storeDump({ how, rows: records }: Step & { do: 'store' }): Promise<void> {
    const lines = [...records].map(([key, value]) => `${key},"${value.replaceAll('"', '""')}"\n`);
    await writeFile(path.join(this.#folder, 'dump.csv'), ['id,v\n', ...lines].join(''));
    const args = ['--dataset=s', '--key=id', '--from=dump.csv', `--date=${this.#today}`];
    const isDone = await this.#run([`snapshot:${how}`, ...args, '--allow-shrink']);
    assert.ok(isDone);
    const version = `${how} ${lines.join('')}`;
    const others = this.#sources.filter(({ day }) => day !== this.#today);
    this.#sources = [...others, { day: this.#today, version, rows: records }];
  }

  async #derive({ code, bad }: Step & { do: 'derive' }): Promise<void> {
    const source = this.#sources.at(-1);
    if (!source) return;
    this.#calls = [];
    const base = this.#derived.findLast(
      (set) =>
        set.code === code &&
        this.#sources.some(
          ({ day, version }) => day === set.source.day && version === set.source.version,
        ),
    );
    const isNew = ([key, value]: readonly [string, string]): boolean =>
      base === undefined || base.source.rows.get(key) !== value || !base.rows.has(key);
    const called = [...source.rows].filter(isNew).map(([key]) => key);
    const failed = called.filter((key) => bad.includes(key));
    const made = [...source.rows]
      .filter(([key]) => !failed.includes(key))
      .map(([key, value]) => [key, `${code} ${value}`] as const);
    const isDone = await this.#run(
      ['snapshot:derive', '--dataset=s', '--to=d', '--with=x.ts', '--allow-shrink'],
      code,
      bad,
    );
    assert.deepEqual(this.#calls.toSorted(), called.toSorted());
    assert.equal(isDone, made.length > 0 || failed.length === 0);
    if (isDone) {
      const others = this.#derived.filter(({ day }) => day !== source.day);
      this.#derived = [...others, { day: source.day, source, code, rows: new Map(made), failed }];
    }
    await this.#check();
  }

  async #check(): Promise<void> {
    const sets = await setsOf(this.#store, 'd');
    assert.deepEqual(
      sets.map(({ day }) => day),
      this.#derived.map(({ day }) => day),
    );
    for (const { day, rows: wanted, failed } of this.#derived) {
      const chain = chainOf(sets, day);
      assert.ok(chain);
      assert.equal(chain.increments.length, 0);
      assert.deepEqual(await this.#rowsOf(chain), sorted(wanted));
      assert.equal(chain.tip.manifest.rows.rejected, failed.length);
      assert.deepEqual(await this.#rejectsOf(day), failed.toSorted());
    }
  }

  async #rowsOf(chain: Parameters<typeof State.open>[1]): Promise<readonly string[]> {
    const staging = await this.#store.openStaging('read');
    const state = await State.open({ engine, store: this.#store, staging }, chain);
    const found = await engine.rows(await state.rows());
    await staging.close();
    return sorted(found.map((row) => [textAt(row, 'id'), textAt(row, 'v')]));
  }

  async #rejectsOf(day: Day): Promise<readonly string[]> {
    const key = `${prefixOf({ dataset: 'rejects/d', keys: { date: day } })}data.parquet`;
    if (!(await this.#store.read(key))) return [];
    const staging = await this.#store.openStaging('read');
    const file = await this.#store.download(key, staging);
    const found = await engine.rows(sql`select key from ${parquet([file])}`);
    await staging.close();
    return found.map((row) => textAt(row, 'key')).toSorted();
  }

  async #run(
    [task = '', ...args]: readonly string[],
    code = 1,
    bad: readonly string[] = [],
  ): Promise<boolean> {
    const attributes = async (record: {
      readonly id: string;
      readonly v: string;
    }): Promise<object> => {
      this.#calls.push(record.id);
      await Promise.resolve();
      if (bad.includes(record.id)) throw new Error('bad');
      return { v: `${code} ${record.v}` };
    };
    const { report } = await runTasks(tasksOf(snapshot), task, [...args, this.#bucketRows], {
      store: this.#store,
      now: Date.parse(`${this.#today}T12:00:00Z`),
      cwd: this.#folder,
      openModule: (file) =>
        Promise.resolve({
          file,
          bundle: '',
          code: String(code),
          load: () => Promise.resolve({ attributes }),
        }),
      engineId: engineId(),
      openEngine: () => Promise.resolve(lent(engine)),
    });
    await this.#store.cleanStaging();
    return report.exitCode === 0;
  }
}

function sorted(entries: Iterable<readonly string[]>): readonly string[] {
  return [...entries].map((entry) => JSON.stringify(entry)).toSorted();
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
