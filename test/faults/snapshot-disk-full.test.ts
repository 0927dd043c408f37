import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineId, openDuckDB } from '../../lib/engine/duckdb.ts';
import { messageOf } from '../../lib/errors.ts';
import { openLocalStore } from '../../lib/store/local.ts';
import { tasksOf } from '../../lib/task/load.ts';
import * as snapshot from '../../tasks/snapshot.ts';
import { runTasks } from '../rig/run.ts';
import { testEffects } from '../store/system.ts';

const disk = smallDisk();
const sources = mkdtempSync(join(tmpdir(), 'pipe-'));

afterAll(() => {
  disk?.remove();
  rmSync(sources, { recursive: true });
});

describe.skipIf(disk === undefined)('a full disk', () => {
  const folder = disk?.folder ?? '';
  const filler = join(folder, 'filler');
  beforeAll(async () => {
    for (const day of [1, 2, 3]) await writeFile(join(sources, `${day}.csv`), dump(day));
    for (const day of [1, 2]) await store(day);
  });

  test('costs the day under way, and no other; with space it is stored', async () => {
    const [codes, merges]: [number[], number[]] = [[], []];
    let pages = 0;
    for (; pages < 200 && codes.at(-1) !== 0; pages += 2) {
      await fill(pages);
      codes.push(await store(3));
      merges.push(await run('snapshot:merge', ['--dataset=d', '--when=always']));
      await rm(filler);
      for (const day of [1, 2]) expect(await stateOf(day)).toBe(dump(day));
    }
    expect([codes[0], merges[0]]).toEqual([1, 1]);
    expect(codes.at(-1)).toBe(0);
    expect(await stateOf(3)).toBe(dump(3));
    expect(await run('snapshot:verify', ['--dataset=d'])).toBe(0);
  }, 120_000);

  function store(day: number): Promise<number> {
    const from = join(sources, `${day}.csv`);
    const args = ['--dataset=d', '--key=id', `--from=${from}`, `--date=2026-11-0${day}`];
    return run('snapshot:diff', args);
  }

  async function stateOf(day: number): Promise<string> {
    const to = join(sources, 'read.csv');
    expect(
      await run('snapshot:read', ['--dataset=d', `--as-of=2026-11-0${day}`, `--to=${to}`]),
    ).toBe(0);
    return await readFile(to, 'utf8');
  }

  async function run(task: string, args: readonly string[]): Promise<number> {
    const { report } = await runTasks(tasksOf(snapshot), task, args, {
      store: openLocalStore(join(folder, 'store'), testEffects()),
      cwd: sources,
      clock: Date.now,
      engineId: engineId(),
      openEngine: () => openDuckDB({ threads: 1 }),
    });
    return report.exitCode;
  }

  /** Fills the disk up to some pages. */
  async function fill(freePages: number): Promise<void> {
    const { bavail, bsize } = await statfs(folder);
    await writeFile(filler, Buffer.alloc(Math.max(0, bavail - freePages) * bsize));
  }
});

function dump(day: number): string {
  const lines = Array.from({ length: 2000 }, (_, n) => {
    const id = String(n).padStart(5, '0');
    return `${id},${n % 3 === day % 3 ? `changed on ${day}, ${n * 7919}` : 'as it was'}`;
  });
  return ['id,v', ...lines.map((line) => line.replace(/,(.*)$/, ',"$1"')), '']
    .join('\n')
    .replaceAll('"as it was"', 'as it was');
}

/** A file system of 4 MB in memory, or undefined, with the reason on stderr, where none may be mounted. */
function smallDisk(): { readonly folder: string; remove(): void } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'pipe-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    rmSync(folder, { recursive: true });
    console.error(`The tests of a full disk are skipped: ${messageOf(error).trim()}`);
    return undefined;
  }
  return {
    folder,
    remove() {
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    },
  };
}
