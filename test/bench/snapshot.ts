import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chainOf, setsOf } from '../../lib/dataset/snapshot.ts';
import { addDays } from '../../lib/dates/day.ts';
import type { Day } from '../../lib/dates/day.ts';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Engine } from '../../lib/engine/engine.ts';
import { openLocalStore } from '../../lib/store/local.ts';
import { localEffects } from '../../lib/cli/local-effects.ts';
import { usedByDuckDB, usedByPipe } from './process.ts';
import type { Used } from './process.ts';
import { writeChanges, writeState } from './snapshot-data.ts';
import type { Changes } from './snapshot-data.ts';

const FIRST: Day = '2026-10-01';
const MEMORY = '800MB';
/** What `pipe` gives its engine of that. */
const ENGINE_MEMORY = '470MB';
/** Times are the best of so many. */
const ATTEMPTS = 2;

/**
 * A snapshot dataset over 30 days of increments: what a day costs, a merge, a read after it, beside a plain
 * copy and a plain scan by DuckDB, each in a process of its own.
 */
export async function benchSnapshot(keys: number, days = 30): Promise<readonly object[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-bench-'));
  const engine = await openDuckDB();
  try {
    return await new Bench(folder, engine, keys, days).run();
  } finally {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  }
}

class Bench {
  readonly #folder: string;
  readonly #engine: Engine;
  readonly #keys: number;
  readonly #days: number;
  readonly #table: object[] = [];
  #peak = 0;

  constructor(folder: string, engine: Engine, keys: number, days: number) {
    this.#folder = folder;
    this.#engine = engine;
    this.#keys = keys;
    this.#days = days;
  }

  async run(): Promise<readonly object[]> {
    const state = await writeState(this.#engine, this.#folder, this.#keys);
    const full = await this.#pipe(['snapshot:full', `--from=${state}`, '--key=k', this.#on(0)]);
    this.#add('the first full set', times(full), '');
    await rm(state);
    await this.#keep('base');
    await this.#dayCosts();
    await this.#clustered();
    await this.#merges();
    await this.#month();
    this.#add('peak memory of all commands', megabytes(this.#peak), '< 1000 MB', this.#peak < 1e9);
    return this.#table;
  }

  /** A day of 0.1 % beside one of 1 %, with and without what any day costs, which is mostly the start of the process. */
  async #dayCosts(): Promise<void> {
    const [none, large, small] = [
      await this.#cost(0),
      await this.#cost(0.01),
      await this.#cost(0.001),
    ];
    this.#add('a day without changes', `${times(none)}, ${bytes(none)}`, '');
    this.#add('a day of 1 %', `${times(large)}, ${bytes(large)}`, '');
    this.#add('a day of 0.1 %', `${times(small)}, ${bytes(small)}`, '');
    for (const [what, of] of Object.entries(costs)) {
      const ratio = of(small) / of(large);
      const above = (of(small) - of(none)) / (of(large) - of(none));
      const found = `${ratio.toFixed(2)}; ${above.toFixed(2)} above a day without changes`;
      this.#add(`0.1 % to 1 %, ${what}`, found, '<= 0.20', above <= 0.2);
    }
  }

  async #cost(share: number): Promise<Used> {
    const all: Used[] = [];
    // Days differ by tenths of a second of CPU, of which there is as much for the start of the process.
    for (let attempt = 0; attempt < 2 * ATTEMPTS; attempt++) {
      await this.#restore('base');
      all.push(await this.#increment(1, { share }));
    }
    return best(all, ({ cpuSeconds }) => cpuSeconds);
  }

