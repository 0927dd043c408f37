import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installOwn, installPacked } from '../rig/packed.ts';
import { createRig } from '../rig/rig.ts';
import type { Result, Rig } from '../rig/rig.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({ 'package.json': '{ "type": "module" }' });
  await installPacked(rig.folder);
  await installOwn(rig.folder, '@types/node');
  await installOwn(rig.folder, 'typescript');
});
afterAll(() => rig.remove());

/** The compiler's complaints about the project in a folder; empty where there are none. */
async function typecheck(folder = '.'): Promise<string> {
  return (await rig.shell(`node node_modules/typescript/bin/tsc -p ${folder} || true`)).stdout;
}

const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  module: 'NodeNext',
  target: 'ES2022',
  types: ['node'],
};

describe('the package', () => {
  test('holds the command, the library, its types and source maps, and nothing else', async () => {
    const folder = rig.path('node_modules/pipe');
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => !entry.isDirectory())
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
      .sort();
    const own = files.filter(
      (name) => !/^dist\/(?:chunks\/.+\.js(?:\.map)?|lib\/.+\.d\.ts)$/.test(name),
    );
    expect(own).toEqual([
      'LICENSE',
      'README.md',
      'dist/bin/pipe.js',
      'dist/bin/pipe.js.map',
      'dist/code.json',
      'dist/lib/cli/main.js',
      'dist/lib/cli/main.js.map',
      'dist/lib/pipe.js',
      'dist/lib/pipe.js.map',
      'dist/licenses.txt',
      'dist/tasks.json',
      'package.json',
    ]);
    const scripts = files.filter((name) => name.endsWith('.js'));
    expect(files).toEqual(expect.arrayContaining(scripts.map((name) => `${name}.map`)));
    const sizes = await Promise.all(
      files.map(async (name) => (await stat(join(folder, name))).size),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(6_000_000);
  });

  test('names no folder of the machine that built it', async () => {
    const { stdout } = await rig.shell(`grep -rlF '${root}' node_modules/pipe || true`);
    expect(stdout).toBe('');
  });

  test('holds declarations that import nothing that is left out', async () => {
    const folder = rig.path('node_modules/pipe/dist');
    const files = (await readdir(folder, { recursive: true })).filter((name) =>
      name.endsWith('.d.ts'),
    );
    for (const name of files) {
      const text = await readFile(join(folder, name), 'utf8');
      for (const [, next = ''] of text.matchAll(/['"](\.[^'"]+)\.ts['"]/g)) {
        expect(files, name).toContain(join(name, '..', `${next}.d.ts`));
      }
    }
  });
});

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
    'tsconfig.json': JSON.stringify({ compilerOptions: strict, include: ['tasks'] }),
  });
  expect(await typecheck()).toBe('');
});

const task = (name: string): string => `import { defineTask } from 'pipe';
export const greet = defineTask({
  name: '${name}',
  summary: 'Greet',
  usage: '--who=<who>',
  run: (args, context) => context.log(\`Hello \${args.who}\`),
});
`;

/** Runs the installed command, as a script of package.json or `npx` would. */
function installed(line: string, cwd: string): Promise<Result> {
  return rig.shell(`PATH="${rig.path('node_modules/.bin')}:$PATH"; ${line}`, {
    cwd: rig.path(cwd),
  });
}

