import { createRig } from '../rig.ts';
import { terminalColumns } from './terminal-rows.ts';

/** A project in which every day is the same: what is shown of it changes with the program alone. */
export interface World {
  readonly path: (name: string) => string;
  readonly remove: () => Promise<void>;
  /** Runs a command line of bash; throws for an exit code other than the one expected, which is 0 unless given. */
  readonly run: (line: string, expected?: number) => Promise<void>;
  /** Runs one in a terminal; answers with what is on it, the prompt included. */
  readonly terminal: (line: string, env?: Readonly<Record<string, string>>) => Promise<string>;
}

export async function createWorld(): Promise<World> {
  const rig = await createRig();
  await rig.write({
    'package.json': '{ "type": "module" }',
    'tasks/photos.js': photos,
    '.bin/clock.js': clock,
    '.bin/terminal.sh': terminal,
  });
  // Runs are told apart by when they began.
  let minute = 0;
  const fixed = (): Record<string, string> => ({
    PIPE_NOW: '2026-11-20T06:00:00Z',
    PIPE_JOBS: '1',
    NODE_OPTIONS: `--import=${rig.path('.bin/clock.js')}`,
    PICTURES_CLOCK: new Date(Date.UTC(2026, 10, 20, 6, minute++)).toISOString(),
    TERM: 'xterm-256color',
  });
  return {
    path: (name) => rig.path(name),
    remove: () => rig.remove(),
    async run(line, expected = 0) {
      const { code, stderr } = await rig.shell(line, { env: fixed() });
      if (code !== expected) throw new Error(`exit code ${code} of ${line}\n${stderr}`);
    },
    async terminal(line, env = {}) {
      await rig.write({ '.bin/line.sh': `stty cols ${terminalColumns} rows 40\n${line}\n` });
      const { stdout } = await rig.shell('bash .bin/terminal.sh', { env: { ...fixed(), ...env } });
      return `\x1b[2m$\x1b[22m \x1b[1m${line}\x1b[22m\n${stdout}`;
    },
  };
}

/** Whoever types stays until the command has ended. What is frozen is looked at when the view has had its time. */
const terminal = `rm -f .bin/ended
while [ ! -e .bin/ended ]; do
  sleep 0.1
  if [ -e .bin/frozen ]; then
    sleep 3
    cp .bin/screen .bin/frame
    mv .bin/frozen .bin/thawed
  fi
done | script -qfc 'bash .bin/line.sh; touch .bin/ended' /dev/null >.bin/screen || true
if [ -e .bin/frame ]; then mv .bin/frame .bin/screen; fi
cat .bin/screen
`;

/** Goes on by 3 ms with every look at it, or by what tasks say. */
const clock = `let now = Date.parse(process.env.PICTURES_CLOCK);
const step = Number(process.env.PICTURES_STEP ?? 3);
Date.now = () => (now += step);
globalThis.Date = class extends Date {
  constructor(...given) {
    super(...(given.length === 0 ? [Date.now()] : given));
  }
};
globalThis.advance = (ms) => void (now += ms);
`;

/** Stops in the midst of a run, so that there is a view of it that stays. */
const photos = `import { defineTask } from 'pipe';
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

let begun = 0;
let turn = Promise.resolve();

export const day = defineTask({
  name: 'photos:day',
  summary: 'Make small pictures of the photos of a day',
  usage: '--site=<site> --date=<date>',
  async run(args, { progress }) {
    const place = begun++;
    turn = turn.then(() => setTimeout(100)).then(() => advance(700 + 150 * (place % 4)));
    await turn;
    if (place === 5) throw new Error('IMG_0472.jpg is no JPEG');
    if (place < 13) return;
    progress(980 - 230 * (place - 13), 1500);
    if (place === 16) writeFileSync('.bin/frozen', '');
    while (!existsSync('.bin/thawed')) await setTimeout(50);
  },
});

export const site = defineTask({
  name: 'photos:site',
  summary: 'The same of a site',
  usage: '--site=<site>',
  plan: ({ site }) =>
    [12, 13, 14, 15, 16, 17, 18, 19].map((day) => ({ task: 'photos:day', args: { site, date: '2026-11-' + day } })),
});

export const all = defineTask({
  name: 'photos:all',
  summary: 'The same of sites',
  usage: '--sites=<list>',
  plan: ({ sites }) => sites.split(',').map((site) => ({ task: 'photos:site', args: { site } })),
});
`;
