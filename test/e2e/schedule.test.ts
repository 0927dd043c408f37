import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  const manifest = (site: string, day: string) =>
    `data/stats/clicks/site=${site}/date=${day}/_manifest.json`;
  await rig.write({
    'package.json': '{}',
    [manifest('a', '2026-11-17')]: '{}',
    [manifest('a', '2026-11-20')]: '{}',
    [manifest('b', '2026-11-19')]: '{}',
  });
});
afterAll(() => rig.remove());

describe('status:calendar', () => {
  const now = '--now=2026-11-20T06:00:00Z';

  test('draws the days of each site', async () => {
    expect(await rig.pipe(['status:calendar', '--dataset=stats/clicks'])).toEqual({
      code: 0,
      stderr: '',
      stdout: `stats/clicks: days from 2026-11-17 to 2026-11-20

site  2026-11  done  missing  gaps
a     █░░█        2        2  2026-11-18 to 2026-11-19
b     ··█·        1        0

█ done  ░ missing  · not expected

`,
    });
  });

  test('draws those of a window', async () => {
    const args = ['--json', now, 'status:calendar', '--dataset=stats/clicks', '--days-ago=1'];
    expect(JSON.parse((await rig.pipe(args)).stdout).rows).toEqual([
      ['a', '░█', 1, 1, '2026-11-19'],
      ['b', '█░', 1, 1, '2026-11-20'],
    ]);
  });

  test.each([
    ['stats/click', 3, /no published day in the store data; did you mean stats\/clicks\?/],
    ['events', 3, /it has stats\/clicks/],
    ['../x', 2, /'\.\.\/x' cannot be a dataset/],
  ])('--dataset=%s: says what is wrong', async (dataset, code, message) => {
    const result = await rig.pipe(['status:calendar', `--dataset=${dataset}`]);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(message);
  });
});