describe('a project below', () => {
  test.each([
    ['without a package.json', {}, 'ts'],
    ['of CommonJS', { 'package.json': '{}' }, 'ts'],
    ['of ES modules', { 'package.json': '{ "type": "module" }' }, 'ts'],
    ['in JavaScript', { 'package.json': '{ "type": "commonjs" }' }, 'js'],
  ])('%s runs its tasks', async (what, files, extension) => {
    const folder = what.replaceAll(' ', '-');
    const all = {
      ...files,
      'pipe.config.json': '{ "store": "out" }',
      [`tasks/a.${extension}`]: task('own:greet'),
    };
    await rig.write(
      Object.fromEntries(Object.entries(all).map(([name, text]) => [`${folder}/${name}`, text])),
    );
    const { code, stderr } = await installed('pipe own:greet -- --who=Ann', folder);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^own:greet: Hello Ann\n1 done/),
    });
  });

  test.each(['commonjs', 'module'])('of type %s has typed tasks', async (type) => {
    const options = { ...strict, types: [] };
    await rig.write({
      [`typed-${type}/package.json`]: JSON.stringify({ type }),
      [`typed-${type}/tsconfig.json`]: JSON.stringify({
        compilerOptions: options,
        include: ['tasks'],
      }),
      [`typed-${type}/tasks/a.ts`]: `${task('own:typed')}\nexport const wrong: number = greet.name;\n`,
    });
    const complaints = await typecheck(`typed-${type}`);
    expect(complaints.trim().split('\n')).toEqual([
      expect.stringMatching(
        /^typed-\w+\/tasks\/a\.ts.9,.*'string' is not assignable to type 'number'/,
      ),
    ]);
  });

  test('that init has begun has types', async () => {
    expect(await installed('pipe init begun', '.')).toMatchObject({ code: 0 });
    await rig.write({
      'begun/tsconfig.json': JSON.stringify({ compilerOptions: strict, include: ['**/*.ts'] }),
      'begun/package.json': '{ "type": "module" }',
    });
    expect(await typecheck('begun')).toBe('');
  });

  test('is a package of a monorepo, whose command lies in the folder above', async () => {
    await rig.write({
      'mono/package.json': '{ "workspaces": ["packages/*"] }',
      'mono/packages/shop/package.json': '{ "name": "shop", "type": "module" }',
      'mono/packages/shop/names.ts': "export const name: string = 'shop:greet';",
      'mono/packages/shop/tasks/a.ts': `import { name } from '../names.ts';\n${task('x').replace("'x'", 'name')}`,
      'mono/packages/shop/deep/here.txt': '',
    });
    const inside = await installed('pipe shop:greet --who=Ann', 'mono/packages/shop/deep');
    expect(inside).toMatchObject({ code: 0, stderr: expect.stringContaining('Hello Ann') });
    const above = await installed('pipe shop:greet --who=Ann', 'mono');
    expect(above).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("unknown task 'shop:greet'"),
    });
  });
});

test('require gives the same library to CommonJS', async () => {
  await rig.write({
    'old/package.json': '{}',
    'old/main.js':
      "const { defineTask, invoke } = require('pipe');\nconsole.log(typeof defineTask, typeof invoke);\n",
  });
  expect(await rig.shell('node old/main.js')).toEqual({
    code: 0,
    stdout: 'function function\n',
    stderr: '',
  });
});

describe('an old Node', () => {
  test('can read the command', async () => {
    const text = await readFile(rig.path('node_modules/pipe/dist/bin/pipe.js'), 'utf8');
    expect(text).toMatch(/^#!\/usr\/bin\/env node\n/);
    const newer =
      /^\s*(?:import|export)\s|\b(?:const|let|async|await|class)\b|=>|`|\?\?|\?\.|\.\.\./m;
    expect(newer.exec(text.replaceAll(/^\s*\/\/.*$/gm, ''))).toBe(null);
  });

  test('is told what to do', async () => {
    await rig.write({
      'old-node.cjs': `Object.defineProperty(process.versions, 'node', { value: process.env.VERSION });`,
    });
    const asNode = (VERSION: string) =>
      rig.shell('node --require ./old-node.cjs node_modules/.bin/pipe --version', {
        env: { VERSION },
      });
    for (const version of ['10.24.1', '18.20.4', '20.18.3']) {
      expect(await asNode(version)).toEqual({
        code: 2,
        stdout: '',
        stderr: `pipe: this is Node ${version}, and Pipe needs 20.19 or later; install one from https://nodejs.org, or by: nvm install --lts\n`,
      });
    }
    expect(await asNode('22.0.0')).toMatchObject({ code: 0 });
  });
});
