import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRig } from './rig/rig.ts';
import type { Rig } from './rig/rig.ts';

/** A fenced block of the README: its info string and its text. */
interface Block {
  readonly info: string;
  readonly text: string;
}

const readme = await readFile('README.md', 'utf8');
const blocks = [...readme.matchAll(/^```(.+)\n([^]*?)^```$/gm)].map(
  ([, info = '', text = '']): Block => ({ info, text }),
);

/** Commands that mean to end otherwise than with 0. */
const exitCodes: Readonly<Record<string, number>> = {};

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({ 'package.json': '{}', 'access.log': accessLog(new Date()) });
});
afterAll(() => rig.remove());

describe('every command of the README runs, in order:', () => {
  for (const { info, text } of blocks) {
    const [language, path] = info.split(' ');
    if (path) {
      test(`write ${path}`, () => rig.write({ [path]: text }));
    } else if (language === 'sh') {
      for (const line of text.trim().split('\n')) {
        test(line, async () => {
          const { code, stderr } = await rig.shell(line);
          expect(code, stderr).toBe(exitCodes[line] ?? 0);
        });
      }
    }
  }
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
