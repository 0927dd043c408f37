import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import { literal, sql } from '../../lib/engine/sql.ts';
import type { Row } from '../../lib/engine/engine.ts';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

const now = '--now=2026-11-20T06:00:00Z';
const command = [now, 'stats:multi', '--', '--sites=a,b', '--days-ago=7'];

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({ 'package.json': '{}' });
  for (const line of [
    'events:sample -- --sites=a,b --rows=500',
    'events:ingest -- --site=a data/samples/site=a',
    'events:ingest -- --site=b data/samples/site=b',
  ]) {
    const { code, stderr } = await rig.pipe([now, ...line.split(' ')]);
    if (code !== 0) throw new Error(stderr);
  }
});
afterAll(() => rig.remove());

/** Rows of a query over the published files, read by a plain glob as any reader would. */
async function query(glob: string, select: string): Promise<Row[]> {
  const engine = await openDuckDB();
  try {
    const from = sql`read_parquet(${literal(rig.path(glob))}, hive_partitioning = true)`;
    return await engine.rows(sql`${sqlOf(select)} from ${from}`);
  } finally {
    await engine.close();
  }
}

function sqlOf(text: string) {
  return sql(Object.assign([text], { raw: [text] }));
}

describe('stats:multi', () => {
  test('plans one command per site, aggregate and day, and changes nothing while dry', async () => {
    const before = await snapshot(rig.folder);
    const { code, stdout } = await rig.pipe(['--dry-run', ...command]);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines.filter((line) => line.startsWith('missing'))).toHaveLength(48);
    expect(lines[1]?.trim()).toBe(
      'pipe stats:pageloads -- --sites=a,b --start-date=2026-11-13 --end-date=2026-11-20',
    );
    expect(lines[2]).toContain(
      'pipe stats:pageloads -- --sites=a --start-date=2026-11-13 --end-date=2026-11-13  # never made',
    );
    expect(await snapshot(rig.folder)).toEqual(before);
  });

  test('aggregates sixteen site-days in three ways, then finds them up to date', async () => {
    const first = await rig.pipe(command);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toMatch(/^48 done in /);
    expect(first.stdout).toContain('a     2026-11-13');
    expect(first.stdout).toContain('data/stats/{pageloads,clicks,conversions}/');
    const again = await rig.pipe(command);
    expect(again.stderr).toBe('everything is up to date (48 partitions)\n');
    expect(again.stdout).toBe(first.stdout);
  });

  test('accounts for every line of the logs', async () => {
    const [events = {}] = await query(
      'data/events/**/*.parquet',
      "select count(*) as rows, count(*) filter (event = 'pageload') as pageloads",
    );
    const [rejects = {}] = await query('data/rejects/**/*.parquet', 'select count(*) as rows');
    const [stats = {}] = await query(
      'data/stats/pageloads/**/*.parquet',
      'select sum(pageloads) filter (hour is null) as day, sum(pageloads) filter (hour is not null) as hours',
    );
    const { stdout } = await rig.shell('cat data/samples/site=*/date=*/*.jsonl | wc -l');
    expect(Number(events['rows']) + Number(rejects['rows'])).toBe(Number(stdout));
    expect(Number(rejects['rows'])).toBeGreaterThan(0);
    expect(stats).toEqual({ day: events['pageloads'], hours: events['pageloads'] });
  });

  test('computes anew what --force asks for, and what its inputs ask for', async () => {
    const forced = await rig.pipe(['--force', now, 'stats:clicks', '--sites=a']);
    expect(forced.stderr).toMatch(/^1 done in /);
    await rig.write({
      'more.jsonl':
        '{"event":"click","timestamp":"2026-11-20T01:00:00Z","userId":"new","properties":{}}\n',
    });
    await rig.pipe(['events:ingest', '--', '--site=a', 'more.jsonl']);
    const dry = await rig.pipe(['-n', ...command]);
    const stale = dry.stdout.split('\n').filter((line) => line.startsWith('stale'));
    expect(stale).toHaveLength(3);
    expect(stale[0]).toContain('# input events/site=a/date=2026-11-20/ changed');
    expect((await rig.pipe(command)).stderr).toMatch(/^3 done, 45 up to date in /);
  });

  test('reports days without events, and exits with 3', async () => {
    const result = await rig.pipe([now, 'stats:pageloads', '--sites=a', '--days-ago=9']);
    expect(result.code).toBe(3);
    expect(result.stderr).toContain('8 up to date, 2 without data');
    expect(result.stderr).toContain('no data: events/site=a/date=2026-11-11/');
    await expect(access(rig.path('data/stats/pageloads/site=a/date=2026-11-11'))).rejects.toThrow(
      'ENOENT',
    );
  });

  test('takes every site of the store with --sites=all', async () => {
    const { code, stderr } = await rig.pipe([now, 'stats:multi', '--sites=all', '--days-ago=7']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'everything is up to date (48 partitions)\n',
    });
  });

  test('recomputes in another zone, whose days are other instants', async () => {
    const options = ['--dry-run', '--timezone=Asia/Kathmandu', now];
    const dry = await rig.pipe([...options, 'stats:pageloads', '--sites=a', '--days-ago=0']);
    expect(dry.stdout).toContain('stale');
    expect(dry.stdout).toContain('setting timezone changed from UTC to Asia/Kathmandu');
    expect(dry.stdout).toContain('pipe --timezone=Asia/Kathmandu stats:pageloads -- --sites=a');
  });

  test.each([
    [['--sites=a', '--aggregates=pageload'], /pageload'.*pageloads, clicks, conversions/s],
    [['--sites=a', '--days-ago=-1'], /--days-ago: '-1'/],
    [['--sites=a', '--days-ago=1.5'], /--days-ago: '1\.5'/],
    [['--sites=a', '--start-date=2026-02-30', '--end-date=2026-03-01'], /2026-02-30/],
    [['--sites=a', '--start-date=2026-03-02', '--end-date=2026-03-01'], /2026-03-02.*2026-03-01/s],
    [['--sites=a', '--start-date=2026-03-02'], /--start-date also needs --end-date/],
    [['--sites=../../etc'], /\.\.\/\.\.\/etc/],
    [['--sites=a,,b'], /--sites/],
    [['--sites='], /--sites/],
    [[], /missing --sites/],
  ])('%j is a usage error', async (args, message) => {
    const before = await snapshot(rig.folder);
    const { code, stdout, stderr } = await rig.pipe([now, 'stats:multi', '--', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(await snapshot(rig.folder)).toEqual(before);
  });
});

/** Every file and folder with its size and times. */
async function snapshot(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  const entries = names.sort().map(async (name) => {
    const { size, mtimeMs, ctimeMs } = await stat(join(folder, name));
    return `${name} ${size} ${mtimeMs} ${ctimeMs}`;
  });
  return Promise.all(entries);
}