describe('cron:print', () => {
  test('prints crontab, systemd units and a workflow', async () => {
    const line = [
      'cron:print',
      '--',
      '--schedule=0 6 * * 1-5',
      'stats:multi',
      '--',
      '--sites=all',
      '--days-ago=7',
    ];
    expect(await rig.pipe(line)).toEqual({
      code: 0,
      stderr: '',
      stdout: `# crontab: add with crontab -e at the end, for PATH and CRON_TZ hold for all lines below them.
# PATH must lead to pipe and to node (dirname "$(command -v pipe)").
# CRON_TZ is known to cronie (Fedora, RHEL, Arch). The cron of Debian and Ubuntu ignores it and goes by the
# zone of the machine: have that be UTC (timedatectl), or take the timer below.
PATH=/usr/local/bin:/usr/bin:/bin
CRON_TZ=UTC
0 6 * * 1-5 cd $RIG && pipe --if-running=skip stats:multi -- --sites=all --days-ago=7 >>pipe-stats-multi.log 2>&1

# ~/.config/systemd/user/pipe-stats-multi.service; its log: journalctl --user -u pipe-stats-multi
# To run without a login: loginctl enable-linger
[Unit]
Description=pipe --if-running=skip stats:multi -- --sites=all --days-ago=7

[Service]
Type=oneshot
WorkingDirectory=$RIG
Environment=PATH=/usr/local/bin:/usr/bin:/bin
ExecStart=/usr/bin/env pipe --if-running=skip stats:multi -- --sites=all --days-ago=7

# ~/.config/systemd/user/pipe-stats-multi.timer; start: systemctl --user enable --now pipe-stats-multi.timer
[Unit]
Description=When to run pipe-stats-multi

[Timer]
OnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* 06:00:00 UTC
Persistent=true

[Install]
WantedBy=timers.target

# .github/workflows/pipe-stats-multi.yml; its log is that of the workflow's runs
# What a job writes is gone when it ends: the store has to be elsewhere, as s3://, its keys among the secrets.
name: pipe-stats-multi
on:
  workflow_dispatch:
  schedule:
    - cron: '0 6 * * 1-5'
concurrency:
  group: pipe-stats-multi
  cancel-in-progress: false
permissions:
  contents: read
jobs:
  run:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 22
      - run: npm ci
      - run: |
          node_modules/.bin/pipe --if-running=skip stats:multi -- --sites=all --days-ago=7
`,
    });
  });

  test('knows summer time, and options of pipe', async () => {
    const { code, stdout } = await rig.pipe([
      '--timezone=Europe/Berlin',
      'cron:print',
      '--',
      '--schedule=30 0 * * mon',
      '--name=weekly',
      '--',
      'pipe',
      '--jobs=2',
      'stats:multi',
      '--',
      '--sites=all',
    ]);
    expect(code).toBe(0);
    const command =
      'pipe --timezone=Europe/Berlin --if-running=skip --jobs=2 stats:multi -- --sites=all';
    expect(stdout).toContain('CRON_TZ=Europe/Berlin\n30 0 * * mon cd $RIG && ' + command);
    expect(stdout).toContain('>>weekly.log 2>&1');
    expect(stdout).toContain('OnCalendar=Mon *-*-* 00:30:00 Europe/Berlin\n');
    expect(stdout).toContain(`    - cron: '30 23 * * 0'\n    - cron: '30 22 * * 0'\n`);
    expect(stdout).toContain(`' '* | '30 23 * * 0 +0100' | '30 22 * * 0 +0200') ;;`);
    expect(stdout).toContain(`node_modules/.bin/${command}\n`);
    expect(stdout).not.toContain('npx');
  });

  test('guards its lines so that the shell goes on at the right one alone', async () => {
    const { stdout } = await rig.pipe([
      '--timezone=Europe/Berlin',
      'cron:print',
      '--schedule=0 6 * * *',
      'stats:multi',
      '--',
      '--sites=a',
    ]);
    const script = stdout.slice(stdout.indexOf('case "'), stdout.indexOf('node_modules/'));
    const goesOn = async (line: string, offset: string) => {
      const date = `date() { echo ${offset}; }\n`;
      const text = date + script.replace('${{ github.event.schedule }}', line);
      return (await rig.shell(`set -f\n${text}\necho due`)).stdout.endsWith('due\n');
    };
    expect(await goesOn('0 5 * * *', '+0100')).toBe(true);
    expect(await goesOn('0 4 * * *', '+0200')).toBe(true);
    expect(await goesOn('0 5 * * *', '+0200')).toBe(false);
    expect(await goesOn('', '+0200')).toBe(true);
  });

  test('quotes for each scheduler', async () => {
    const { stdout } = await rig.pipe([
      'cron:print',
      '--schedule=* * * * *',
      'events:ingest',
      '--',
      '--site=a',
      "it's",
      '100%',
      '$HOME',
      'a"b\\c',
      '${{x}}',
    ]);
    expect(stdout).toContain(`-- --site=a 'it'\\''s' 100\\% '$HOME' 'a"b\\c' '\${{x}}' >>`);
    expect(stdout).toContain('-- --site=a "it\'s" "100%%" "$$HOME" "a\\"b\\\\c" "$${{x}}"\n');
    expect(stdout).toContain(`-- --site=a 'it'\\''s' 100% '$HOME' 'a"b\\c' '\${{ '\${{' }}x}}'\n`);
  });

  test.each([
    [
      ['--schedule=* * * *', 'stats:multi'],
      /--schedule: '\* \* \* \*' has 4 fields, expected five/,
    ],
    [['--schedule=* * * * *', 'stats:mutli'], /did you mean stats:multi\?/],
    [['--schedule=* * * * *', 'stats:multi'], /missing --sites/],
    [['--schedule=* * * * *', '--name=a/b', 'stats:multi', '--', '--sites=a'], /--name: 'a\/b'/],
    [['--schedule=* * * * *', '--', '--jobs=2'], /'--jobs=2' names no task/],
    [
      ['--schedule=* * * * *', 'events:ingest', '--', '--site=a', 'x\ny'],
      /'x\\ny' has a line break/,
    ],
  ])('%j: says what is wrong', async (args, message) => {
    const result = await rig.pipe(['cron:print', '--', ...args]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(message);
  });
});
