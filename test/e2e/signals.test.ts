import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig, pipeBin } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({
    'package.json': '{ "type": "module" }',
    'tasks/slow.js': `import { defineTask, sql } from 'pipe';
import { writeFileSync } from 'node:fs';
import { access, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

// Says that it runs, then waits for the test to let it go, or for the run to be cancelled.
export const leaf = defineTask({
  name: 'slow:leaf',
  summary: 'Wait',
  usage: '<n>',
  async run({ n }, { signal }) {
    await writeFile('began-' + n, '');
    while (!signal.aborted) {
      if (await access('go').then(() => true, () => false)) return;
      await setTimeout(10);
    }
    throw new Error('cancelled');
  },
});

export const deaf = defineTask({
  name: 'slow:deaf',
  summary: 'Never end, whatever anybody says',
  usage: '',
  outputs: () => [{ partition: { dataset: 'deaf', keys: {} }, inputs: [] }],
  async run() {
    await writeFile('began-1', '');
    await new Promise(() => setInterval(() => {}, 1000));
  },
});

export const query = defineTask({
  name: 'slow:query',
  summary: 'Count for days',
  usage: '',
  async run(_, context) {
    const engine = await context.engine();
    await engine.rows(sql\`select sum(a.range * b.range) from range(1000000000) a, range(1000000) b\`);
  },
});

export const last = defineTask({
  name: 'slow:last',
  summary: 'Wait once',
  usage: '',
  plan: () => [{ task: 'slow:leaf', args: ['1'] }],
});

export const endless = defineTask({
  name: 'slow:endless',
  summary: 'Plan for ever',
  usage: '',
  *plan() {
    writeFileSync('began-1', '');
    for (let n = 0; ; n++) yield { task: 'slow:leaf', args: [String(n)] };
  },
});

export const all = defineTask({
  name: 'slow:all',
  summary: 'Wait three times',
  usage: '',
  plan: () => ['1', '2', '3'].map((n) => ({ task: 'slow:leaf', args: [n] })),
});
`,
  });
});
afterAll(() => rig.remove());

async function start(...line: readonly string[]) {
  await rig.shell('rm -f began-* go');
  const args = [pipeBin, '--jobs=1', ...(line.length > 0 ? line : ['slow:all'])];
  const child = spawn(process.execPath, args, {
    cwd: rig.folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const closed = once(child, 'close');
  await exists('began-1');
  return {
    child,
    said: async (text: string) => {
      while (!stderr.includes(text)) await setTimeout(10);
    },
    end: async () => ({ code: Number((await closed)[0]), stderr }),
  };
}

async function exists(name: string): Promise<void> {
  while (
    !(await access(rig.path(name)).then(
      () => true,
      () => false,
    ))
  )
    await setTimeout(10);
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('after %s what runs may finish, nothing else starts', async (signal, code) => {
  const run = await start();
  run.child.kill(signal);
  await run.said('stopping');
  await rig.write({ go: '' });
  const ended = await run.end();
  expect(ended.code).toBe(code);
  expect(ended.stderr).toMatch(
    /1 done, 2 not run.*pipe: 2 of 3 invocations are left; to go on: pipe slow:all\n$/s,
  );
  await expect(access(rig.path('began-2'))).rejects.toThrow('ENOENT');
  const list = await rig.pipe(['runs:list', '--last=1']);
  expect(list.stdout).toMatch(new RegExp(` ${code} +1 done, 2 cancelled `));
});

test('what had finished all the same leaves nothing to go on with', async () => {
  const run = await start('slow:last');
  run.child.kill('SIGINT');
  await run.said('stopping');
  await rig.write({ go: '' });
  const ended = await run.end();
  expect(ended.code).toBe(130);
  expect(ended.stderr).toMatch(/^1 done.*\npipe: nothing is left to do\n$/m);
  expect((await rig.pipe(['runs:show'])).stdout).toContain('1 done of 1 planned; exit code 0');
});

test('reading a plan ends, too, and nothing is run', async () => {
  const run = await start('slow:endless');
  run.child.kill('SIGTERM');
  const ended = await run.end();
  expect(ended.code).toBe(143);
  expect(ended.stderr).toMatch(/pipe: nothing was run; to go on: pipe slow:endless\n$/);
});

test('a second signal cancels what runs', async () => {
  const run = await start();
  run.child.kill('SIGINT');
  await run.said('stopping');
  run.child.kill('SIGINT');
  const ended = await run.end();
  expect(ended.code).toBe(130);
  expect(ended.stderr).toContain('cancelling');
  expect(ended.stderr).toContain('3 not run');
});

test('the end of the grace cancels what runs as a second signal does', async () => {
  const run = await start('--grace=50ms', 'slow:all');
  run.child.kill('SIGTERM');
  const ended = await run.end();
  expect(ended.code).toBe(143);
  expect(ended.stderr).toMatch(/may finish within 50ms.*50ms are over; cancelling.*3 not run/s);
});

test('a leaf that never ends keeps neither a cancelled run alive nor one that timed out', async () => {
  const run = await start('--grace=0s', 'slow:deaf');
  run.child.kill('SIGINT');
  const ended = await run.end();
  expect(ended.code).toBe(130);
  expect(ended.stderr).toContain('1 of 1 invocations are left; to go on: pipe slow:deaf');
  // Nobody else waits for it.
  expect((await rig.shell('ls data/.pipe/leases')).stdout).toBe('');
  const timedOut = await rig.pipe(['--timeout=50ms', '--retries=3', 'slow:deaf']);
  expect(timedOut.code).toBe(1);
  expect(timedOut.stderr).toContain('took longer than 50ms');
  expect(timedOut.stderr).toContain('it went on although its signal was aborted');
});

test.each(['none', 'process'])(
  'a query that takes too long is interrupted, isolated: %s',
  async (isolate) => {
    const options = [`--isolate=${isolate}`, '--timeout=1s', '--retries=1', '--retry-delay=1ms'];
    const { code, stderr } = await rig.pipe([...options, 'slow:query']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^retry 1 in .*took longer than 1s.*failed: took longer than 1s/s);
    expect(stderr).not.toContain('it went on');
  },
);
