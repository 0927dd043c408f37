import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
  await rig.write({ 'package.json': '{}' });
});
afterEach(() => rig.remove());

const task = (name: string, more = 'run() {}'): string =>
  `import { defineTask } from 'pipe';
export const made = defineTask({ name: '${name}', summary: 'Made', usage: '', ${more} });
`;

async function listing() {
  const { code, stdout, stderr } = await rig.pipe(['--list=made:']);
  return { code, stdout, stderr };
}

test('a change of a task file, or of a file it imports, is seen', async () => {
  await rig.write({
    'tasks/a.ts': `import { name } from '../names.ts';\n${task('a:x').replace("'a:x'", 'name')}`,
    'names.ts': "export const name = 'made:first';",
  });
  expect((await listing()).stdout).toBe('pipe made:first  # Made\n');
  await rig.write({ 'names.ts': "export const name: string = 'made:second';" });
  expect((await listing()).stdout).toBe('pipe made:second  # Made\n');
  await rig.write({ 'tasks/b.js': task('made:third') });
  expect((await listing()).stdout).toBe('pipe made:second  # Made\npipe made:third   # Made\n');
});

test('tasks are found from a folder inside the project', async () => {
  await rig.write({ 'tasks/a.ts': task('made:a'), 'deep/down/x.txt': '' });
  const { stdout } = await rig.pipe(['--list=made:'], { cwd: rig.path('deep/down') });
  expect(stdout).toBe('pipe made:a  # Made\n');
});

test('tests and declarations beside tasks are left alone', async () => {
  await rig.write({
    'tasks/a.ts': task('made:a'),
    'tasks/a.test.ts': 'throw new Error("a test ran")',
    'tasks/a.d.ts': 'export declare const a: string;',
  });
  expect(await listing()).toEqual({ code: 0, stdout: 'pipe made:a  # Made\n', stderr: '' });
});

test('two tasks of one name', async () => {
  await rig.write({ 'tasks/a.ts': task('made:x'), 'tasks/b.ts': task('made:x') });
  expect(await listing()).toEqual({
    code: 2,
    stdout: '',
    stderr:
      "pipe: two tasks are named 'made:x': one in tasks/a.ts, one in tasks/b.ts; rename one of them\n",
  });
});

test('a name that a built-in task has', async () => {
  await rig.write({ 'tasks/a.ts': task('stats:multi') });
  const { code, stderr } = await listing();
  expect(code).toBe(2);
  expect(stderr).toContain(
    "two tasks are named 'stats:multi': one in Pipe itself, one in tasks/a.ts",
  );
});

test('a file that throws while loading: names file, line and column', async () => {
  await rig.write({
    'tasks/a.ts': 'const missing: string[] = [];\n\nconsole.log(missing[0].length);\n',
  });
  const { code, stderr } = await listing();
  expect(code).toBe(2);
  expect(stderr).toBe(
    "tasks/a.ts:3:24: Cannot read properties of undefined (reading 'length')\n\n" +
      '  console.log(missing[0].length);\n                         ^\n',
  );
});

test('a syntax error: names the place and points at it', async () => {
  await rig.write({ 'tasks/a.ts': 'export const a = 1;\nexport const b = = 2;\n' });
  expect(await listing()).toEqual({
    code: 2,
    stdout: '',
    stderr: 'tasks/a.ts:2:18: Unexpected "="\n\n  export const b = = 2;\n                   ^\n',
  });
});

test('a package that is not installed', async () => {
  await rig.write({ 'tasks/a.ts': `import 'left-pad';\n${task('made:a')}` });
  const { code, stderr } = await listing();
  expect(code).toBe(2);
  expect(stderr).toContain(
    "tasks/a.ts:1:9: cannot find package 'left-pad'; npm install left-pad\n\n",
  );
});

test('a task with neither plan nor run', async () => {
  await rig.write({ 'tasks/a.ts': task('made:a', '') });
  const { code, stderr } = await listing();
  expect(code).toBe(2);
  expect(stderr).toMatch(/^tasks\/a\.ts:2:\d+: task 'made:a' has neither plan nor run/);
});

test('a malformed usage: points into the usage text', async () => {
  const text = task('made:a').replace("usage: ''", "usage: '--a=<a> (--b | --c'");
  await rig.write({ 'tasks/a.ts': text });
  const { code, stderr } = await listing();
  expect(code).toBe(2);
  expect(stderr).toMatch(/^tasks\/a\.ts:2:\d+: .*unmatched '\('/);
  expect(stderr).toContain('--a=<a> (--b | --c');
  expect(stderr).toMatch(/^ *\^$/m);
});

test('a config with a wrong field or value', async () => {
  await rig.write({ 'pipe.config.json': '{ "sotre": "x" }' });
  expect((await listing()).stderr).toBe(
    "pipe.config.json: unknown field 'sotre'; did you mean 'store'?\n",
  );
  await rig.write({ 'pipe.config.json': '{ "jobs": "4" }' });
  expect((await listing()).stderr).toBe(
    "pipe.config.json: jobs is '4', expected a number such as 4\n",
  );
});

test('a config in TypeScript says where the store is and which zone counts', async () => {
  await rig.write({
    'pipe.config.ts':
      "const zone: string = 'Europe/Berlin';\nexport default { store: 'elsewhere', timezone: zone };",
    'tasks/a.ts': task(
      'made:a',
      'run(_, context) { context.log(`${context.timezone} ${context.store.uri}`) }',
    ),
  });
  const { stderr } = await rig.pipe(['made:a']);
  expect(stderr).toContain('made:a: Europe/Berlin file://$RIG/elsewhere\n');
  const given = await rig.pipe(['--timezone=UTC', 'made:a'], { env: { PIPE_STORE: 'env' } });
  expect(given.stderr).toContain('made:a: UTC file://$RIG/env\n');
});

test('an error of a task that is a bug names its file and line with -v', async () => {
  await rig.write({
    'tasks/a.ts': `import { defineTask } from 'pipe';
export const bug = defineTask({
  name: 'made:bug',
  summary: 'Made',
  usage: '',
  run() {
    const nothing: { a?: { b: string } } = {};
    return void nothing.a!.b;
  },
});
`,
  });
  const { code, stderr } = await rig.pipe(['-v', 'made:bug']);
  expect(code).toBe(1);
  expect(stderr).toContain('$RIG/tasks/a.ts:8:28');
});
