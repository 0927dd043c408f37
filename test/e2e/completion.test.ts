import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';
import { absent, openTerminal } from '../rig/terminal.ts';
import type { Terminal } from '../rig/terminal.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  const partitions = [
    'events/site=a/date=2026-11-19',
    'events/site=blog/date=2026-11-18',
    'stats/pageloads/site=a/date=2026-11-19',
  ];
  await rig.write({
    'package.json': '{}',
    'tasks/shop.ts': `import { defineTask } from 'pipe';
export const sell = defineTask({
  name: 'shop:sell',
  summary: 'Sell something',
  usage: '(--all | --what=<thing>) [--loud] [--run=<run>] [<file>]',
  complete: { what: ['hats', 'shoes'] },
  run() {},
});
`,
    'my logs/access.log': '',
    'elsewhere/notes/day=1/data.parquet': '',
    'data/.pipe/runs/20261120T060000Z-000aaaaa/events.jsonl': '{}',
    ...Object.fromEntries(partitions.map((folder) => [`data/${folder}/data.parquet`, ''])),
  });
});
afterAll(() => rig.remove());

/** What is offered behind `pipe …`, the last word being the one that is typed. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await rig.pipe(['complete', 'zsh', ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0] ?? '');
}

describe('offers', () => {
  test('tasks, those of the project too, and commands', async () => {
    expect(await offered('s')).toEqual(
      expect.arrayContaining(['shop:sell', 'stats:multi', 'status:calendar']),
    );
    expect(await offered('do')).toEqual(['doctor']);
  });

  test('options of pipe, their values, and nothing twice', async () => {
    expect(await offered('--no')).toEqual(['--now=', '--notify=']);
    expect(await offered('--isolate=')).toEqual(['--isolate=process', '--isolate=none']);
    expect(await offered('--if-running=t')).toEqual(['--if-running=take-over']);
    expect(await offered('--timezone=Europe/Berl')).toEqual(['--timezone=Europe/Berlin']);
    expect(await offered('-n', '--jobs=3', '--jo')).toEqual([]);
  });

  test('only what still fits the task', async () => {
    const all = ['--all', '--what=', '--loud', '--run=', '--help'];
    expect(await offered('shop:sell', '--')).toEqual(all);
    expect(await offered('shop:sell', '--', '--all', '--')).toEqual(['--loud', '--run=']);
    expect(await offered('stats:clicks', '--days-ago=7', '--')).toEqual([
      '--sites=',
      '--days-ago-end=',
    ]);
  });

  test('words that the usage or the task names', async () => {
    expect(await offered('shop:sell', '--what=')).toEqual(['--what=hats', '--what=shoes']);
    expect(await offered('runs:sql', '--format', 'c')).toEqual(['csv']);
  });

  test('what there is in the store', async () => {
    expect(await offered('stats:multi', '--sites=')).toEqual(['--sites=a', '--sites=blog']);
    expect(await offered('stats:multi', '--sites=a,')).toEqual(['--sites=a,blog']);
    expect(await offered('status:calendar', '--dataset=s')).toEqual(['--dataset=stats/pageloads']);
    expect(await offered('stats:clicks', '--start-date=')).toEqual([
      '--start-date=2026-11-19',
      '--start-date=2026-11-18',
    ]);
    expect(await offered('runs:show', '2')).toEqual(['20261120T060000Z-000aaaaa']);
    expect(await offered('--store=elsewhere', 'status:calendar', '--dataset=')).toEqual([
      '--dataset=notes',
    ]);
  });

  test('files, where a file is meant', async () => {
    expect(await offered('events:ingest', '--site=a', 'my')).toEqual(['my logs/']);
    expect(await offered('shop:sell', '--all', 'my logs/')).toEqual(['my logs/access.log']);
    expect(await offered('join:sharded', '--left=e')).toEqual([
      '--left=events',
      '--left=elsewhere/',
    ]);
    expect(await offered('--store=el')).toEqual(['--store=elsewhere/']);
  });

  test('nothing, and no error, for what cannot be read', async () => {
    expect(await offered('no:such', '--')).toEqual([]);
    expect(await offered('--no-such', 'stats:multi', '--')).toEqual(expect.any(Array));
    expect(await offered('stats:multi', '--no-such=1', '--')).toEqual([]);
  });

  test('built-in tasks although a file of the project is broken', async () => {
    const broken = await createRig();
    try {
      await broken.write({ 'package.json': '{}', 'tasks/a.ts': 'export const = 1' });
      const { stdout } = await broken.pipe(['complete', 'fish', 'stats:mu']);
      expect(stdout).toMatch(/^stats:multi\t/);
    } finally {
      await broken.remove();
    }
  });
});

interface Shell {
  readonly command: readonly string[];
  readonly setUp: string;
}

const shells: Readonly<Record<string, Shell>> = {
  bash: {
    command: ['bash', '--norc', '--noprofile', '-i'],
    setUp: "PS1='> '; source <(pipe completion:bash)",
  },
  zsh: {
    command: ['zsh', '-f', '-i'],
    setUp: "PS1='> '; autoload -Uz compinit; compinit -u -D; source <(pipe completion:zsh)",
  },
  fish: {
    command: ['fish', '--no-config'],
    setUp: "function fish_prompt; echo '> '; end; pipe completion:fish | source",
  },
};

describe.each(Object.entries(shells))('in %s', (name, { command, setUp }) => {
  const missing = absent('tmux', name);
  let terminal: Terminal;
  beforeAll(async () => {
    if (missing.length > 0) return;
    const PATH = `${rig.path('.bin')}:/usr/local/bin:/usr/bin:/bin`;
    const env = { PATH, HOME: rig.folder, LANG: 'C.UTF-8' };
    terminal = await openTerminal(command, { cwd: rig.folder, env });
    await terminal.type(`${setUp}; clear; echo rea''dy\r`);
    await terminal.screen(/^ready$/m);
  });
  afterAll(() => terminal?.close());

  /** Each line: what is typed, and what then stands there. */
  test.skipIf(missing.length > 0).each([
    ['stats:mu\t--', /pipe stats:multi --$/m],
    ['stats:multi --sites=a,b\t', /--sites=a,blog/],
    ['shop:sell --what=h\t', /--what=hats/],
    ['events:ingest --site=a my\t', /my\\ logs\//],
    ['runs:sh\t2\t', /runs:show 20261120T060000Z-000aaaaa/],
  ])('%j', async (typed, expected) => {
    await terminal.restart(/^>$/);
    await terminal.type(`pipe ${typed}`);
    const screen = await terminal.screen(expected);
    expect(screen).not.toMatch(/error|not found/i);
  });

  test('several are listed', async (context) => {
    context.skip(missing.length > 0, `not installed: ${missing.join(', ')}`);
    await terminal.restart(/^>$/);
    await terminal.type('pipe stats:multi --sites=\t\t');
    const screen = await terminal.screen(/\ba\b[^]*\bblog\b/);
    expect(screen).toContain('--sites=');
  });
});
