import { symlink } from 'node:fs/promises';
import { afterAll, beforeAll, describe } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';
import { testSaid } from './said.ts';
import type { Case } from './said.ts';

// Wrong commands and all that is said about them: culprit, what was expected, the next step.

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({
    'package.json': '{}',
    'a.csv': 'id,n\n1,1\n2,x\n',
    'plain.log': 'hello\nworld\n',
    'links/one.txt': '1',
    'tasks/wrong.ts': `import { defineTask } from 'pipe';
const make = (name: string, run: () => unknown) =>
  defineTask({ name, summary: 'Fail', usage: '', run: run as () => Promise<void> });
export const nothing = make('wrong:nothing', () => {
  throw undefined;
});
export const late = make('wrong:late', async () => {
  void Promise.reject(new Error('nobody waits'));
  await new Promise((resolve) => setTimeout(resolve, 1000));
});
export const shows = defineTask({
  name: 'wrong:shows',
  summary: 'Show nothing',
  usage: '',
  async *show() {
    void Promise.reject(new Error('nobody waits'));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    yield '';
  },
});
export const exits = make('wrong:exits', () => process.exit(0));
export const secret = defineTask({
  name: 'wrong:secret',
  summary: 'Have a secret',
  usage: '--token=<token> <file>',
  secret: ['token'],
  run() {},
});
`,
  });
  await symlink('loop', rig.path('links/loop'));
});
afterAll(() => rig.remove());

const testEach = (cases: readonly Case[]): void => testSaid(() => rig, cases);

describe('the command line', () => {
  testEach([
    [
      'pipe config --foo',
      2,
      'pipe: unknown option --foo',
      '',
      '  pipe config --foo',
      '              ^^^^^',
      '',
      '  pipe takes --json, --markdown',
    ],
    ['pipe doctor x', 2, "pipe: unexpected argument 'x'", '', '  pipe doctor x', '              ^'],
    [
      'pipe --dry-run init',
      2,
      'pipe: --dry-run is for tasks; pipe init overwrites nothing, pipe init --help says what it writes',
    ],
    [
      'pipe --if-running=x stats:multi -- --sites=a',
      2,
      "--if-running: 'x' is not one of wait, skip, fail, take-over; write for example --if-running=wait",
    ],
    [
      'pipe --lookback=3 events:ingest -- --site=a plain.log',
      2,
      "--lookback: task 'events:ingest' does not split a window into days; leave the option out",
    ],
    [
      'pipe --notify=foo events:ingest -- --site=a plain.log',
      2,
      "--notify: 'foo' is not an address; write for example --notify=https://example.com/hook",
    ],
    [
      'PIPE_NOTIFY=foo pipe events:ingest -- --site=a plain.log',
      2,
      "PIPE_NOTIFY: 'foo' is not an address; write for example PIPE_NOTIFY=https://example.com/hook",
    ],
    [
      'PIPE_EVENTS=no/x.jsonl pipe events:ingest -- --site=a plain.log',
      2,
      "PIPE_EVENTS: '$RIG/no/x.jsonl' cannot be written: no such file or directory (ENOENT); name a file in a folder that is there",
    ],
    [
      'PIPE_JOBS=x pipe data:show -- a.csv',
      2,
      "PIPE_JOBS: 'x' is not a whole number from 1 to 1024; write for example PIPE_JOBS=7",
    ],
    [
      'PIPE_LEASE_STALE=x pipe events:ingest -- --site=a plain.log',
      2,
      "PIPE_LEASE_STALE: 'x' is not a duration; write a whole number and ms, s, m, h or d, for example 30s",
    ],
    [
      'pipe wrong:secret -- --token=s3cret-s3cret --what a.csv',
      2,
      'wrong:secret: unknown option --what',
      '',
      '  pipe wrong:secret -- --token=*** --what a.csv',
      '                                   ^^^^^^',
      '',
      '  wrong:secret takes --token=<token>',
    ],
  ]);
});