  async #clustered(): Promise<void> {
    await this.#restore('base');
    await this.#increment(1, { share: 0.01, clustered: true });
    const merge = await this.#pipe(['snapshot:merge', '--when=always']);
    const { rewritten, carried } = bucketsIn(merge.stderr);
    const most = Math.ceil((rewritten + carried) * 0.01) + 1;
    const found = `${rewritten} of ${rewritten + carried}, ${times(merge)}`;
    this.#add('buckets rewritten by 1 % in a row', found, `<= ${most}`, rewritten <= most);
  }

  /** Merges of one and of seven increments, reads after them, and the same by DuckDB alone. */
  async #merges(): Promise<void> {
    await this.#restore('base');
    for (const count of [1, 7]) {
      for (let day = count === 1 ? 1 : 2; day <= count; day++) {
        await this.#increment(day, { share: 0.01 });
      }
      await this.#keep('chain');
      const merges: Used[] = [];
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        await this.#restore('chain');
        merges.push(await this.#pipe(['snapshot:merge', '--when=always']));
      }
      const files = await this.#files();
      const copies = await this.#duckdb(
        `copy (select * from ${files}) to '${join(this.#folder, 'copy.parquet')}' (format parquet, compression zstd, compression_level 1)`,
      );
      const merge = best(merges);
      this.#add(`a merge of ${count} x 1 %`, `${times(merge)}, ${bytes(merge)}`, '');
      this.#add('a plain copy of the same', `${times(copies)}, ${bytes(copies)}`, '');
      const speed = copies.seconds / merge.seconds;
      this.#add(`speed of the merge to the copy`, speed.toFixed(2), '>= 0.80', speed >= 0.8);
      if (count === 1) await this.#reads(files);
      await this.#restore('chain');
    }
  }

  /** No record has this hash: all are read, and none is written. */
  async #reads(files: string): Promise<void> {
    const where = 'hash(k, token, amount, country, day) = 42';
    const reads: Used[] = [];
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      reads.push(await this.#pipe(['snapshot:read', `--where=${where}`]));
    }
    const plain = join(this.#folder, 'copy.parquet');
    const scan = await this.#duckdb(`select * from read_parquet('${plain}') where ${where}`);
    const many = await this.#duckdb(`select * from ${files} where ${where}`);
    const read = best(reads);
    this.#add('a read of all after a merge', times(read), '');
    this.#add('a plain scan of one file', times(scan), '');
    this.#add('a plain scan of the same files', times(many), '');
    const ratio = read.seconds / scan.seconds;
    this.#add('read to scan', ratio.toFixed(2), '<= 1.30', ratio <= 1.3);
  }

  /** Every day of the month as cron does it, beside a copy of everything every day. */
  async #month(): Promise<void> {
    await this.#restore('base');
    const used: Used[] = [];
    let merges = 0;
    for (let day = 1; day <= this.#days; day++) {
      const found = await this.#daily(day);
      used.push(found);
      if (/buckets rewritten/.test(found.stderr)) merges += 1;
    }
    const copy = await this.#duckdb(
      `copy (select * from ${await this.#files()}) to '${join(this.#folder, 'copy.parquet')}' (format parquet, compression zstd, compression_level 1)`,
    );
    this.#add(`${this.#days} days of 1 % by snapshot:daily`, `${merges} merges`, '');
    for (const [what, of] of Object.entries(costs)) {
      const ours = used.reduce((sum, each) => sum + of(each), 0);
      const all = of(copy) * this.#days;
      const text = (value: number): string =>
        what === 'CPU time' ? `${value.toFixed(1)} s` : megabytes(value);
      const target = `a copy every day: ${text(all)}`;
      this.#add(
        `  ${what} (${(ours / all).toFixed(2)} of copying)`,
        text(ours),
        target,
        ours < all,
      );
    }
  }

  async #daily(day: number): Promise<Used> {
    const from = await this.#changes(day, { share: 0.01 });
    const args = ['--as=increment', `--from=${from}`, '--deletes=op=D', this.#on(day)];
    return await this.#pipe(['snapshot:daily', ...args]);
  }

  async #increment(day: number, changes: Omit<Changes, 'keys' | 'day'>): Promise<Used> {
    const from = await this.#changes(day, changes);
    return await this.#pipe([
      'snapshot:increment',
      `--from=${from}`,
      '--deletes=op=D',
      this.#on(day),
    ]);
  }

  async #changes(day: number, changes: Omit<Changes, 'keys' | 'day'>): Promise<string> {
    const path = join(this.#folder, 'changes.parquet');
    await writeChanges(this.#engine, path, { keys: this.#keys, day, ...changes });
    return path;
  }

  #on(day: number): string {
    return `--date=${addDays(FIRST, day)}`;
  }

  async #pipe([task = '', ...args]: readonly string[]): Promise<Used> {
    const common = ['--dataset=users', `--memory=${MEMORY}`];
    const used = await usedByPipe(this.#folder, ['--store=store', task, '--', ...common, ...args]);
    this.#peak = Math.max(this.#peak, used.peakBytes);
    return used;
  }

  async #duckdb(statement: string): Promise<Used> {
    const all: Used[] = [];
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      all.push(await usedByDuckDB(this.#folder, ENGINE_MEMORY, [statement]));
    }
    return best(all);
  }

  /** The files of the last state, which is a full set. */
  async #files(): Promise<string> {
    const store = openLocalStore(join(this.#folder, 'store'), localEffects());
    const full = chainOf(await setsOf(store, 'users'))?.full;
    const paths = (full?.buckets ?? []).map(({ key }) => `'${join(this.#folder, 'store', key)}'`);
    return `read_parquet([${paths.join(', ')}])`;
  }

  /** Files are never changed, only replaced, so that links to them are copies. */
  async #keep(name: string): Promise<void> {
    await rm(join(this.#folder, name), { recursive: true, force: true });
    await promisify(execFile)('cp', ['-al', 'store', name], { cwd: this.#folder });
  }

  async #restore(name: string): Promise<void> {
    await rm(join(this.#folder, 'store'), { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true });
    await promisify(execFile)('cp', ['-al', name, 'store'], { cwd: this.#folder });
  }

  #add(measure: string, found: string, target: string, isMet?: boolean): void {
    const row = {
      measure,
      found,
      target,
      ...(isMet !== undefined && { met: isMet ? 'yes' : 'NO' }),
    };
    console.log(JSON.stringify(row));
    this.#table.push(row);
  }
}

const costs: Readonly<Record<string, (used: Used) => number>> = {
  'CPU time': ({ cpuSeconds }) => cpuSeconds,
  'bytes read': ({ readBytes }) => readBytes,
  'bytes written': ({ writtenBytes }) => writtenBytes,
};

function best(all: readonly Used[], by = ({ seconds }: Used): number => seconds): Used {
  const [first, ...rest] = all;
  if (!first) throw new Error('nothing was measured');
  return rest.reduce((a, b) => (by(b) < by(a) ? b : a), first);
}

function bucketsIn(text: string): { readonly rewritten: number; readonly carried: number } {
  const [, rewritten, carried] = /(\d+) buckets rewritten .* (\d+) taken over/.exec(text) ?? [];
  if (rewritten === undefined) throw new Error(`no buckets in: ${text}`);
  return { rewritten: Number(rewritten), carried: Number(carried) };
}

function times({ seconds, cpuSeconds }: Used): string {
  return `${seconds.toFixed(2)} s (CPU ${cpuSeconds.toFixed(2)} s)`;
}

function bytes({ readBytes, writtenBytes }: Used): string {
  return `${megabytes(readBytes)} read, ${megabytes(writtenBytes)} written`;
}

function megabytes(value: number): string {
  return `${Math.round(value / 1e6)} MB`;
}
