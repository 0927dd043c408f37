import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({
    'package.json': '{ "type": "module" }',
    'tasks/hello.ts': `
import { defineTask, UserError } from 'pipe';

enum Mood { glad = 'glad' }

export const hello = defineTask({
  name: 'hello:one',
  summary: 'Greet somebody',
  usage: '--name=<name> [--mood=<glad|sad>]',
  run(args, context) {
    if (args.name === 'Nobody') throw new UserError("there is nobody; give another --name");
    context.log(\`Hello \${args.name}, \${args.mood ?? Mood.glad}\`);
  },
});

export const all = defineTask({
  name: 'hello:all',
  summary: 'Greet several people',
  usage: '<name>...',
  *plan(args) {
    for (const name of args.name) yield { task: 'hello:one', args: { name } };
  },
});
`,
  });
});
afterAll(() => rig.remove());

describe('pipe', () => {
  test('--version prints the version of the package', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(await rig.pipe(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('and pipe --help print how to call it', async () => {
    const help = await rig.pipe(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('pipe [options] <task> [--] [<argument>...]');
    expect(await rig.pipe([])).toEqual(help);
  });

  test('--list, -T and --list=<pattern> print tasks, with --json as data', async () => {
    const list = await rig.pipe(['--list']);
    expect(list).toMatchObject({ code: 0, stderr: '' });
    const lines = list.stdout.trimEnd().split('\n');
    // One column of summaries, two spaces behind the longest command.
    const commands = lines.map((line) => line.slice(0, line.indexOf('#')).trimEnd());
    const column = Math.max(...commands.map((command) => command.length)) + 2;
    expect(lines.map((line) => line.indexOf('# '))).toEqual(lines.map(() => column));
    expect(lines).toContain(`${'pipe hello:one'.padEnd(column)}# Greet somebody`);
    // Those of the project first.
    expect(commands.indexOf('pipe hello:one')).toBeLessThan(commands.indexOf('pipe data:check'));
    expect(commands).toContain('pipe stats:multi');
    expect(await rig.pipe(['-T'])).toEqual(list);
    expect(await rig.pipe(['--list=SEVERAL PEOPLE'])).toEqual({
      code: 0,
      stdout: 'pipe hello:all  # Greet several people\n',
      stderr: '',
    });
    const json = await rig.pipe(['--json', '--list=hello:one']);
    expect(JSON.parse(json.stdout)).toEqual({
      name: 'hello:one',
      summary: 'Greet somebody',
      usage: '--name=<name> [--mood=<glad|sad>]',
      file: 'tasks/hello.ts',
    });
    expect(await rig.pipe(['--list=xyzzy'])).toMatchObject({ code: 2, stdout: '' });
  });

  test('<task> --help prints summary and usage', async () => {
    const help = {
      code: 0,
      stdout:
        'hello:one: Greet somebody\n\nUsage:\n  pipe hello:one -- --name=<name> [--mood=<glad|sad>]\n',
      stderr: '',
    };
    for (const line of ['hello:one --help', 'hello:one -- --help', '--help hello:one']) {
      const result = await rig.pipe(line.split(' '));
      expect({ ...result, stdout: `${result.stdout.trimEnd()}\n` }, line).toEqual(help);
    }
  });

  test.each([
    ['hello:oen --name=a', "pipe: unknown task 'hello:oen'\n\n  did you mean hello:one?\n"],
    [
      'hello',
      "pipe: unknown task 'hello'\n\n  tasks with 'hello' in their name: hello:all, hello:one\n",
    ],
  ])('%s: says which task is meant', async (line, stderr) => {
    expect(await rig.pipe(line.split(' '))).toEqual({ code: 2, stdout: '', stderr });
  });

  test.each([
    ['--jobs=0 hello:one --name=a', /--jobs: '0'/],
    ['--jobs=many hello:one --name=a', /--jobs: 'many'/],
    ['--retries=x hello:one --name=a', /--retries: 'x' is not a whole number from 0 to 100/],
    ['--retry-delay=5 hello:one --name=a', /--retry-delay: '5' has no unit; .* 5s/],
    ['--timeout=0s hello:one --name=a', /--timeout: '0s' leaves no time at all/],
    ['--grace=soon hello:one --name=a', /--grace: 'soon' is not a duration/],
    ['--isolate=thread hello:one --name=a', /--isolate.*'?thread/],
    ['--max-memory=lots hello:one --name=a', /--max-memory: 'lots' is not a size/],
    ['--max-memory=1m hello:one --name=a', /--max-memory: '1m' is not a size of 32m or more/],
    ['--timezone=Berlin hello:one --name=a', /did you mean Europe\/Berlin\?/],
    ['--now=yesterday hello:one --name=a', /--now: 'yesterday' is not an instant/],
    ['--store=ftp://x hello:one --name=a', /ftp/],
    ['--frce hello:one --name=a', /did you mean.*--force/],
    ['hello:one --name=a --mood=angry', /angry/],
    ['hello:one --name=a -n', /pipe -n hello:one -- --name=a/],
    ['hello:one -n -- --name=a', /pipe -n hello:one -- --name=a/],
    ['hello:one --name=a --dry-run', /pipe --dry-run hello:one -- --name=a/],
  ])('%s: is a usage error that says what to do', async (line, stderr) => {
    const result = await rig.pipe(line.split(' '));
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(stderr);
    expect(result.stderr).not.toMatch(/\bat .*:\d+:\d+/);
  });
});

describe('a run', () => {
  test('runs a task written in TypeScript, with and without the separator', async () => {
    for (const line of [
      'hello:one -- --name=Ann',
      'hello:one --name=Ann',
      'hello:one --name Ann',
    ]) {
      const result = await rig.pipe(line.split(' '));
      expect(result, line).toMatchObject({ code: 0, stdout: '' });
      expect(result.stderr).toMatch(/^hello:one: Hello Ann, glad\n1 done in \d+ ms\n$/);
    }
  });

  test('lists what failed, with the command that reruns it, and does the rest', async () => {
    const { code, stdout, stderr } = await rig.pipe(['hello:all', 'Nobody', 'Ann O’Hara']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('hello:one: Hello Ann O’Hara, glad');
    expect(stderr).toContain('there is nobody; give another --name');
    expect(stderr).toContain('hello:all => hello:one');
    expect(stderr).toContain('pipe hello:one -- --name=Nobody');
  });

  test('prints its events as JSON lines, and keeps them in the ledger', async () => {
    const options = ['--json', '--store=s', '--jobs=1'];
    const { code, stdout, stderr } = await rig.pipe([...options, 'hello:all', 'A', 'B']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const leaf = ['invocation-started', 'log', 'invocation-finished'];
    expect(events.map(({ type }) => type)).toEqual([
      'run-started',
      'run-planned',
      'invocation-started',
      ...leaf,
      ...leaf,
      'invocation-finished',
      'run-finished',
    ]);
    expect(events.at(-1)).toMatchObject({ exitCode: 0, counts: { done: 2, failed: 0 } });
    const [run] = await readdir(rig.path('s/.pipe/runs'));
    expect(run).toBe(events[0].run);
    const ledger = await readFile(rig.path(`s/.pipe/runs/${run}/events.jsonl`), 'utf8');
    expect(ledger.replaceAll(rig.folder, '$RIG')).toBe(stdout);
  });

  test('is dry with -n: prints pasteable commands and creates nothing', async () => {
    const { code, stdout } = await rig.pipe(['-n', '--store=dry', 'hello:all', "it's", '$HOME']);
    expect(code).toBe(0);
    expect(stdout).toContain(`pipe --store=dry hello:one -- --name='it'\\''s'`);
    expect(stdout).toContain(`pipe --store=dry hello:one -- --name='$HOME'`);
    expect(await readdir(rig.folder)).not.toContain('dry');
  });

  test('does not mind a reader that goes away', async () => {
    const { code } = await rig.shell('pipe --list | head -n 1 | wc -l');
    expect(code).toBe(0);
  });
});

describe('a task of plain JavaScript', () => {
  beforeAll(() =>
    rig.write({
      'tasks/plain.js': `
import { defineTask } from 'pipe';
const make = (name, parts) => defineTask({ name, summary: name, usage: '', ...parts });
const table = { title: 't', columns: [{ name: 'a', kind: 'text' }], rows: [['x']] };
export const sum = make('plain:sum', { run() {}, summarize: () => table });
export const look = make('plain:look', { async *show() { yield table; } });
export const plan = make('plain:plan', { *plan() { yield 'hello:one'; } });
export const breaks = make('plain:breaks', {
  *plan() {
    undefined.length;
  },
});
`,
    }),
  );

  test.each([
    [
      'plain:sum',
      /^plain:sum: its summarize gave a table with the notes 'undefined'; .* notes: \[\] \}$/m,
    ],
    ['plain:look', /^plain:look: its show gave a table with the notes 'undefined'/],
    ['plain:plan', /^plain:plan: its plan gave 'hello:one'; it is to give invocations/],
    ['-n plain:plan', /^plain:plan: its plan gave 'hello:one'/],
  ])('%s: is told what was expected of it', async (line, stderr) => {
    const result = await rig.pipe(line.split(' '));
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(stderr);
  });

  test('that breaks while it plans is shown where, and is no bug in Pipe', async () => {
    const { code, stderr } = await rig.pipe(['plain:breaks']);
    expect(code).toBe(1);
    expect(stderr).toContain('tasks/plain.js:10:15');
    expect(stderr).toMatch(/^ {8}undefined\.length;\n {18}\^$/m);
    expect(stderr).not.toContain('bug in Pipe');
  });
});
