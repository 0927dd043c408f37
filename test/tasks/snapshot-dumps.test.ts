import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays } from '../../lib/dates/day.ts';
import type { Day } from '../../lib/dates/day.ts';
import { setsOf } from '../../lib/dataset/snapshot.ts';
import { tasksOf } from '../../lib/task/load.ts';
import * as snapshot from '../../tasks/snapshot.ts';
import { Runner } from './runner.ts';

const FIRST: Day = '2026-10-01';
const DAYS = 8;

let runner: Runner;
beforeAll(async () => {
  runner = await Runner.open(tasksOf(snapshot));
});
afterAll(() => runner.close());

test('a register of some thousand rows reads back as of every day as it was dumped', async () => {
  const register = new Register(7);
  const dumps = new Map<Day, string>();
  const codes: number[] = [];
  for (let n = 0; n < DAYS; n++) {
    const day = addDays(FIRST, n);
    // On the fifth day nothing changes.
    if (n !== 4) register.change();
    dumps.set(day, register.dump());
    await writeFile(path.join(runner.folder, `dump-${day}.csv`), register.dump());
    const command = `snapshot:diff -- --dataset=register --key=city,number --from=dump-${day}.csv --date=${day} --bucket-rows=500`;
    codes.push((await runner.run(command)).exitCode);
    if (n === 5) {
      const merge = 'snapshot:merge -- --dataset=register --when=always --bucket-rows=500';
      codes.push((await runner.run(merge)).exitCode);
    }
  }
  for (const [day, dump] of dumps) {
    const command = `snapshot:read -- --dataset=register --as-of=${day} --to=out.csv`;
    expect((await runner.run(command)).exitCode).toBe(0);
    const read = await readFile(path.join(runner.folder, 'out.csv'), 'utf8');
    expect(recordsOf(read)).toEqual(recordsOf(dump));
  }
  expect(new Set(codes)).toEqual(new Set([0]));
  const sets = await setsOf(runner.store, 'register');
  expect(sets.map(({ set }) => set.kind)).toEqual([
    'full',
    ...Array.from({ length: 4 }, () => 'increment'),
    'full',
    'increment',
    'increment',
  ]);
  expect(sets[4]?.manifest.rows).toMatchObject({ out: 0 });
  expect(sets[2]?.manifest.rows.out).toBeLessThan(400);
  expect((await runner.run('snapshot:verify -- --dataset=register')).exitCode).toBe(0);
}, 120_000);

/** Records as a reader of its own understands them, without regard to their order. */
function recordsOf(csv: string): readonly string[] {
  const [header, ...rows]: string[][] = parse(csv, { relaxColumnCount: false });
  return [JSON.stringify(header), ...rows.map((row) => JSON.stringify(row)).toSorted()];
}

/** Businesses that open, close, move and change their notes. */
class Register {
  readonly #rows = new Map<string, readonly string[]>();
  #seed: number;
  #number = 0;

  constructor(seed: number) {
    this.#seed = seed;
    for (let n = 0; n < 3000; n++) this.#open();
  }

  change(): void {
    const keys = [...this.#rows.keys()];
    for (const key of keys) {
      const luck = this.#random(100);
      if (luck < 2) this.#rows.delete(key);
      else if (luck < 6) this.#rows.set(key, this.#row(key));
    }
    for (let n = 0; n < 60; n++) this.#open();
  }

  dump(): string {
    const lines = [...this.#rows.values()].map((row) => row.join(','));
    return ['city,number,name,opened,notes', ...lines, ''].join('\n');
  }

  #open(): void {
    const cities = ['Zürich', '"St. Gallen, Stadt"', '"Bern ""BE"""', 'Łódź', '東京', '" Wil "'];
    const key = `${cities[this.#random(cities.length)]}|${String(++this.#number).padStart(5, '0')}`;
    this.#rows.set(key, this.#row(key));
  }

  #row(key: string): readonly string[] {
    const names = [
      '007',
      '1e5',
      'NULL',
      '"Müller & ""Co"""',
      'Ann',
      '"a,b"',
      "O'Hara",
      '\\N',
      'true',
    ];
    const notes = [
      '',
      '""',
      '"two\nlines"',
      '"cr\r\nlf"',
      '"ends in quote"""',
      '2026-01-01',
      '"\n"',
      '0.10',
      '- ',
    ];
    const name = names[this.#random(names.length)] ?? '';
    const note = notes[this.#random(notes.length)] ?? '';
    return [...key.split('|'), name, `2026-0${1 + this.#random(9)}-1`, note];
  }

  /** Park and Miller's generator, so that every run has the same data. */
  #random(below: number): number {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return this.#seed % below;
  }
}
