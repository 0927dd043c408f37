import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRig, pipeBin } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

/** Notes each day in a file. The day in the file `bad` fails; the one in `slow` takes its time. */
const tasks = `
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from 'pipe';

const usage = '[ (--start-date=<date> --end-date=<date>) | (--days-ago=<n> [--days-ago-end=<n>]) ]';
const textOf = (path) => readFile(path, 'utf8').catch(() => '');

function* days(task, { 'start-date': start, 'end-date': end, ...args }) {
  if (start === end) return;
  for (let at = Date.parse(start); at <= Date.parse(end); at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10);
    yield { task, args: { ...args, 'start-date': day, 'end-date': day } };
  }
}

async function note(day) {
  if ((await textOf('slow')) === day) {
    await writeFile('waiting', '');
    await sleep(60_000);
  }
  if ((await textOf('bad')) === day) throw new Error('a bad day');
  await appendFile('days.log', day + '\\n');
}

export const notes = defineTask({
  name: 'days:note',
  summary: 'Note days, publish nothing',
  usage,
  plan: (args) => days('days:note', args),
  run: (args) => note(args['start-date']),
});

const partition = (day) => ({ dataset: 'days', keys: { date: day } });

export const make = defineTask({
  name: 'days:make',
  summary: 'Make a partition of each day from the version of its input',
  usage,
  plan: (args) => days('days:make', args),
  async outputs(args) {
    const day = args['start-date'];
    const version = (await textOf('input-' + day)) || '1';
    return [{ partition: partition(day), inputs: [{ name: 'input-' + day, version }] }];
  },
  async run(args, context) {
    const day = args['start-date'];
    await note(day);
    const path = (await context.staging()).path('data.parquet');
    await writeFile(path, day);
    await context.publish({
      partition: partition(day),
      files: [{ name: 'data.parquet', path, rows: 1 }],
      rows: { in: 1, out: 1, rejected: 0, filtered: 0 },
      schema: [],
    });
  },
});

export const secret = defineTask({
  name: 'days:secret',
  summary: 'Take a secret and fail',
  usage: '--token=<token>',
  secret: ['token'],
  run() { throw new Error('no'); },
});
`;

const now = '--now=2026-11-20T06:00:00Z';
const later = '--now=2026-11-24T00:30:00Z';
const window = ['2026-11-17', '2026-11-18', '2026-11-19', '2026-11-20'];

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
  await rig.write({ 'package.json': '{}', 'tasks/days.ts': tasks });
});
afterEach(() => rig.remove());