describe('a store', () => {
  testEach([
    [
      'pipe --store=s3:// stats:multi -- --sites=a',
      2,
      "pipe: Cannot use 's3://' as a store. It names no bucket of 2 to 63 characters. Expected a folder ('data', '/srv/data'), a file URI ('file:///srv/data') or a bucket ('s3://bucket/prefix').",
    ],
    [
      'pipe --store=ftp://x stats:multi -- --sites=a',
      2,
      "pipe: Cannot use 'ftp://x' as a store. The scheme 'ftp:' is not supported. Expected a folder ('data', '/srv/data'), a file URI ('file:///srv/data') or a bucket ('s3://bucket/prefix').",
    ],
    [
      'pipe --store=a.csv events:ingest -- --site=a plain.log',
      1,
      "pipe: Cannot clean '$RIG/a.csv/.pipe/staging': a file stands where a folder is expected (ENOTDIR). Remove that file, or choose another folder with --store=<folder>.",
    ],
    [
      'pipe --store=links/loop events:ingest -- --site=a plain.log',
      1,
      "pipe: Cannot clean '$RIG/links/loop/.pipe/staging': symbolic links lead in a circle (ELOOP). Mend the link, or choose another folder with --store=<folder>.",
    ],
    [
      'pipe store:clean -- nope',
      2,
      '1 failed in <time>',
      '',
      "failed: 'nope' is nothing that store:clean removes; expected a name as pipe -n store:clean shows it",
      '  rerun: pipe store:clean -- --older-than=7 nope',
    ],
    [
      'pipe status:calendar -- --dataset=nope',
      3,
      "--dataset: 'nope' has no published day in the store data; it has no datasets; read events with events:ingest, or make some up with events:sample",
    ],
    [
      'pipe runs:prune -- --keep=x',
      2,
      "runs:prune: --keep: 'x' is not a whole number, 0 or more; write for example --keep=7",
    ],
  ]);
});

describe('days and sites', () => {
  testEach([
    [
      'pipe stats:multi -- --sites=all',
      3,
      '--sites=all: no site has events in the store file://$RIG/data; read some with events:ingest, or make some up with events:sample',
    ],
    [
      'pipe stats:clicks -- --sites=a,,b --days-ago=0',
      2,
      "stats:clicks: --sites: 'a,,b' has an empty item; write for example --sites=a,b",
    ],
    [
      'pipe stats:clicks -- --sites=a/b --days-ago=0',
      2,
      "stats:clicks: 'a/b' cannot be a value of 'site'. Expected letters, digits and any of ._-+@~, not starting with '.', at most 200 bytes.",
    ],
    [
      'pipe stats:clicks -- --sites=a --days-ago=99999',
      2,
      "--days-ago: '99999' is more than 36525 days, a hundred years; write a smaller number, or use --start-date and --end-date",
    ],
    [
      'pipe stats:clicks -- --sites=a --start-date=2026-13-01 --end-date=2026-11-19',
      2,
      "--start-date: '2026-13-01' is not a day of the calendar; write for example --start-date=2026-11-19",
    ],
    [
      'pipe stats:clicks -- --sites=a --start-date=2026-11-19 --end-date=2026-11-01',
      2,
      'pipe: The window starts on 2026-11-19 (--start-date), after its end on 2026-11-01 (--end-date); write for example --start-date=2026-11-12 --end-date=2026-11-19, or --days-ago=7',
    ],
    [
      'pipe events:sample -- --sites=a --days=0',
      2,
      "events:sample: --days: '0' is not a whole number from 1 to 36525; write for example --days=7",
    ],
    [
      'pipe events:sample -- --sites=a --days=1 --to=s3://bucket/x',
      2,
      "events:sample: --to: 's3://bucket/x' is not a local folder; write for example --to=logs, or leave it out for the store",
    ],
  ]);
});

describe('a task of a project', () => {
  testEach([
    [
      'pipe wrong:nothing',
      1,
      '1 failed in <time>',
      '',
      "unexpected error: undefined was thrown, which is no error; throw new Error('why')",
      '  rerun: pipe wrong:nothing',
    ],
    [
      'pipe wrong:late',
      1,
      'pipe: unexpected error: nobody waits; nothing waits for it: await every promise, and catch what timers and events throw',
      '  $RIG/tasks/wrong.ts:8:23',
      '',
      "      void Promise.reject(new Error('nobody waits'));",
      '                          ^',
      'pipe: to go on: pipe wrong:late',
    ],
    [
      'pipe wrong:shows',
      1,
      'pipe: unexpected error: nobody waits; nothing waits for it: await every promise, and catch what timers and events throw',
      '  $RIG/tasks/wrong.ts:16:25',
      '',
      "        void Promise.reject(new Error('nobody waits'));",
      '                            ^',
    ],
    [
      'pipe wrong:exits',
      1,
      "pipe: a task has ended this process; a task must not exit, or needs isolate: 'process'",
      'pipe: to go on: pipe wrong:exits',
    ],
  ]);
});
