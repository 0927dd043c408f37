import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRig, pipeBin } from '../rig/rig.ts';
import type { Result, Rig } from '../rig/rig.ts';

/** Notes each piece of work in a file, and waits in `hold` until there is a file `go`. */
const tasks = `
import { appendFile, access, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from 'pipe';

const exists = (path) => access(path).then(() => true, () => false);

const partition = (key) => ({ dataset: 'made', keys: { key } });

async function make(key, context) {
  await appendFile('work.log', key + '\\n');
  await sleep(40);
  const path = (await context.staging()).path('data.parquet');
  await writeFile(path, key + ' ' + process.pid);
  await context.publish({
    partition: partition(key),
    files: [{ name: 'data.parquet', path, rows: 1 }],
    rows: { in: 1, out: 1, rejected: 0, filtered: 0 },
    schema: [],
  });
}

export const one = defineTask({
  name: 'test:one',
  summary: 'Make one',
  usage: '--key=<key>',
  outputs: ({ key }) => [{ partition: partition(key), inputs: [] }],
  run: ({ key }, context) => make(key, context),
});

export const hold = defineTask({
  name: 'test:hold',
  summary: 'Make one when told to',
  usage: '--key=<key>',
  outputs: ({ key }) => [{ partition: partition(key), inputs: [] }],
  async run({ key }, context) {
    await writeFile('held', '');
    while (!(await exists('go'))) await sleep(10);
    await make(key, context);
  },
});

export const busy = defineTask({
  name: 'test:busy',
  summary: 'Give the event loop nothing for 4 s',
  usage: '--key=<key>',
  outputs: ({ key }) => [{ partition: partition(key), inputs: [] }],
  async run({ key }, context) {
    await writeFile('held', '');
    const end = Date.now() + 4000;
    while (Date.now() < end);
    await make(key, context);
  },
});

export const all = defineTask({
  name: 'test:all',
  summary: 'Make many',
  usage: '--keys=<n>',
  *plan({ keys }) {
    for (let n = 0; n < Number(keys); n++) yield { task: 'test:one', args: { key: 'k' + n } };
  },
});
`;

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
  await rig.write({ 'package.json': '{}', 'tasks/test.ts': tasks });
});
afterEach(() => rig.remove());

test.each([2, 8])(
  '%d processes share the work of one window',
  async (processes) => {
    const keys = 12;
    const args = ['test:all', '--', `--keys=${keys}`];
    const results = await Promise.all(Array.from({ length: processes }, () => rig.pipe(args)));
    expect(results.map(({ code, stderr }) => [code, stderr.includes('failed')])).toEqual(
      results.map(() => [0, false]),
    );
    expect((await linesOf('work.log')).sort()).toEqual(Array.from({ length: keys }, keyOf).sort());
    expect(await generations()).toEqual(Array.from({ length: keys }, () => 1));
    expect(await leases()).toEqual([]);
  },
  120_000,
);

test('each of two that do everything anew publishes under a generation of its own', async () => {
  const args = ['--force', 'test:all', '--', '--keys=3'];
  const results = await Promise.all([rig.pipe(args), rig.pipe(args)]);
  expect(results.map(({ code }) => code)).toEqual([0, 0]);
  expect(await linesOf('work.log')).toHaveLength(6);
  expect(await generations()).toEqual([2, 2, 2]);
});

test('waits, skips, fails or takes over', async () => {
  const first = rig.pipe(['test:hold', '--', '--key=a']);
  await until('held');
  const skipped = await rig.pipe(['--if-running=skip', '--json', 'test:hold', '--key=a']);
  expect(skipped.code).toBe(0);
  expect(skipped.stdout).toContain('"status":"skipped"');
  expect(skipped.stdout).toMatch(/"reason":".*is being made by run .*"/);
  const failed = await rig.pipe(['--if-running=fail', 'test:hold', '--key=a']);
  expect(failed).toMatchObject({ code: 4, stderr: expect.stringContaining('--if-running=wait') });
  const waiting = rig.pipe(['test:hold', '--key=a']);
  await writeFile(rig.path('go'), '');
  expect([(await first).code, (await waiting).code]).toEqual([0, 0]);
  expect((await waiting).stderr).toContain('everything is up to date');
  expect(await linesOf('work.log')).toEqual(['a']);
});

test('who was replaced publishes nothing', async () => {
  const first = rig.pipe(['test:hold', '--', '--key=a']);
  await until('held');
  const second = rig.pipe(['--if-running=take-over', 'test:hold', '--key=a']);
  while (!(await leaseText()).includes('"generation":2')) await sleep(10);
  await writeFile(rig.path('go'), '');
  const results: Result[] = [await first, await second];
  expect(results.map(({ code }) => code)).toEqual([4, 0]);
  expect(results[0]?.stderr).toContain('was taken over by ');
  expect(await generations()).toEqual([2]);
  expect(await leases()).toEqual([]);
});

