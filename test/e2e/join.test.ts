import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

const line = (time: string, path: string, client: string): string =>
  `${client} - - [${time} +0000] "GET ${path} HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n`;

const log = [
  line('17/Nov/2026:10:00:00', '/', '192.0.2.1'),
  line('17/Nov/2026:10:00:01', '/about', '192.0.2.1'),
  line('18/Nov/2026:11:00:00', '/', '192.0.2.2'),
  line('18/Nov/2026:12:00:00', '/missing', '192.0.2.3'),
].join('');

const sides = ['--left=events/site=blog', '--right=pages.csv', '--on=url'];
const days = ['--start-date=2026-11-17', '--end-date=2026-11-18'];

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({
    'package.json': '{}',
    'access.log': log,
    'pages.csv': 'url,title\n/,Home\n/about,About us\n/contact,Contact\n',
  });
  await rig.pipe(['events:ingest', '--', '--site=blog', 'access.log']);
}, 60_000);
afterAll(() => rig.remove());

test('an access log with a CSV file of metadata, day by day', async () => {
  const plan = await rig.pipe([
    '--dry-run',
    'join:sharded',
    '--',
    ...sides,
    '--to=visits',
    ...days,
  ]);
  expect(plan.code, plan.stderr).toBe(0);
  expect(plan.stdout).toContain('--left=events/site=blog/date=2026-11-18 --right=pages.csv');
  expect(plan.stdout).toContain('memory a part');

  const { code, stdout, stderr } = await rig.pipe([
    'join:sharded',
    '--',
    ...sides,
    '--to=visits',
    '--how=full',
    ...days,
  ]);
  expect(code, stderr).toBe(0);
  expect(stdout).toBe(`Rows of the join

partition                         left  right  matched  unmatched left  unmatched right  out
visits/site=blog/date=2026-11-17     2      3        2               0                1    2
visits/site=blog/date=2026-11-18     2      3        1               1                2    2
visits/unmatched=right               4      3        3               1                1    1

Files: data/visits/**/*.parquet

`);
  const manifest = await readFile(
    rig.path('data/visits/site=blog/date=2026-11-18/_manifest.json'),
    'utf8',
  );
  expect(JSON.parse(manifest)).toMatchObject({
    rows: { in: 2, aggregated: 2, filtered: 0, out: 2 },
    counts: { left: 2, right: 3, matched: 1, unmatchedLeft: 1, unmatchedRight: 2, out: 2 },
  });
}, 60_000);

test('join:explain shows the keys and the advice', async () => {
  const { code, stdout, stderr } = await rig.pipe(['join:explain', '--', ...sides, ...days]);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^\/ +2 +50 █+ +1 +33\.33 █+$/m);
  expect(stdout).toContain("About 25 % of the left side's rows match nothing");
  expect(stdout).toContain('Advice: plain: ');
}, 60_000);

test('a column that there is not, and a side that there is not, are named', async () => {
  const wrong = await rig.pipe([
    'join:sharded',
    '--',
    ...sides.slice(0, 2),
    '--on=uri',
    '--to=x',
    ...days,
  ]);
  expect(wrong.code).not.toBe(0);
  expect(wrong.stderr).toContain("--on: the left side has no column 'uri'; it has ts, event, ");
  const gone = await rig.pipe([
    'join:sharded',
    '--',
    '--left=nowhere',
    ...sides.slice(1),
    '--to=x',
    ...days,
  ]);
  expect(gone.code).toBe(3);
  expect(gone.stderr).toContain("--left: 'nowhere' is neither a dataset");
}, 60_000);
