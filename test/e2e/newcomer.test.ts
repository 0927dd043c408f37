import { readFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPacked } from '../rig/packed.ts';
import { createRig } from '../rig/rig.ts';
import type { Result, Rig } from '../rig/rig.ts';
import { absent, openTerminal } from '../rig/terminal.ts';

// What somebody does who has never seen Pipe: in a folder with nothing but the packed package.
let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await installPacked(rig.folder);
});
afterAll(() => rig.remove());

/** A line in a shell whose `pipe` is the installed one. */
function shell(line: string, env: Readonly<Record<string, string>> = {}): Promise<Result> {
  return rig.shell(`PATH="${rig.path('node_modules/.bin')}:$PATH"; ${line}`, { env });
}

describe('the first ten minutes', () => {
  test('init writes a project and says what next', async () => {
    const { code, stdout } = await shell('pipe init');
    expect(code).toBe(0);
    expect(stdout).toContain('wrote       tasks/hello.ts\n');
    expect(stdout).toContain('  pipe hello:world -- --name=Ann  # run the task\n');
    expect(await readFile(rig.path('.gitignore'), 'utf8')).toBe('data/\n');
  });

  test('what it says works: the task and its test', async () => {
    const { code, stderr } = await shell('pipe hello:world -- --name=Ann');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^hello:world: Hello Ann\n1 done/),
    });
    expect(await shell('node --test test/')).toMatchObject({ code: 0 });
  });

  test('once more, init leaves everything alone', async () => {
    await rig.write({
      'tasks/hello.ts': `${await readFile(rig.path('tasks/hello.ts'), 'utf8')}// mine\n`,
    });
    const { code, stdout } = await shell('pipe init');
    expect({ code, wrote: stdout.includes('wrote') }).toEqual({ code: 0, wrote: false });
    expect(stdout.match(/left alone/g)).toHaveLength(4);
    expect(await readFile(rig.path('tasks/hello.ts'), 'utf8')).toMatch(/\/\/ mine\n$/);
  });

  test('a task copied from the manual runs, and is reported', async () => {
    const manual = await readFile(rig.path('node_modules/pipe/README.md'), 'utf8');
    const [, path = '', text = ''] = /^```ts (tasks\/\S+)\n([^]*?)^```$/m.exec(manual) ?? [];
    await rig.write({ [path]: text });
    expect(await shell('pipe shop:greet-all -- --sites=a,b --loud')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Hello b!'),
    });
    expect(await shell('pipe runs:report -- --out=report.html')).toMatchObject({ code: 0 });
    expect(await readFile(rig.path('report.html'), 'utf8')).toContain('shop:greet-all');
  });

  test('a task of CommonJS requires what it needs, one of ES modules may, too', async () => {
    const files = {
      'tasks/required.js': `const { defineTask } = require('pipe');
const { basename } = require('node:path');
const { half } = require('halves');
const { four } = require('../four.js');
exports.required = defineTask({
  name: 'required:one',
  summary: 'Require',
  usage: '<path>',
  run: ({ path }, { log }) => log(basename(path) + half(four)),
});
`,
      'tasks/created.mts': `import { createRequire } from 'node:module';
import { defineTask } from 'pipe';
const require = createRequire(import.meta.url);
const { half } = require('halves');
export const created = defineTask({
  name: 'created:one',
  summary: 'Require',
  usage: '<n>',
  run: ({ n }, { log }) => log(String(half(Number(n)))),
});
`,
      'four.js': 'module.exports = { four: 4 };\n',
      'node_modules/halves/index.js': 'exports.half = (n) => n / 2;\n',
    };
    await rig.write(files);
    try {
      expect(await shell('pipe required:one -- some/place')).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/^required:one: place2\n/),
      });
      expect(await shell('pipe created:one -- 5')).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/^created:one: 2.5\n/),
      });
    } finally {
      for (const name of Object.keys(files)) await rm(rig.path(name));
    }
  });

  test('help is found without knowing how', async () => {
    expect(await shell('pipe help')).toEqual(await shell('pipe --help'));
    expect(await shell('pipe help hello:world')).toEqual(await shell('pipe hello:world --help'));
    expect(await shell('pipe help hello:world')).toMatchObject({ code: 0, stderr: '' });
  });

  test('doctor and config find nothing wrong', async () => {
    const { code, stdout } = await shell('pipe doctor');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.not.stringContaining('failed') });
    expect(await shell('pipe config')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^store +\$RIG\/data +pipe\.config\.ts/m),
    });
  });

  test('bash completes the task', async (context) => {
    const missing = absent('tmux', 'bash');
    context.skip(missing.length > 0, `not installed: ${missing.join(', ')}`);
    const PATH = `${rig.path('node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
    const options = { cwd: rig.folder, env: { PATH, HOME: rig.folder } };
    const terminal = await openTerminal(['bash', '--norc', '-i'], options);
    try {
      await terminal.type("PS1='> '; source <(pipe completion:bash); clear\r");
      await terminal.screen(/^>$/);
      await terminal.type('pipe shop:greet-a\t--s\t');
      const screen = await terminal.screen(/shop:greet-all --sites=/);
      expect(screen).not.toContain('rror');
    } finally {
      await terminal.close();
    }
  });
});
