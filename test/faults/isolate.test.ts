import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRig, pipeBin } from '../rig/rig.ts';
import type { Rig, SpawnOptions } from '../rig/rig.ts';

const leaves = 6;

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({
    'package.json': '{ "type": "module" }',
    'tasks/fault.js': `import { defineTask } from 'pipe';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';

const faults = {
  hang: () => new Promise(() => {}),
  busy: () => { for (;;); },
  exit: () => process.exit(0),
  abort: () => process.abort(),
  later: () => new Promise(() => setTimeout(() => { throw new Error('thrown later'); }, 1)),
  leak: () => { for (const kept = [];;) kept.push(new Array(1000).fill(kept.length)); },
  // Once; whoever tries again finds the file.
  killed: () => {
    if (existsSync('was-killed')) return;
    writeFileSync('was-killed', '');
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => {});
  },
  grandchild: () => {
    const { pid } = spawn('sleep', ['1000'], { stdio: 'inherit' });
    writeFileSync('grandchild', String(pid));
    return new Promise(() => {});
  },
  // Goes on working with a grandchild at its side, whose streams hold those of the worker open.
  left: () => {
    const { pid } = spawn('sleep', ['1000'], { stdio: 'inherit' });
    writeFileSync('grandchild', String(pid));
  },
  stdout: () => {
    console.log('to stdout');
    process.stdout.write('without an end');
  },
};

// The third leaf does what the file named fault says; each leaf publishes a partition.
export const leaf = defineTask({
  name: 'fault:leaf',
  summary: 'Publish, or go wrong',
  usage: '<n>',
  isolate: 'process',
  outputs: ({ n }) => [{ partition: { dataset: 'fault', keys: { n } }, inputs: [] }],
  async run({ n }, context) {
    const path = (await context.staging()).path('data.parquet');
    await writeFile(path, n);
    if (n === '2' && existsSync('fault')) {
      writeFileSync('worker', String(process.pid));
      await faults[readFileSync('fault', 'utf8')]();
    }
    await context.publish({
      partition: { dataset: 'fault', keys: { n } },
      files: [{ name: 'data.parquet', path, rows: 1 }],
      rows: { in: 1, out: 1, rejected: 0, filtered: 0 },
      schema: [{ name: 'n', type: 'VARCHAR' }],
    });
  },
});

export const all = defineTask({
  name: 'fault:all',
  summary: 'Publish several',
  usage: '',
  plan: () => Array.from({ length: ${leaves} }, (_, n) => ({ task: 'fault:leaf', args: [String(n)] })),
});

export const caller = defineTask({
  name: 'fault:caller',
  summary: 'Invoke a leaf from a process of its own',
  usage: '',
  isolate: 'process',
  async run(_, context) {
    for (const n of ['0', '2', 'x']) {
      const { status, error } = await context.invoke('fault:leaf', [n, ...(n === 'x' ? ['y'] : [])])
        .catch((error) => ({ status: 'refused', error }));
      context.log(n + ': ' + status + ' ' + (error?.constructor.name ?? ''));
    }
  },
});
`,
  });
});
afterAll(() => rig.remove());

beforeEach(async () => {
  await rig.shell('rm -rf data tmp fault was-killed grandchild worker');
  await mkdir(rig.path('tmp'));
});

function pipe(...args: readonly string[]) {
  return rig.pipe(['--jobs=2', ...args], own());
}

function own(): SpawnOptions {
  return { env: { TMPDIR: rig.path('tmp') } };
}

