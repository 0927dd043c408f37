import { access, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig } from './rig/rig.ts';
import type { Rig } from './rig/rig.ts';

const readme = await readFile('README.md', 'utf8');
/** Fenced blocks: what follows the fence, and the text. */
const blocks = [...readme.matchAll(/^```(.+)\n([^]*?)^```$/gm)];
const commands = blocks
  .filter(([, info]) => info === 'sh')
  .flatMap(([, , text = '']) => text.trim().split('\n'));
/** A block whose fence names a file, such as `ts tasks/shop.ts`, is that file. */
const files = Object.fromEntries(
  blocks.flatMap(([, info = '', text = '']) => {
    const [, path] = info.split(' ');
    return path ? [[path, text]] : [];
  }),
);

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({ 'package.json': '{}', 'access.log': accessLog(new Date()), ...files });
});
afterAll(() => rig.remove());

test.each(commands)('%s', async (command) => {
  const { code, stderr } = await rig.shell(command);
  expect(code, stderr).toBe(0);
});

test('CI runs the two commands of the first screen', async () => {
  const ci = await readFile('.ci/run', 'utf8');
  const setUp = [...readme.matchAll(/^ {4}(npm ci) && (npm (?:run )?\w+)/gm)].map(
    ([, ...words]) => words,
  );
  expect(setUp).toEqual([
    ['npm ci', 'npm run demo'],
    ['npm ci', 'npm test'],
  ]);
  for (const command of setUp.flat()) expect(ci).toMatch(new RegExp(`^${command}\\b`, 'm'));
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

/** Page loads of yesterday and today, as Apache writes them. */
function accessLog(today: Date): string {
  const days = [new Date(today.getTime() - 86_400_000), today];
  return days
    .map((day) => {
      const [, date = '', month = '', year = ''] =
        /, (\d+) (\w+) (\d+)/.exec(day.toUTCString()) ?? [];
      const time = `${date}/${month}/${year}:00:00:00 +0000`;
      return `192.0.2.1 - - [${time}] "GET /index.html HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n`;
    })
    .join('');
}
