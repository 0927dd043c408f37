import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readManifest } from '../../lib/dataset/published.ts';
import { listRuns, readRun } from '../../lib/ledger/read.ts';
import { openLocalStore } from '../../lib/store/local.ts';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';
import { testEffects } from '../store/system.ts';
import { childrenOf, deserted, kill, start } from './processes.ts';
import type { Started } from './processes.ts';

/** `PIPE_TEST_KILLS=200` takes six minutes. */
const kills = Number(process.env['PIPE_TEST_KILLS'] ?? 6);
const keys = 24;

/** Every other partition is made in a process of its own. Leaves work for some milliseconds. */
const tasks = `
import { appendFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from 'pipe';

const partition = (key) => ({ dataset: 'made', keys: { key } });
const summary = 'Make one';
const usage = '--key=<key> --round=<n>';
const outputs = ({ key }) => [{ partition: partition(key), inputs: [] }];

async function run({ key, round }, context) {
  const text = (key + ' in round ' + round + '\\n').repeat(5000);
  const path = (await context.staging()).path('data.parquet');
  await writeFile(path, text.slice(0, 1000));
  await sleep(20);
  await writeFile(path, text);
  const { generation } = await context.publish({
    partition: partition(key),
    files: [{ name: 'data.parquet', path, rows: 1 }],
    rows: { in: 1, out: 1, rejected: 0, filtered: 0 },
    schema: [],
  });
  await appendFile('published.log', key + ' ' + generation + '\\n');
}

export const here = defineTask({ name: 'test:here', summary, usage, outputs, run });
export const apart = defineTask({ name: 'test:apart', summary, usage, outputs, run, isolate: 'process' });

export const all = defineTask({
  name: 'test:all',
  summary: 'Make all',
  usage: '--round=<n>',
  *plan({ round }) {
    for (let n = 0; n < ${keys}; n++) {
      yield { task: n % 2 ? 'test:here' : 'test:apart', args: { key: 'k' + n, round } };
    }
  },
});
`;

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({ 'package.json': '{}', 'tasks/test.ts': tasks, 'published.log': '' });
});
afterAll(() => rig.remove());

test(
  `after each of ${kills} kills of a run or of its workers, one command does the rest`,
  async () => {
    // The first one bundles the tasks and says nothing of how long others take.
    expect(await rig.pipe(commandOf('none'))).toMatchObject({ code: 0 });
    const began = performance.now();
    expect(await rig.pipe(commandOf('0'))).toMatchObject({ code: 0 });
    const durationMs = performance.now() - began;
    const seen = { run: 0, worker: 0, well: 0, resumed: 0, again: 0 };
    for (let round = 1; seen.run + seen.worker < kills; round++) {
      // Each round makes all partitions anew, with another content, one generation further.
      const command = commandOf(String(round));
      const isRetried = round % 4 === 1;
      const retries = isRetried ? ['--retries=3', '--retry-delay=1ms'] : [];
      const run = start(rig, [...retries, ...command]);
      await sleep(Math.random() * durationMs);
      const kind = round % 2 === 0 ? 'run' : 'worker';
      const killed = kind === 'run' ? run.child.pid : await workerOf(run);
      if (killed !== undefined) kill(killed);
      const { code, stderr } = await run.ended;
      await deserted(rig.folder);
      if (killed !== undefined && (code === null || kind === 'worker')) seen[kind]++;
      // What happened to a worker is told, and made up for by a retry.
      const expected = { run: [null, 0], worker: isRetried ? [0] : [0, 1] }[kind];
      expect(expected, stderr).toContain(code);
      if (code === 0) seen.well++;
      else seen[await goOn(command, round % 4 < 2)]++;
      await expectWhole(round);
    }
    const lines = (await readFile(rig.path('published.log'), 'utf8')).trimEnd().split('\n');
    // Nothing twice: no two publishes of a partition are of one generation.
    expect(new Set(lines).size).toBe(lines.length);
    await expectClean();
    await readLedgers();
    console.log(
      `${seen.run} runs and ${seen.worker} workers killed; ${seen.well} runs ended well all the same, ${seen.resumed} were resumed, ${seen.again} started again; ${lines.length} publishes, each of a generation of its own`,
    );
  },
  60_000 + kills * 10_000,
);

function commandOf(round: string): string[] {
  return ['--jobs=2', 'test:all', '--', `--round=${round}`];
}

/** Any worker of a run, as soon as it has one; undefined where it ends before. */
async function workerOf({ child }: Started): Promise<number | undefined> {
  for (;;) {
    const workers = await childrenOf(child.pid);
    if (workers.length > 0) return workers[Math.floor(Math.random() * workers.length)];
    if (child.exitCode !== null) return undefined;
    await sleep(5);
  }
}

/** By the same command, or by the one that finds the run itself; gives which it was. */
async function goOn(command: readonly string[], isResumed: boolean): Promise<'resumed' | 'again'> {
  const resumed = isResumed ? await rig.pipe(['runs:resume']) : undefined;
  // A run that was killed before its first leaf has left its command at most.
  const none = /ends before its first invocation|there is nothing to resume/;
  const isNone = resumed === undefined || none.test(resumed.stderr);
  const { code, stderr } = isNone ? await rig.pipe(command) : resumed;
  expect(code, stderr).toBe(0);
  return isNone ? 'again' : 'resumed';
}

/** Every partition is there with the content of this round, whole. */
async function expectWhole(round: number): Promise<void> {
  const store = openLocalStore(rig.path('data'), testEffects());
  for (let n = 0; n < keys; n++) {
    const prefix = `made/key=k${n}/`;
    const files = await readdir(rig.path(`data/${prefix}`));
    expect(files.filter((name) => !name.startsWith('_'))).toEqual(['data.parquet']);
    const published = await readManifest(store, prefix);
    const text = await readFile(rig.path(`data/${prefix}data.parquet`), 'utf8');
    expect(text).toBe(`k${n} in round ${round}\n`.repeat(5000));
    expect(published?.manifest.files[0]?.bytes).toBe(text.length);
  }
  expect(await readdir(rig.path('data/.pipe/staging'))).toEqual([]);
}

/** Who was killed right behind a publish has left its journal or its lease; they bother nobody. */
async function expectClean(): Promise<void> {
  const { code, stderr } = await rig.pipe(['-q', 'store:clean', '--', '--older-than=0']);
  expect(code, stderr).toBe(0);
  const left = await rig.shell("find data -name '_manifest.next-*' -o -path '*/.pipe/l*/*'");
  expect(left.stdout).toBe('');
}

/** Every ledger there is, also those whose last line was cut off. */
async function readLedgers(): Promise<void> {
  const store = openLocalStore(rig.path('data'), testEffects());
  let runs = 0;
  for await (const { run } of listRuns(store)) {
    runs++;
    await readRun(store, run);
  }
  expect(runs).toBeGreaterThan(kills / 2);
  expect((await rig.pipe(['runs:list'])).code).toBe(0);
}