describe('runs:resume', () => {
  test('does what failed, four days later, for the days of the first run', async () => {
    await rig.write({ bad: '2026-11-18' });
    expect((await rig.pipe([now, 'days:note', '--days-ago=3'])).code).toBe(1);
    await rig.shell('rm bad');
    const dry = await rig.pipe([later, '--dry-run', 'runs:resume']);
    expect(dry.stdout).toMatch(
      /^ +pipe runs:resume -- \S+\nruns {5,}pipe days:note -- --start-date=2026-11-18 --end-date=2026-11-18\b/,
    );
    expect(dry.stdout).toContain('\n1 runs\n');
    expect(await noted()).toHaveLength(3);
    const resumed = await rig.pipe([later, 'runs:resume']);
    expect(resumed).toMatchObject({ code: 0, stderr: expect.stringMatching(/^1 done in /) });
    expect((await noted()).sort()).toEqual(window);

    const again = await rig.pipe([later, 'runs:resume']);
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toBe('pipe: there is nothing to resume: every run has ended well\n');
  });

  test('does what a killed run left, and what a killed resumption left', async () => {
    await runUntilKilled([now, '-j1', 'days:make', '--days-ago=3'], '2026-11-18');
    await runUntilKilled([later, '-j1', 'runs:resume'], '2026-11-20');
    const { code, stderr } = await rig.pipe([later, 'runs:resume']);
    expect(code, stderr).toBe(0);
    expect((await noted()).sort()).toEqual(window);
    expect((await readdir(rig.path('data/days'))).sort()).toEqual(
      window.map((day) => `date=${day}`),
    );
  });

  test('leaves alone what goes on still', async () => {
    await rig.write({ bad: '2026-11-20' });
    await rig.pipe([now, 'days:note']);
    await rig.write({ slow: '2026-11-19' });
    const child = start([now, 'days:make', '--days-ago=1']);
    while (!(await readdir(rig.folder)).includes('waiting')) await sleep(10);
    await sleep(300);
    const dry = await rig.pipe([later, '-n', 'runs:resume']);
    expect(dry.stdout).toContain('pipe days:note -- --start-date=2026-11-20');
    await rig.shell('rm bad');
    await rig.pipe([later, 'runs:resume']);
    const none = await rig.pipe([later, 'runs:resume']);
    expect(none.code).toBe(0);
    expect(none.stderr).toMatch(/^pipe: there is nothing to resume: run \S+ goes on still, every/);
    child.kill('SIGKILL');
    await once(child, 'close');
    await rig.shell('rm slow waiting');
    expect((await rig.pipe([later, 'runs:resume'])).stderr).toMatch(/^2 done in /);
  });

  test('keeps the time zone, and makes anew only what was to be made anew', async () => {
    const zone = '--timezone=Asia/Kathmandu';
    await rig.pipe([now, zone, 'days:make', '--days-ago=3']);
    await rig.write({ bad: '2026-11-19' });
    expect((await rig.pipe([now, zone, '--force', 'days:make', '--days-ago=3'])).code).toBe(1);
    await rig.shell('rm bad days.log');
    expect((await rig.pipe([later, 'runs:resume'])).code).toBe(0);
    expect(await noted()).toEqual(['2026-11-19']);
    const list = await rig.pipe(['runs:list', '--last=1']);
    expect(list.stdout).toMatch(/pipe --timezone=Asia\/Kathmandu runs:resume -- \S+Z-\w+$/m);
    const dry = await rig.pipe([zone, now, '-n', 'days:make', '--days-ago=3']);
    expect(dry.stdout).toContain('\n4 done\n');
  });

  test('says so when there is nothing left, no such run, or a secret that it does not know', async () => {
    expect((await rig.pipe(['runs:resume'])).stderr).toContain('there is nothing to resume');
    await rig.pipe([now, 'days:note']);
    const [run = ''] = await readdir(rig.path('data/.pipe/runs'));
    const whole = await rig.pipe(['runs:resume', '--', run]);
    expect(whole).toMatchObject({
      code: 0,
      stderr: `pipe: run '${run}' has left nothing undone\n`,
    });
    const unknown = await rig.pipe(['runs:resume', '--', 'x1']);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("no run 'x1'") });
    await rig.pipe(['days:secret', '--token=hush-hush']);
    const secret = await rig.pipe(['runs:resume']);
    expect(secret.code).toBe(1);
    expect(secret.stderr).toContain('was given secrets, which no ledger keeps');
    expect(secret.stderr).not.toContain('hush');
  });
});

