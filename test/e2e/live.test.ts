import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';
import { Screen } from '../terminal/screen.ts';

const hasTerminals = existsSync('/usr/bin/script');
if (!hasTerminals) {
  console.log('the live view is not run in a terminal: there is no script (util-linux)');
}

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({
    'package.json': '{ "type": "module" }',
    'tasks/nap.js': `import { defineTask } from 'pipe';
import { writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

export const one = defineTask({
  name: 'nap:one',
  summary: 'Sleep',
  usage: '--site=<site> --n=<n> [--ms=<ms>]',
  async run({ site, n, ms }, { log, signal }) {
    await writeFile('began', '');
    log('napping ' + n + ' in ' + site);
    console.log('dream ' + n);
    await setTimeout(Number(ms), undefined, { signal });
    if (n === '2') throw new Error('bad dream');
  },
});

export const site = defineTask({
  name: 'nap:site',
  summary: 'Sleep in a site',
  usage: '--site=<site> --ms=<ms>',
  plan: ({ site, ms }) => ['1', '2', '3'].map((n) => ({ task: 'nap:one', args: { site, n, ms } })),
});

export const all = defineTask({
  name: 'nap:all',
  summary: 'Sleep everywhere',
  usage: '--ms=<ms>',
  plan: ({ ms }) => ['a', '日本'].map((site) => ({ task: 'nap:site', args: { site, ms } })),
  summarize: () => ({ title: 'slept', columns: [{ name: 'naps', kind: 'number' }], rows: [[6]], notes: [] }),
});
`,
  });
});
afterAll(() => rig.remove());

/** What a command writes to a terminal of 80 cells; `keys` is a shell line that types. */
async function inTerminal(line: string, keys = ':'): Promise<string> {
  await rig.write({ 'line.sh': `stty cols 80 rows 24\n${line}\ntouch ended\n` });
  const { stdout } = await rig.shell(
    `rm -f began ended; { ${keys}; ${ended}; } | script -qefc 'bash line.sh' /dev/null || true`,
  );
  return stdout;
}

/** What stays on the screen. */
function screenOf(output: string): Screen {
  const screen = new Screen(80, 24);
  screen.write(output.replaceAll('\r\n', '\n'));
  return screen;
}

/** Whoever types stays until the command has ended. */
const ended = 'while [ ! -e ended ]; do sleep 0.05; done';

/** Waits until the task runs and the view is there. */
const began = 'while [ ! -e began ]; do sleep 0.05; done; sleep 0.8';

describe.skipIf(!hasTerminals)('in a terminal', () => {
  test('a run is seen while it goes on, and leaves what was said', async () => {
    const output = await inTerminal('pipe --jobs=1 nap:all -- --ms=600 >results.txt');
    expect(output).toMatch(/█+\S*░+\S* +\d+% {2}\d of 6/);
    expect(output).toContain('nap:site --site=日本 --ms=600');
    const screen = screenOf(output);
    expect(screen.text().replaceAll(/ +\d+\.?\d* (ms|s)\b/g, ' TIME')).toMatchInlineSnapshot(`
      "nap:one: napping 1 in a
      nap:one: napping 2 in a
      failed TIME  pipe nap:one -- --site=a --n=2 --ms=600  # bad dream
      nap:one: napping 3 in a
      nap:one: napping 1 in 日本
      nap:one: napping 2 in 日本
      failed TIME  pipe nap:one -- --site='日本' --n=2 --ms=600  # bad dream
      nap:one: napping 3 in 日本
      4 done, 2 failed in TIME

      unexpected error: bad dream
        $RIG/tasks/nap.js:14:26

              if (n === '2') throw new Error('bad dream');
                                   ^
        in nap:all => nap:site => nap:one
        rerun: pipe nap:one -- --site=a --n=2 --ms=600

      unexpected error: bad dream
        $RIG/tasks/nap.js:14:26

              if (n === '2') throw new Error('bad dream');
                                   ^
        in nap:all => nap:site => nap:one
        rerun: pipe nap:one -- --site='日本' --n=2 --ms=600"
    `);
    expect(screen.isCursorShown).toBe(true);
    expect(screen.cursor()[1]).toBe(0);
    // Results, and what the task itself writes, and nothing of the view.
    const results = await readFile(rig.path('results.txt'), 'utf8');
    expect(results).toMatch(/^(dream \d\n){6}/);
    expect(results).toContain('slept');
    expect(results).not.toContain('\x1b');
  });

  test('what tasks write to the same terminal stays whole', async () => {
    const screen = screenOf(await inTerminal('pipe --jobs=1 nap:all -- --ms=300'));
    const lines = screen.text().split('\n');
    expect(lines.filter((line) => /^dream \d$/.test(line))).toHaveLength(6);
    expect(lines.filter((line) => /^nap:one: napping \d in /.test(line))).toHaveLength(6);
    expect(screen.text()).not.toMatch(/[█░]/);
  });

  test.each([
    ['once', `${began}; printf '\\003'`, 130],
    ['twice', `${began}; printf '\\003'; sleep 0.5; printf '\\003'`, 130],
    ['three times', `${began}; printf '\\003\\003'; sleep 0.3; printf '\\003'`, 130],
  ])('Ctrl-C %s leaves a usable terminal', async (_, keys, code) => {
    const output = await inTerminal('pipe --jobs=1 nap:all -- --ms=2500; echo "exit $?"', keys);
    const screen = screenOf(output);
    expect(screen.isCursorShown).toBe(true);
    expect(screen.text()).toContain('pipe: stopping');
    expect(screen.text()).not.toMatch(/[█░]/);
    expect(screen.text()).toMatch(new RegExp(`\nexit ${code}$`));
  });

  test('NO_COLOR is live without colours, TERM=dumb is not live', async () => {
    const plain = await inTerminal('NO_COLOR=1 pipe --jobs=1 nap:site -- --site=b --ms=600');
    expect(plain).toMatch(/█+░+ +33% {2}1 of 3/);
    expect(plain.split('\x1b').filter((part) => /^\[\d*m/.test(part))).toEqual([]);
    const dumb = await inTerminal('TERM=dumb pipe --jobs=1 nap:site -- --site=c --ms=600');
    expect(dumb).not.toContain('\x1b');
    expect(dumb).not.toContain('█');
    expect(dumb).toContain('bad dream');
  });
});
