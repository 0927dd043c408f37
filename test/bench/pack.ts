import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineId, openDuckDB } from '../../lib/engine/duckdb.ts';
import { openStore } from '../../lib/store/open.ts';
import { systemEffects } from '../../lib/store/owner.ts';
import type { Store } from '../../lib/store/store.ts';
import {
  harvestChunk,
  harvestGet,
  harvestList,
  harvestPack,
  harvestUnpack,
} from '../../tasks/harvest.ts';
import { runTasks } from '../rig/run.ts';

const OBJECT_BYTES = 4096;
const FILES_PER_FOLDER = 1000;
const tasks = [harvestPack, harvestList, harvestChunk, harvestGet, harvestUnpack];

/** Objects of 4 KiB packed from a local folder: how many a second, and how memory grows. */
export async function benchPack(sizes: readonly number[]): Promise<readonly object[]> {
  const rows: object[] = [];
  for (const objects of sizes) rows.push(await measure(objects));
  return rows;
}

async function measure(objects: number): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-bench-'));
  try {
    await writeObjects(join(folder, 'objects'), objects);
    const pack = await timed(() => run(folder, 'harvest:pack', { from: 'objects', to: 'docs' }));
    const again = await timed(() => run(folder, 'harvest:pack', { from: 'objects', to: 'docs' }));
    const id = keyOf(Math.floor(objects / 2));
    const get = await timed(() => run(folder, 'harvest:get', { dataset: 'docs', id }));
    return {
      objects,
      'objects/s': Math.round(objects / pack.seconds),
      'CPU ms/object': Math.round((pack.cpuMs / objects) * 1000) / 1000,
      'peak RSS MiB': Math.round(pack.peakBytes / 2 ** 20),
      'again s': Math.round(again.seconds * 100) / 100,
      'get ms': Math.round(get.seconds * 1000),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeObjects(folder: string, objects: number): Promise<void> {
  for (let first = 0; first < objects; first += FILES_PER_FOLDER) {
    await mkdir(join(folder, keyOf(first), '..'), { recursive: true });
    const numbers = Array.from(
      { length: Math.min(FILES_PER_FOLDER, objects - first) },
      (_, n) => first + n,
    );
    await Promise.all(numbers.map((n) => writeFile(join(folder, keyOf(n)), bodyOf(n))));
  }
}

function keyOf(n: number): string {
  const folder = String(Math.floor(n / FILES_PER_FOLDER)).padStart(4, '0');
  return `${folder}/${String(n).padStart(8, '0')}.json`;
}

/** JSON of about {@link OBJECT_BYTES}, of words that compress about as real ones do. */
export function bodyOf(n: number): string {
  let state = n + 1;
  const words: string[] = [];
  let length = 0;
  while (length < OBJECT_BYTES - 30) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const word = (state % 65_536).toString(36);
    words.push(word);
    length += word.length + 1;
  }
  return JSON.stringify({ n, text: words.join(' ') }).padEnd(OBJECT_BYTES);
}

async function run(
  folder: string,
  task: string,
  args: Readonly<Record<string, string>>,
): Promise<void> {
  const kill = (pid: number, signal: 0): unknown => process.kill(pid, signal);
  const effects = systemEffects({ hostname: hostname(), pid: process.pid, kill, now: Date.now });
  const open = (uri: string): Promise<Store> => openStore(uri, { cwd: folder, effects });
  const { report } = await runTasks(tasks, task, args, {
    store: await open('store'),
    openStore: open,
    cwd: folder,
    engineId: engineId(),
    openEngine: () => openDuckDB({ threads: 1 }),
    clock: Date.now,
  });
  if (report.status !== 'done')
    throw new Error(`the run ended ${report.status}`, { cause: report.error });
}

export interface Measured {
  readonly seconds: number;
  readonly cpuMs: number;
  readonly peakBytes: number;
}

/** Runs some work and watches what it takes. */
export async function timed(work: () => Promise<void>): Promise<Measured> {
  let peakBytes = 0;
  const look = (): void => void (peakBytes = Math.max(peakBytes, process.memoryUsage.rss()));
  const timer = setInterval(look, 20);
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  try {
    await work();
  } finally {
    look();
    clearInterval(timer);
  }
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1000, cpuMs: (user + system) / 1000, peakBytes };
}
