import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath } from './rig/browser.ts';
import { copyCheckout } from './rig/checkout.ts';
import { blocksOf, commandsOf, isOfCi, readme } from './rig/readme.ts';
import { createRig } from './rig/rig.ts';
import type { Result, Rig } from './rig/rig.ts';
import { startS3Server } from './rig/s3-server/server.ts';
import type { S3Server } from './rig/s3-server/server.ts';
import { newBucket } from './rig/s3-server/state.ts';
import { absent, openTerminal } from './rig/terminal.ts';

// Every command of the README, in its order: a user's in the folder `project`, and those about
// Pipe's own folder beside it, in a copy.
let rig: Rig;
let server: S3Server;

beforeAll(async () => {
  [rig, server] = [await createRig(), await startS3Server()];
  server.state.buckets.set('my-bucket', newBucket());
  await rig.write({ 'project/package.json': '{}', 'project/access.log': accessLog(new Date()) });
  for (const { language, name, text } of blocksOf(readme)) {
    if (name !== undefined && language !== 'sh') await rig.write({ [`project/${name}`]: text });
  }
  await copyCheckout(rig.path('pipe'));
});
afterAll(async () => {
  await rig.remove();
  await server.close();
});

function run(line: string, folder: string): Promise<Result> {
  return rig.shell(line, {
    cwd: rig.path(folder),
    env: {
      PIPE_S3_ENDPOINT: server.endpoint,
      AWS_ACCESS_KEY_ID: 'test-key',
      AWS_SECRET_ACCESS_KEY: 'test-secret',
      npm_config_offline: 'true',
      npm_config_prefix: rig.path('global'),
    },
  });
}

const patienceMs = 120_000;

test(
  'npm run demo',
  async () => {
    // The others of the first screen need the network, or would run this test.
    const { code, stdout, stderr } = await run('npm run demo', 'pipe');
    expect(code, stdout + stderr).toBe(0);
  },
  patienceMs,
);

test.each(commandsOf(readme).filter(({ line }) => !isOfCi(line)))(
  '$line',
  async ({ line, isCheckout }) => {
    if (line.startsWith('npm run pictures') && chromiumPath === undefined) {
      return console.log(`not run, for want of a Chromium: ${line}`);
    }
    // In Pipe's own folder `pipe` is the one that is built there.
    const own = 'pipe() { node dist/bin/pipe.js "$@"; }; ';
    const { code, stdout, stderr } = await run(
      isCheckout ? own + line : line,
      isCheckout ? 'pipe' : 'project',
    );
    expect(code, stdout + stderr).toBe(0);
  },
  patienceMs,
);

describe('what they leave behind', () => {
  test('a command that is installed', async () => {
    const { stdout } = await run(`${rig.path('global')}/bin/pipe --version`, 'project');
    expect(stdout).toMatch(/^\d+\.\d+/);
  });

  test('the same pictures', async () => {
    const folder = 'test/golden/pictures';
    expect(await readdir(rig.path(`pipe/${folder}`))).toEqual(await readdir(folder));
  });

  test.each(['bash', 'zsh', 'fish'])('a %s that completes', async (shell) => {
    const missing = absent('tmux', shell);
    if (missing.length > 0) return console.log(`not tried, for want of: ${missing.join(', ')}`);
    const PATH = `${rig.path('.bin')}:/usr/local/bin:/usr/bin:/bin`;
    const terminal = await openTerminal([shell, '-i'], {
      cwd: rig.path('project'),
      env: { PATH, HOME: rig.folder, LANG: 'C.UTF-8' },
    });
    try {
      await terminal.type('echo rea""dy\r');
      await terminal.screen(/^ready$/m);
      await terminal.type('pipe shop:greet-a\t--si\t');
      expect(await terminal.screen(/shop:greet-all --sites=/)).not.toMatch(/error|not found/i);
    } finally {
      await terminal.close();
    }
  });
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
