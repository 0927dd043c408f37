import { access, readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { blocksOf, commandsOf, isOfCi, readme } from './rig/readme.ts';

const ci = await readFile('.ci/run', 'utf8');

describe('every command is run', () => {
  test('by CI, those of the first screen', () => {
    const setUp = [...readme.matchAll(/^ {4}(npm ci) && (npm (?:run )?\w+)/gm)].map(
      ([, ...words]) => words,
    );
    expect(setUp).toEqual([
      ['npm ci', 'npm run demo'],
      ['npm ci', 'npm test'],
    ]);
    for (const command of setUp.flat()) expect(ci).toMatch(new RegExp(`^${command}$`, 'm'));
  });

  test('by CI, those that no test could run', () => {
    const lines = commandsOf(readme).filter(({ line }) => isOfCi(line));
    expect(lines).toHaveLength(3);
    for (const { line } of lines) expect(ci.split('\n')).toContain(line.replace(/ +#.*/, ''));
  });

  const isCommand = /^\s*(?:\$ |# ? ?)?(?:pipe|npm|npx|node|\.ci\/\S+) (?!of|is|to|must)\S/;

  test.each(['README.md', 'lib/README.md', 'CHANGELOG.md'])('for %s has no other', async (path) => {
    const text = await readFile(path, 'utf8');
    const others = blocksOf(text).filter(({ language }) => language !== 'sh');
    const indented = text.replaceAll(/^```[^]*?^```$/gm, '').match(/^ {4}.*$/gm) ?? [];
    const firstScreen = indented.filter((line) => !line.startsWith('    npm ci && npm '));
    const lines = [...others.flatMap((block) => block.text.split('\n')), ...firstScreen];
    // In a program, `// pipe a:b` would be one as well.
    expect(lines.filter((line) => isCommand.test(line.replace(/\/\/ /, '')))).toEqual([]);
  });

  test('that the text names', async () => {
    const run = commandsOf(readme).map(({ line }) => line.replace(/ +#.*/, ''));
    const inline = [...readme.matchAll(/(?<!`)`((?:pipe|npm|npx) [^`<]+?) ?[`<]/g)];
    expect(inline.length).toBeGreaterThan(5);
    for (const [, command = ''] of inline) {
      expect(run.some((line) => line.startsWith(command)) ? '' : command).toBe('');
    }
  });

  test('and those of comments in scripts by CI', async () => {
    for (const folder of ['.ci', 'bin']) {
      for (const name of await readdir(folder)) {
        const text = await readFile(`${folder}/${name}`, 'utf8');
        const lines = text
          .split('\n')
          .filter((line) => /^(?:#|\/\/) /.test(line) && isCommand.test(line));
        for (const line of lines) expect(ci).toContain(line.replace(/^\S+ +/, ''));
      }
    }
  });
});

test('every task that is named is there', async () => {
  const { builtInTasks } = await import('../lib/cli/built-ins.ts');
  const own = [...readme.matchAll(/^ {2}name: '(\S+)'/gm)].map(([, name]) => name);
  const known = new Set([
    ...builtInTasks().map(({ name }) => name),
    ...own,
    'hello:world',
    'namespace:name',
  ]);
  const named = [...readme.matchAll(/(?<=[` ])[a-z]+:[a-z][a-z-]*(?=[` ])/g)].map(([name]) => name);
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test('the table of exit codes is that of the code', async () => {
  const { exitCodes: codes } = await import('../lib/errors.ts');
  const table = [...readme.matchAll(/^\| ([\d, ]+) \| \w/gm)].flatMap(([, numbers = '']) =>
    numbers.split(', ').map(Number),
  );
  expect(table).toEqual(Object.values(codes));
});

test('the contents are the sections', () => {
  const sections = [...readme.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  const [, contents = ''] = /^## Contents\n\n(.+)$/m.exec(readme) ?? [];
  expect(['Contents', ...[...contents.matchAll(/\[(.+?)\]/g)].map(([, title]) => title)]).toEqual(
    sections,
  );
});

test('every cell of the comparison names a test that is there, or a page of who is compared', async () => {
  const [, section = ''] = /^## Compared with others\n([^]*?)^What they/m.exec(readme) ?? [];
  const rows = section.split('\n').filter((line) => /^\| \w/.test(line));
  expect(rows.length).toBeGreaterThan(5);
  for (const row of rows) {
    const [pipe = '', ...others] = row.split(' | ').slice(1);
    const [, file = ''] = /\(\[test\]\((.+?)\)\)/.exec(pipe) ?? [];
    await expect(access(file), `${file} of ${row}`).resolves.toBeUndefined();
    const bare = others.filter((cell) => !/\]\(https:|^—|own( \|)?$/.test(cell));
    // What a tool needs may be no more than a shell.
    expect(bare.filter((cell) => cell !== 'a shell')).toEqual([]);
  }
});
