import { execFile } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({ 'package.json': '{ "type": "module" }' });
  await mkdir(rig.path('node_modules/@types'), { recursive: true });
  await symlink(root, rig.path('node_modules/pipe'));
  await symlink(`${root}/node_modules/@types/node`, rig.path('node_modules/@types/node'));
});
afterAll(() => rig.remove());

test('invoke runs a task from a program and returns its outcome', async () => {
  await rig.write({
    'tasks/hello.js': `import { defineTask, UserError } from 'pipe';
export const hello = defineTask({
  name: 'hello:one',
  summary: 'Greet somebody',
  usage: '--name=<name>',
  run({ name }) {
    if (name === 'Nobody') throw new UserError('there is nobody');
  },
});
`,
    'main.js': `import { defineTask, invoke } from 'pipe';
const own = defineTask({
  name: 'own:task',
  summary: 'Call another task',
  usage: '<name>',
  async run({ name }, context) {
    const { status } = await context.invoke('hello:one', { name });
    if (status !== 'done') throw new Error(status);
  },
});
const types = [];
const listen = ({ type }) => types.push(type);
const options = { store: 'store', jobs: 1 };
const outcomes = [
  await invoke('hello:one', { name: 'Ann' }, { ...options, listen }),
  await invoke('hello:one', ['--name=Nobody'], options),
  await invoke('own:task', ['Ann'], { ...options, tasks: [own] }),
];
console.log(JSON.stringify(outcomes.map(({ status, exitCode }) => [status, exitCode])));
console.log(types.join(' '));
await invoke('hello:one', {}).catch((error) => console.log(error.name, error.exitCode));
`,
  });
  expect(await rig.shell('node main.js')).toEqual({
    code: 0,
    stdout:
      '[["done",0],["failed",1],["done",0]]\n' +
      'run-started run-planned invocation-started invocation-finished run-finished\n' +
      'UsageError 2\n',
    stderr: '',
  });
});

test('args are typed from the usage in the editor and the compiler of a task author', async () => {
  await rig.write({
    'tasks/typed.ts': `import { defineTask, list } from 'pipe';

export const typed = defineTask({
  name: 'typed:one',
  summary: 'Use its arguments',
  usage: '--sites=<list> [--format=<csv|json>] [--loud] [<file>...]',
  run(args, context) {
    const sites: string[] = list(args.sites);
    const format: 'csv' | 'json' | undefined = args.format;
    const loud: boolean = args.loud;
    const files: readonly string[] = args.file;
    context.log([...sites, format, loud, ...files].join());
    // @ts-expect-error: there is no such argument
    context.log(args.site);
  },
});
`,
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        module: 'NodeNext',
        target: 'ES2022',
        types: ['node'],
      },
      include: ['tasks'],
    }),
  });
  const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', '.'], {
    cwd: rig.folder,
  }).catch((error: { readonly stdout: string }) => error);
  expect(stdout).toBe('');
});
