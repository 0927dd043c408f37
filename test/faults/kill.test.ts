import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readManifest } from '../../lib/dataset/published.ts';
import { publish } from '../../lib/dataset/publish.ts';
import { openLocalStore } from '../../lib/store/local.ts';
import { draft, namesIn, prefix, publisher } from '../dataset/drafts.ts';
import { testEffects } from '../store/system.ts';

/** Two publishers are killed in each round. `PIPE_TEST_KILLS=200` takes a minute. */
const ROUNDS = Number(process.env['PIPE_TEST_KILLS'] ?? 60) / 2;

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipe-'));
  program = join(folder, 'publisher.mjs');
  const source = fileURLToPath(new URL('publisher.ts', import.meta.url));
  await build({
    entryPoints: [source],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test(
  'publishers killed at any moment leave a whole partition, lose nothing and count nothing twice',
  async () => {
    const root = join(folder, 'store');
    const store = openLocalStore(root, testEffects());
    const reader = pollFile(join(root, prefix, 'data.parquet'));
    const told: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const children = [start(root), start(root)];
      const numbers = await Promise.all(children.map(killAtRandom));
      told.push(...numbers.flat());

      const data = await readFile(join(root, prefix, 'data.parquet')).catch(() => undefined);
      const published = await readManifest(store, prefix);
      expect(published?.manifest.files[0]?.sha256).toBe(data && sha256(data));
      expect(published?.manifest.command).toBe(data && `version ${numberOf(data)}`);
      // Each version was made from the one before and told once it was published.
      expect(data ? numberOf(data) : 0).toBeGreaterThanOrEqual(Math.max(0, ...told));
    }
    const seen = await reader.stop();
    expect(new Set(told).size).toBe(told.length);
    expect(told.length).toBeGreaterThan(0);
    expect(Math.max(...seen.versions)).toBeLessThanOrEqual(told.length + 2 * ROUNDS);
    expect(seen.broken).toEqual([]);
    expect(seen.versions.size).toBeGreaterThan(1);
    console.log(
      `${2 * ROUNDS} kills, ${told.length} publishes told, ${seen.reads} reads of ${seen.versions.size} versions`,
    );

    // The next publish and the next start clear everything away.
    await store.cleanStaging();
    const staging = await store.openStaging('next');
    const replaces = (await readManifest(store, prefix))?.etag ?? null;
    await publish(
      store,
      await draft(staging, { 'data.parquet': 'next' }, { replaces }),
      publisher(),
    );
    await staging.close();
    expect(await namesIn(store)).toEqual(['_manifest.json', 'data.parquet']);
    expect(await readdir(join(root, '.pipe/staging'))).toEqual([]);
    expect(await readdir(join(root, '.pipe/locks'))).toEqual([]);
  },
  60_000 + ROUNDS * 2000,
);

function start(root: string): ChildProcess {
  return spawn(process.execPath, [program, root], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Kills a publisher up to 120 ms after it is ready; gives the numbers of the versions it has told. */
async function killAtRandom(child: ChildProcess): Promise<number[]> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const closed = once(child, 'close');
  while (!output.startsWith('ready\n')) await sleep(2);
  await sleep(Math.random() * 120);
  child.kill('SIGKILL');
  await closed;
  const lines = output.split('\n').slice(1, -1);
  return lines.map(Number);
}

/** Reads a file over and over by its plain name, as a reader does who knows nothing of manifests. */
function pollFile(path: string): {
  stop(): Promise<{ reads: number; versions: Set<number>; broken: string[] }>;
} {
  const seen = { reads: 0, versions: new Set<number>(), broken: [] as string[] };
  let isRunning = true;
  const polling = (async () => {
    while (isRunning) {
      const data = await readFile(path).catch(() => undefined);
      if (data) {
        seen.reads++;
        seen.versions.add(numberOf(data));
        const body = data.subarray(0, -64);
        if (sha256(body) !== data.subarray(-64).toString())
          seen.broken.push(data.subarray(0, 99).toString());
      }
      await sleep(1);
    }
  })();
  return {
    async stop() {
      isRunning = false;
      await polling;
      return seen;
    },
  };
}

function numberOf(data: Buffer): number {
  return Number(data.subarray(0, 8).toString());
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