async function pidIn(name: string): Promise<number> {
  for (;;) {
    const text = await readFile(rig.path(name), 'utf8').catch(() => '');
    if (text !== '') return Number(text);
    await setTimeout(10);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function dies(pid: number): Promise<void> {
  while (isAlive(pid)) await setTimeout(10);
}

/** Nothing half-written, no process, no temporary file is left; the same command does the rest. */
async function expectToGoOn(left?: number): Promise<void> {
  await dies(await pidIn('worker'));
  expect(await readdir(rig.path('tmp'))).toEqual([]);
  await rig.shell('rm fault');
  const { code, stdout, stderr } = await pipe('fault:all');
  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^${left ?? '\\d'} done, \\d up to date`));
  expect(await readdir(rig.path('data/.pipe/staging')).catch(() => [])).toEqual([]);
  const last = await pipe('fault:all');
  expect(last.stderr).toBe(`everything is up to date (${leaves} partitions)\n`);
}

describe('an isolated leaf costs itself alone when it', () => {
  test.each([
    ['hang', ['--timeout=3s'], 'took longer than 3s'],
    ['busy', ['--timeout=3s'], 'took longer than 3s'],
    ['grandchild', ['--timeout=3s'], 'took longer than 3s'],
    ['exit', [], 'its process ended (exit code 0) before it was finished'],
    ['abort', [], 'its process crashed (SIGABRT)'],
    ['later', [], 'its process ended (exit code 1) before it was finished'],
    ['leak', ['--max-memory=32m'], '--max-memory=<size>'],
    ['killed', [], 'its process was killed (SIGKILL)'],
  ] as const)('%s', async (fault, options, message) => {
    await rig.write({ fault });
    const { code, stdout, stderr } = await pipe(...options, 'fault:all');
    expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`${leaves - 1} done, 1 failed`);
    expect(stderr).toContain(message);
    expect(stderr).toContain(`rerun: ${['pipe', ...options, 'fault:leaf'].join(' ')} -- 2`);
    if (fault === 'grandchild') await dies(await pidIn('grandchild'));
    await expectToGoOn(1);
  });

  test('a process that somebody killed is tried again, a crash is not', async () => {
    await rig.write({ fault: 'killed' });
    const retries = ['--retries=2', '--retry-delay=1ms'];
    const killed = await pipe(...retries, 'fault:all');
    expect(killed.code, killed.stderr).toBe(0);
    expect(killed.stderr.match(/^retry/gm)).toHaveLength(1);
    await rig.shell('rm -r data');
    await rig.write({ fault: 'abort' });
    const crashed = await pipe(...retries, 'fault:all');
    expect(crashed.code).toBe(1);
    expect(crashed.stderr).not.toMatch(/^retry/m);
  });
});

test('what an isolated leaf writes to stdout becomes lines of its log', async () => {
  await rig.write({ fault: 'stdout' });
  const { code, stdout, stderr } = await pipe('fault:all');
  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: '' });
  expect(stderr).toMatch(/^fault:leaf: to stdout$/m);
  const [run = ''] = await readdir(rig.path('data/.pipe/runs'));
  const events = (await readFile(rig.path(`data/.pipe/runs/${run}/events.jsonl`), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const id = events.find(({ argv }) => argv?.[0] === '2').id;
  const own = events.filter((event) => event.id === id);
  expect(own.map(({ type, message }) => message ?? type)).toEqual([
    'invocation-started',
    'to stdout',
    'invocation-finished',
  ]);
  expect(own.at(-1)).toMatchObject({ status: 'done', outputs: ['fault/n=2/'], rows: { out: 1 } });
});

test('what an isolated leaf has started and left running ends with the run', async () => {
  await rig.write({ fault: 'left' });
  const { code, stderr } = await pipe('fault:all');
  expect(code, stderr).toBe(0);
  await dies(await pidIn('grandchild'));
  expect((await pipe('fault:all')).stderr).toBe(
    `everything is up to date (${leaves} partitions)\n`,
  );
});

test('an isolated leaf invokes others in the same run, and is told what became of them', async () => {
  await rig.write({ fault: 'exit' });
  const { code, stderr } = await pipe('fault:caller');
  expect(stderr).toContain('fault:caller: 0: done \n');
  expect(stderr).toContain('fault:caller: 2: failed UserError\n');
  expect(stderr).toContain('fault:caller: x: refused UsageError\n');
  expect(code).toBe(1);
});

test('--isolate=process isolates what tasks do not, --isolate=none nothing', async () => {
  await rig.write({ fault: 'exit' });
  const isolated = await pipe('--isolate=process', 'fault:all');
  expect(isolated.stderr).toContain(`${leaves - 1} done, 1 failed`);
  const { stderr } = await pipe('--isolate=none', 'fault:all');
  expect(stderr).not.toContain('failed');
});

test('a leaf that exits without being isolated does not make the run done', async () => {
  await rig.write({ fault: 'exit' });
  const { code, stderr } = await pipe('--isolate=none', 'fault:all');
  expect(code, stderr).toBe(1);
  expect(stderr).toMatch(
    /a task has ended this process.*to go on: pipe --isolate=none fault:all\n$/s,
  );
  await expectToGoOn();
});

test('a busy worker does not outlive its parent', async () => {
  await rig.write({ fault: 'busy' });
  const parent = spawn(process.execPath, [pipeBin, 'fault:all'], {
    cwd: rig.folder,
    env: { ...process.env, ...own().env },
    stdio: 'ignore',
  });
  const worker = await pidIn('worker');
  parent.kill('SIGKILL');
  await once(parent, 'close');
  await dies(worker);
  while ((await readdir(rig.path('tmp'))).length > 0) await setTimeout(10);
  await rig.shell('rm fault');
  expect((await pipe('fault:all')).code).toBe(0);
  expect((await pipe('fault:all')).stderr).toContain('everything is up to date');
});

test('a second signal kills what does not end by itself', async () => {
  await rig.write({ fault: 'busy' });
  const parent = spawn(process.execPath, [pipeBin, '--jobs=1', 'fault:all'], {
    cwd: rig.folder,
    env: { ...process.env, ...own().env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  parent.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await pidIn('worker');
  parent.kill('SIGTERM');
  while (!stderr.includes('stopping')) await setTimeout(10);
  parent.kill('SIGTERM');
  expect((await once(parent, 'close'))[0]).toBe(143);
  expect(stderr).toMatch(
    /2 done, 4 not run.*4 of 6 invocations are left; to go on: pipe fault:all/s,
  );
  await expectToGoOn(4);
});