test('an isolated leaf that is busy keeps its lease', async () => {
  const env = { PIPE_LEASE_STALE: '1s' };
  const first = rig.pipe(['--isolate=process', 'test:busy', '--key=a'], { env });
  await until('held');
  const second = await rig.pipe(['test:busy', '--key=a'], { env });
  expect([(await first).code, second.code], (await first).stderr).toEqual([0, 0]);
  expect(second.stderr).toContain('everything is up to date');
  expect(await generations()).toEqual([1]);
  expect(await leases()).toEqual([]);
});

test('one that is busy in the process of its run is taken for dead, and publishes nothing then', async () => {
  const env = { PIPE_LEASE_STALE: '1s' };
  const first = rig.pipe(['test:busy', '--key=a'], { env });
  await until('held');
  const second = await rig.pipe(['test:one', '--key=a'], { env });
  expect(second.code, second.stderr).toBe(0);
  expect(await first).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('--isolate=process'),
  });
  expect(await generations()).toEqual([2]);
});

test('waits as long as the command line or else the project says, and exits with 4', async () => {
  const first = rig.pipe(['test:hold', '--', '--key=a']);
  await until('held');
  await rig.write({ 'pipe.config.json': '{ "wait": "100ms" }' });
  const failed = await rig.pipe(['test:hold', '--key=a']);
  expect(failed.code).toBe(4);
  expect(failed.stderr).toMatch(/is still being made by run \S+ .* after 100ms\. .*--wait=<time>/);
  const waiting = rig.pipe(['--wait=1m', 'test:hold', '--key=a']);
  await writeFile(rig.path('go'), '');
  expect([(await first).code, (await waiting).code]).toEqual([0, 0]);
  await rig.write({ 'pipe.config.json': '{ "wait": "soon" }' });
  const wrong = await rig.pipe(['test:one', '--key=a']);
  expect(wrong).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("pipe.config: wait: 'soon'"),
  });
});

test('a run that was killed blocks nobody on its machine', async () => {
  await killWhileHolding();
  expect(await leases()).toHaveLength(1);
  await writeFile(rig.path('go'), '');
  const next = await rig.pipe(['test:hold', '--key=a'], { env: { PIPE_LEASE_STALE: '1d' } });
  expect(next).toMatchObject({ code: 0, stderr: expect.stringContaining('1 done') });
  expect(await generations()).toEqual([2]);
  expect(await leases()).toEqual([]);
});

test('and elsewhere until it has been silent for so long', async () => {
  await killWhileHolding();
  const [name = ''] = await leases();
  const path = rig.path(`data/.pipe/leases/${name}`);
  await writeFile(path, (await readFile(path, 'utf8')).replace(/"host":"[^"]*"/, '"host":"far"'));
  await writeFile(rig.path('go'), '');
  const env = { PIPE_LEASE_STALE: '3s' };
  const next = await rig.pipe(['test:hold', '--key=a'], { env });
  expect(next.stderr).toContain('waits for run');
  expect(next.stderr).toContain("on 'far'");
  expect(next.code).toBe(0);
  expect(await generations()).toEqual([2]);
});

async function killWhileHolding(): Promise<void> {
  const child = spawn(process.execPath, [pipeBin, 'test:hold', '--key=a'], {
    cwd: rig.folder,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], HOME: rig.folder },
  });
  const closed = new Promise((resolve) => child.on('close', resolve));
  await until('held');
  child.kill('SIGKILL');
  await closed;
}

async function until(name: string): Promise<void> {
  while (!(await readdir(rig.folder)).includes(name)) await sleep(10);
}

async function linesOf(name: string): Promise<string[]> {
  return (await readFile(rig.path(name), 'utf8')).trimEnd().split('\n');
}

async function leases(): Promise<string[]> {
  return await readdir(rig.path('data/.pipe/leases')).catch(() => []);
}

async function leaseText(): Promise<string> {
  const [name = ''] = await leases();
  return await readFile(rig.path(`data/.pipe/leases/${name}`), 'utf8').catch(() => '');
}

async function generations(): Promise<unknown[]> {
  const folders = await readdir(rig.path('data/made'));
  const texts = folders.map((folder) =>
    readFile(join(rig.path('data/made'), folder, '_manifest.json'), 'utf8'),
  );
  return (await Promise.all(texts)).map((text): unknown => Object(JSON.parse(text)).generation);
}

function keyOf(_: unknown, index: number): string {
  return `k${index}`;
}
