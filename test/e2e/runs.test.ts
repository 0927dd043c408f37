import { readdir, readFile, stat, utimes } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../lib/ledger/events.ts';
import { eventsOf } from '../ledger/events.ts';
import { createRig } from '../rig/rig.ts';
import type { Result, Rig } from '../rig/rig.ts';

const first = '20261120T060000Z-00000001';
const killed = '20261120T060000Z-00000002';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({
    'package.json': '{ "type": "module" }',
    [fileOf(first)]: linesOf(eventsOf(first)),
    [fileOf(killed)]: `${linesOf(eventsOf(killed).slice(0, 7))}{"type":"invoca`,
  });
});
afterAll(() => rig.remove());

function fileOf(run: string): string {
  return `data/.pipe/runs/${run}/events.jsonl`;
}

function linesOf(events: readonly RunEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

/** Every file below the folder with its time and size. */
async function snapshot(): Promise<string[]> {
  const names = await readdir(rig.folder, { recursive: true });
  const lines = names.map(async (name) => {
    const { mtimeMs, size } = await stat(rig.path(name));
    return `${name} ${mtimeMs} ${size}`;
  });
  return (await Promise.all(lines)).sort();
}

describe('looking at runs', () => {
  test('lists them, the newest first', async () => {
    expect(await rig.pipe(['runs:list'])).toEqual({
      code: 0,
      stderr: '',
      stdout: `Last runs in data, times in UTC

run                        when                 who  time  exit        leaves            command
20261120T060000Z-00000002  2026-11-20 06:00:00  u@h  6 ms  unfinished  1 done            pipe stats:multi -- --sites=a,b
20261120T060000Z-00000001  2026-11-20 06:00:00  u@h  9 ms  1           1 done, 1 failed  pipe stats:multi -- --sites=a,b

`,
    });
    const { stdout } = await rig.pipe([
      '--timezone=Asia/Kathmandu',
      '--json',
      'runs:list',
      '--last=1',
    ]);
    expect(JSON.parse(stdout).rows).toEqual([
      [
        killed,
        '2026-11-20 11:45:00',
        'u@h',
        6,
        'unfinished',
        '1 done',
        'pipe stats:multi -- --sites=a,b',
      ],
    ]);
  });

  test('shows one as a tree, with what failed and how to run it again', async () => {
    expect(await rig.pipe(['runs:show', '--', first])).toEqual({
      code: 0,
      stderr: '',
      stdout: `20261120T060000Z-00000001: pipe stats:multi -- --sites=a,b

id  status  time  rows in  rows out  rejected  command
 1  failed  6 ms                               pipe stats:multi -- --sites=a,b
 2  done    2 ms       10         2         1    pipe stats:clicks -- --sites=a
 3  failed  1 ms                                 pipe stats:clicks -- --sites=b

failed: it is bad
  in stats:multi => stats:clicks
  rerun: pipe stats:clicks -- --sites=b
2026-11-20 06:00:00 UTC, u@h, pipe 0.1.0; 1 done, 1 failed of 2 planned; exit code 1

`,
    });
  });

  test('shows the last one unless told otherwise, and says that it has no end', async () => {
    const { stdout } = await rig.pipe(['runs:show']);
    expect(stdout).toContain(`${killed}: pipe stats:multi`);
    expect(stdout).toMatch(/^ 3  unfinished {2,}pipe stats:clicks -- --sites=b$/m);
    expect(stdout).toContain('1 done of 2 planned; unfinished: it was killed or goes on still');
  });

  test('prints logs, all or of one invocation and those below it', async () => {
    const logs = `2026-11-20 06:00:00  #2 stats:clicks: hello
    there
`;
    const failure = `2026-11-20 06:00:00  #3 stats:clicks: failed: it is bad
`;
    const of = async (...args: string[]) => (await rig.pipe(['runs:logs', '--', ...args])).stdout;
    expect(await of(first)).toBe(logs + failure);
    expect(await of('--invocation=1', first)).toBe(logs + failure);
    expect(await of('--invocation=3', first)).toBe(failure);
    expect(await of(killed)).toBe(logs);
  });

  test('answers queries, in three forms', async () => {
    const query =
      'select id, status, rows_in, error from invocations where run = (select min(run) from runs) order by id';
    const ask = async (...args: string[]) => (await rig.pipe(['runs:sql', '--', ...args])).stdout;
    expect(await ask(query)).toBe(`id  status  rows_in  error
 1  failed
 2  done         10
 3  failed           it is bad

`);
    expect(await ask('--format=csv', query)).toBe(`id,status,rows_in,error
1,failed,,
2,done,10,
3,failed,,it is bad
`);
    expect(
      await ask(
        '--format=jsonl',
        'select run, outcome, exit_code, done, leaves from runs order by run',
      ),
    ).toBe(`{"run":"${first}","outcome":"failed","exit_code":1,"done":1,"leaves":2}
{"run":"${killed}","outcome":"unfinished","exit_code":null,"done":1,"leaves":2}
`);
    expect(await ask('--format=csv', 'select message, task from logs limit 1')).toBe(
      'message,task\n"hello\nthere",stats:clicks\n',
    );
  });

  test.each([
    [
      ['runs:show', '2026'],
      2,
      /'2026' is the beginning of 2 runs: .*00000002, .*00000001; write more of it/,
    ],
    [['runs:show', '20261120T060000Z-00000003'], 2, /there is no run '.*3'.*did you mean 2026.*\?/],
    [['runs:logs', '--invocation=9', first], 2, /has no invocation '9'/],
    [['runs:logs', '--invocation=x', first], 2, /--invocation: 'x'/],
    [['runs:list', '--last=0'], 2, /--last: '0'/],
    [['runs:sql', 'selec'], 2, /syntax error/],
    [['--store=none', 'runs:show'], 2, /no run in the store none yet/],
    [['runs:prune', '--keep=-1'], 2, /--keep: '-1'/],
  ])('%j: says what is wrong', async (args, code, message) => {
    const result = await rig.pipe(args);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(message);
  });

  test('leaves no trace', async () => {
    const before = await snapshot();
    for (const line of [
      'runs:list',
      'runs:show',
      'runs:logs',
      'runs:sql|select 1',
      '-n|runs:list',
      '-n|runs:prune|--keep=0',
    ]) {
      const { code, stderr } = await rig.pipe(line.split('|'));
      expect(code, stderr).toBe(0);
    }
    for (const line of ['--store=none|runs:list', '--store=none|runs:sql|select * from runs']) {
      expect((await rig.pipe(line.split('|'))).stdout).toContain('no rows');
    }
    expect(await snapshot()).toEqual(before);
  });

  test('is no part of a plan', async () => {
    await rig.write({
      'tasks/look.ts': `import { defineTask } from 'pipe';
export const look = defineTask({
  name: 'test:look', summary: 'Look', usage: '', plan: () => [{ task: 'runs:list', args: [] }],
});
`,
    });
    const { code, stderr } = await rig.pipe(['test:look']);
    expect(code).toBe(2);
    expect(stderr).toContain(`test:look => runs:list: 'runs:list' only shows what there is`);
  });
});

test('runs:prune removes what is old, shows it first, and spares what may go on', async () => {
  const old = '20261101T060000Z-00000001';
  const dead = '20261101T060000Z-00000002';
  const store = 'pruned';
  const path = (run: string) => `${store}/.pipe/runs/${run}/events.jsonl`;
  await rig.write({
    [path(old)]: linesOf(eventsOf(old)),
    [path(dead)]: linesOf(eventsOf(dead).slice(0, 7)),
    [path(first)]: linesOf(eventsOf(first)),
    [path(killed)]: linesOf(eventsOf(killed).slice(0, 7)),
  });
  const days = (count: number) => Date.now() / 1000 - count * 86_400;
  for (const [run, age] of [
    [old, 20],
    [dead, 20],
    [first, 3],
    [killed, 3],
  ] as const) {
    await utimes(rig.path(path(run)), days(age), days(age));
  }
  const dry = await rig.pipe([`--store=${store}`, '-n', 'runs:prune', '--keep=2']);
  const command = (run: string) => `runs       pipe --store=${store} runs:remove -- ${run}`;
  expect(dry.stdout.split('\n').slice(1)).toEqual([
    command(old),
    command(dead),
    command(first),
    '',
    '3 runs',
    '',
  ]);
  expect(await readdir(rig.path(`${store}/.pipe/runs`))).toHaveLength(4);
  const pruned = await rig.pipe([`--store=${store}`, 'runs:prune', '--keep=2']);
  expect(pruned.stderr).toMatch(/^3 done in /);
  const left = await readdir(rig.path(`${store}/.pipe/runs`));
  expect(left).toContain(killed);
  expect(left).toHaveLength(2);
  // Whatever the present is taken for.
  const refused = await rig.pipe([
    `--store=${store}`,
    '--now=2030-01-01',
    'runs:prune',
    '--keep=2',
  ]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`run '${killed}' may still go on`);
  expect(await readdir(rig.path(`${store}/.pipe/runs`))).toContain(killed);
});

describe('secrets', () => {
  const token = `it's 100% s3cret`;
  const fromEnvironment = 'hunter2-hunter2';

  beforeAll(() =>
    rig.write({
      'tasks/secret.ts': `import { defineTask, UserError } from 'pipe';
import { writeFile } from 'node:fs/promises';
const one = defineTask({
  name: 'secret:one',
  summary: 'Know a secret',
  usage: '--token=<token> [--from=<url>] <what>',
  secret: ['token'],
  outputs: ({ what }) => [{ partition: { dataset: 'kept', keys: { what } }, inputs: [] }],
  async run({ token, what }, context) {
    context.log('token ' + token + ' and ' + process.env.API_TOKEN);
    if (what === 'bad') throw new UserError('GET https://ann:pass-word@host/?q=' + encodeURIComponent(token));
    if (what === 'bug') throw new TypeError(token);
    const path = (await context.staging()).path('data.txt');
    await writeFile(path, 'data');
    await context.publish({
      partition: { dataset: 'kept', keys: { what } },
      files: [{ name: 'data.txt', path, rows: 1 }],
      rows: { in: 1, out: 1, rejected: 0, filtered: 0 },
      schema: [],
    });
  },
});
const all = defineTask({
  name: 'secret:all',
  summary: 'Know secrets',
  usage: '--token=<token> <what>...',
  secret: ['token'],
  *plan({ token, what }) {
    for (const each of what) yield { task: 'secret:one', args: { token, what: each } };
  },
});
export const tasks = [one, all];
`,
    }),
  );

  test('are in nothing that is written', async () => {
    const args = [
      '--store=hidden',
      '-v',
      'secret:all',
      '--',
      `--token=${token}`,
      'good',
      'bad',
      'bug',
    ];
    const result = await rig.pipe(args, { env: { API_TOKEN: fromEnvironment } });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('rerun: pipe --store=hidden secret:one -- --token=*** bad');
    expect(result.stderr).toContain('secret:one: token *** and ***');
    expect(result.stderr).toContain('GET https://ann:***@host/?q=***');
    const files = await readdir(rig.path('hidden'), { recursive: true, withFileTypes: true });
    const texts = files
      .filter((file) => file.isFile())
      .map((file) => readFile(`${file.parentPath}/${file.name}`, 'utf8'));
    const written = [result.stderr, result.stdout, ...(await Promise.all(texts))];
    expect(written.length).toBeGreaterThan(3);
    for (const text of written) expect(text).not.toMatch(/s3cret|hunter2|pass-word/);
  });

  test('are not shown by a dry run, nor by an error', async () => {
    const dry = await rig.pipe(['-n', 'secret:all', `--token=${token}`, 'good']);
    expect(dry.stdout).toContain('pipe secret:one -- --token=*** good');
    const wrong = await rig.pipe(['secret:all', `--token=${token}`, 'good', '--lang=en']);
    expect(wrong.code).toBe(2);
    for (const text of [dry.stdout, wrong.stdout, wrong.stderr]) expect(text).not.toMatch(/s3cret/);
  });

  test('in the URL of an argument are in no manifest, either', async () => {
    const secrets = ['fetched', 'pass-word', 'k-12345'] as const;
    const make = (what: string, password: string, key: string): Promise<Result> => {
      const url = `--from=https://ann:${password}@host/x?api_key=${key}`;
      return rig.pipe(['--store=fetched', 'secret:one', '--token=t', url, what]);
    };
    expect((await make(...secrets)).code).toBe(0);
    const { stdout } = await rig.shell("grep -rlE 'pass-word|k-12345' fetched");
    expect(stdout).toBe('');
    const manifest = await readFile(rig.path('fetched/kept/what=fetched/_manifest.json'), 'utf8');
    const command =
      "pipe --store=fetched secret:one -- --token=*** --from='https://ann:***@host/x?api_key=***' fetched";
    expect(JSON.parse(manifest)).toMatchObject({ command });
    expect((await make('fetched', 'another', 'one')).stderr).toContain('everything is up to date');
  });

  test('do not make a partition stale when they are renewed', async () => {
    const { stderr } = await rig.pipe(['--store=hidden', 'secret:one', '--token=another', 'good']);
    expect(stderr).toBe('everything is up to date (1 partition)\n');
  });
});
