import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventsSample } from '../../tasks/events-sample.ts';
import { Runner } from './runner.ts';

let runner: Runner;

beforeEach(async () => {
  runner = await Runner.open([eventsSample]);
});

afterEach(() => runner.close());

describe('events:sample', () => {
  test('plans an invocation per site and day, ending today in the zone', async () => {
    const { leaves } = await runner.run('events:sample -- --sites=a,b --days=2 --rows=10', {
      timezone: 'Asia/Tokyo',
      now: '2026-11-19T16:00:00Z',
    });
    const rest = '--rows=10 --seed=1 --format=jsonl';
    expect([...leaves].sort()).toEqual([
      `done: events:sample -- --sites=a --days=1 --end-date=2026-11-19 ${rest}`,
      `done: events:sample -- --sites=a --days=1 --end-date=2026-11-20 ${rest}`,
      `done: events:sample -- --sites=b --days=1 --end-date=2026-11-19 ${rest}`,
      `done: events:sample -- --sites=b --days=1 --end-date=2026-11-20 ${rest}`,
    ]);
  });

  test('is up to date until other lines are asked for', async () => {
    const command = 'events:sample -- --sites=a --days=1 --rows=10';
    expect((await runner.run(command)).leaves[0]).toMatch(/^done/);
    expect((await runner.run(command)).leaves[0]).toMatch(/^skipped/);
    expect((await runner.run(`${command} --seed=2`)).leaves[0]).toMatch(/^done/);
    expect((await runner.run(command, { timezone: 'Asia/Tokyo' })).leaves[0]).toMatch(/^done/);
  });

  test('publishes lines in the dataset samples', async () => {
    const { rows } = await runner.run(
      'events:sample -- --sites=a --days=1 --end-date=2026-11-19 --rows=2000',
    );
    const folder = path.join(runner.folder, 'store/samples/site=a/date=2026-11-19');
    const [file = ''] = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
    const lines = (await readFile(path.join(folder, file), 'utf8')).trimEnd().split('\n');
    expect(rows).toMatchObject({ in: lines.length, out: lines.length });
  });

  test('writes plain files, and leaves alone what is the same', async () => {
    const command =
      'events:sample -- --sites=a --days=1 --end-date=2026-11-19 --rows=500 --to=logs';
    const file = path.join(runner.folder, 'logs/a/2026-11-19.jsonl');
    await runner.run(command);
    const before = await stat(file);
    const { events } = await runner.run(command);
    expect((await stat(file)).ino).toBe(before.ino);
    expect(events.find(({ type }) => type === 'log')).toMatchObject({
      message: `${file} holds the same lines already`,
    });
    await runner.run(`${command} --seed=2`);
    expect((await stat(file)).ino).not.toBe(before.ino);
    expect(await readdir(path.dirname(file))).toEqual(['2026-11-19.jsonl']);
    expect(await readdir(runner.folder)).not.toContain('store/samples');
  });

  test('compresses the same lines on request', async () => {
    const command =
      'events:sample -- --sites=a --days=1 --end-date=2026-11-19 --rows=500 --to=logs';
    await runner.run(command);
    await runner.run(`${command} --format=jsonl.gz`);
    const plain = await readFile(path.join(runner.folder, 'logs/a/2026-11-19.jsonl'));
    const compressed = await readFile(path.join(runner.folder, 'logs/a/2026-11-19.jsonl.gz'));
    expect(gunzipSync(compressed).equals(plain)).toBe(true);
  });

  test('makes the same bytes for the same arguments, always', async () => {
    await runner.run(
      'events:sample -- --sites=a --days=1 --end-date=2026-11-19 --rows=1000 --seed=7 --to=logs',
    );
    const bytes = await readFile(path.join(runner.folder, 'logs/a/2026-11-19.jsonl'));
    expect(createHash('sha256').update(bytes).digest('hex')).toMatchInlineSnapshot(
      `"c7209ce8659d5013d87da60fb247375d5ad59204c1e903f36fa4d3e9a8838954"`,
    );
  });

  test.each([
    ['--days=0', "--days: '0' is not a whole number from 1 to 36525"],
    ['--rows=1e3', "--rows: '1e3' is not a whole number"],
    ['--end-date=2026-02-30', "--end-date: '2026-02-30' is not a day of the calendar"],
    ['--to=s3://bucket/logs', "--to: 's3://bucket/logs' is not a local folder"],
  ])('refuses %s before anything runs', async (option, message) => {
    await expect(runner.run(`events:sample -- --sites=a ${option}`)).rejects.toThrow(message);
  });

  test('tells what to do next', async () => {
    const { summary } = await runner.run('events:sample -- --sites=a,b --days=2 --rows=10');
    expect(summary?.rows).toHaveLength(4);
    expect(summary?.notes).toEqual(['Next: pipe events:ingest -- --site=a store/samples/site=a']);
  });
});