describe('--why', () => {
  test('says of every partition why it is due, or when and by which run it was made', async () => {
    await rig.pipe([now, 'days:make', '--days-ago=1']);
    await rig.write({ 'input-2026-11-19': '2' });
    const before = await snapshot();
    const { code, stdout } = await rig.pipe([now, '--why', 'days:make', '--days-ago=2']);
    expect(code).toBe(0);
    expect(await snapshot()).toEqual(before);
    const [run = ''] = await readdir(rig.path('data/.pipe/runs'));
    const made = `made \\d{4}-\\S+Z by run ${run}`;
    const lines = stdout.split('\n').slice(1, 4);
    expect(lines[0]).toMatch(/^missing .*# never made$/);
    expect(lines[1]).toMatch(
      new RegExp(`^stale .*# input input-2026-11-19 changed from version 1 to version 2, ${made}$`),
    );
    expect(lines[2]).toMatch(new RegExp(`^done .*# ${made}$`));
    const dry = await rig.pipe([now, '-n', 'days:make']);
    expect(dry.stdout).toMatch(new RegExp(`^done .*  # made 2026-11-\\S+ by run ${run}$`, 'm'));
    const json = await rig.pipe([now, '--why', '--json', 'days:make']);
    expect(JSON.parse(json.stdout)).toMatchObject({ outputs: [{ state: 'done', run }] });
    const notes = await rig.pipe([now, '--why', 'days:note']);
    expect(notes.stdout).toContain('# declares no outputs, so it always runs');
  });
});

describe('--lookback', () => {
  test('makes again the days before the window whose inputs changed, and no others', async () => {
    for (const day of ['2026-11-16', '2026-11-18', '2026-11-19']) {
      await rig.pipe(['days:make', '--', `--start-date=${day}`, `--end-date=${day}`]);
      await rig.write({ [`input-${day}`]: '2' });
    }
    await rig.write({ 'input-2026-11-18': '1' });
    await rig.shell('rm days.log');
    const args = [now, '--lookback=5', 'days:make', '--', '--days-ago=0'];
    const dry = await rig.pipe(['-n', ...args]);
    expect(dry.stdout).toContain('\n1 missing, 2 stale\n');
    const [first = ''] = dry.stdout.split('\n');
    const root = 'pipe --lookback=5 days:make -- --start-date=2026-11-20 --end-date=2026-11-20';
    expect(first.trim()).toBe(root);
    expect((await rig.shell(`${root.replace('pipe', 'pipe -n')}`)).stdout).toBe(dry.stdout);
    const { code, stderr } = await rig.pipe(args);
    expect(code, stderr).toBe(0);
    expect((await noted()).sort()).toEqual(['2026-11-16', '2026-11-19', '2026-11-20']);
    expect((await rig.pipe(args)).stderr).toMatch(/^\d up to date, \d skipped in /);
    expect((await rig.pipe(['runs:list', '--last=1'])).stdout).toContain(root);
    expect((await rig.pipe(['runs:show'])).stdout).toContain(` ${root}\n`);
  });

  test('leaves its other options in every command that is printed', async () => {
    await rig.write({ bad: '2026-11-20' });
    const args = [now, '--store=other', '--retries=1', '--retry-delay=1ms', '--lookback=2'];
    expect((await rig.pipe([...args, 'days:make', '--', '--days-ago=0'])).code).toBe(1);
    await rig.pipe(['--store=other', 'runs:report', '--', '--out=report.html']);
    const page = await readFile(rig.path('report.html'), 'utf8');
    const commands = [...page.matchAll(/<code[^>]*>(.*?)<\/code>/g)].map(([, code = '']) =>
      code.replace(/<[^>]*>/g, ''),
    );
    const day = 'days:make -- --start-date=2026-11-20 --end-date=2026-11-20';
    const prefix = 'pipe --store=other --retries=1 --retry-delay=1ms';
    expect(commands).toContain(`${prefix} ${day}`);
    expect(commands).toContain(`${prefix} --lookback=2 ${day}`);
    const resumes = commands.filter((command) => command.includes('runs:resume'));
    expect(resumes).not.toEqual([]);
    for (const command of resumes) expect(command).toMatch(/^pipe --store=other .*runs:resume -- /);
    const { stdout } = await rig.pipe(['--store=other', 'runs:show']);
    expect(stdout).toContain(` ${prefix} --lookback=2 ${day}\n`);
  });

  test('runs nothing twice that publishes nothing, and refuses what has no days', async () => {
    expect((await rig.pipe([now, '--lookback=2', 'days:note'])).code).toBe(0);
    expect(await noted()).toEqual(['2026-11-20']);
    const refused = await rig.pipe(['--lookback=2', 'days:secret', '--token=x']);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--lookback') });
    expect((await rig.pipe(['--lookback=0', 'days:note'])).code).toBe(2);
  });
});

describe('runs:accept', () => {
  const accept = [now, 'runs:accept', '--'];
  const target = ['days:make', '--', '--days-ago=2'];

  beforeEach(async () => {
    await rig.pipe([now, 'days:make', '--days-ago=2']);
    await rig.write({ 'tasks/days.ts': `${tasks}\nexport const edited = 1;\n` });
  });

  test('counts as good what only the code has made stale, without touching data', async () => {
    await rig.write({ 'input-2026-11-19': '2' });
    const before = await dataFiles();
    const dry = await rig.pipe(['-n', ...accept, ...target]);
    expect(dry.stdout).toMatch(/days\/date=2026-11-18\/ +accept +code changed from \w+ to \w+\n/);
    expect(dry.stdout).toMatch(/days\/date=2026-11-19\/ +leave +code changed from .*, input/);
    const result = await rig.pipe([...accept, ...target]);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout.replaceAll(/(code|) changed from \w+ to \w+/g, '$1 changed')).toBe(
      [
        'accepted  days/date=2026-11-18/  # code changed',
        'left      days/date=2026-11-19/  # code changed, input input-2026-11-19 changed from version 1 to version 2',
        'accepted  days/date=2026-11-20/  # code changed',
        '2 accepted, 1 left as they are\n',
      ].join('\n'),
    );
    expect(await dataFiles()).toEqual(before);
    expect((await rig.pipe([now, '-n', ...target])).stdout).toContain('\n1 stale, 2 done\n');
    const why = await rig.pipe([now, '--why', ...target]);
    const [run] = (await readdir(rig.path('data/.pipe/runs'))).toSorted().slice(-1);
    expect(why.stdout.match(new RegExp(`, accepted \\S+Z by run ${run}\n`, 'g'))).toHaveLength(2);
  });

  test('and what other inputs have, when told so; never other arguments', async () => {
    await rig.write({ 'input-2026-11-19': '2' });
    const result = await rig.pipe([...accept, '--inputs', ...target]);
    expect(result.stdout).toContain('3 accepted, 0 left as they are');
    expect((await rig.pipe([now, ...target])).stderr).toContain('everything is up to date');
    const zone = '--timezone=Asia/Kathmandu';
    const other = await rig.pipe([zone, ...accept, '--inputs', ...target]);
    expect(other.stdout).toContain('0 accepted, 3 left as they are');
  });
});

/** Runs a command until it has come to a day, and kills it. */
async function runUntilKilled(args: readonly string[], day: string): Promise<void> {
  await rig.write({ slow: day });
  const child = start(args);
  const closed = new Promise((resolve) => child.on('close', resolve));
  while (!(await readdir(rig.folder)).includes('waiting')) await sleep(10);
  // What was done before is in the ledger by now.
  await sleep(300);
  child.kill('SIGKILL');
  await closed;
  await rig.shell('rm slow waiting');
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [pipeBin, ...args], {
    cwd: rig.folder,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], HOME: rig.folder },
  });
}

async function noted(): Promise<string[]> {
  return (await readFile(rig.path('days.log'), 'utf8')).trimEnd().split('\n');
}

async function snapshot(): Promise<readonly string[]> {
  const names = await readdir(rig.folder, { recursive: true });
  return Promise.all(
    names.sort().map(async (name) => {
      const { size, mtimeMs, ctimeMs } = await stat(rig.path(name));
      return `${name} ${size} ${mtimeMs} ${ctimeMs}`;
    }),
  );
}

async function dataFiles(): Promise<readonly string[]> {
  return (await snapshot()).filter((line) => line.includes('data.parquet'));
}
