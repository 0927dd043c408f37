import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prefixOf } from '../../lib/dataset/layout.ts';
import type { Partition } from '../../lib/dataset/layout.ts';
import { readManifest } from '../../lib/dataset/published.ts';
import type { Manifest } from '../../lib/dataset/manifest.ts';
import type { Row } from '../../lib/engine/engine.ts';
import { literal, sql } from '../../lib/engine/sql.ts';
import * as join from '../../tasks/join.ts';
import { tasksOf } from '../../lib/task/load.ts';
import { Runner } from './runner.ts';
import type { Ran } from './runner.ts';

let runner: Runner;
beforeEach(async () => {
  runner = await Runner.open(tasksOf(join));
});
afterEach(() => runner.close());

const day = (date: string): Partition => ({ dataset: 'visits', keys: { site: 'a', date } });

async function visits(date: string, rows: number, from = 0): Promise<void> {
  await runner.publish(
    day(date),
    sql`select range as id, case when range % 5 = 0 then null else 'u' || (range % 7) end as user,
      range % 3 as page from range(${from}, ${from + rows})`,
  );
}

async function users(): Promise<void> {
  await writeFile(
    path.join(runner.folder, 'users.csv'),
    'user,page,name\nu1,7,Ann\nu2,8,"Bob, B."\nu2,8,Bobby\nu9,9,Nobody\n',
  );
}

const between = '--start-date=2026-11-18 --end-date=2026-11-19';

/** Every row of a dataset, wherever it lies in it. */
async function all(dataset: string): Promise<readonly Row[]> {
  const files = literal(path.join(runner.folder, 'store', dataset, '**/*.parquet'));
  return runner.engine.rows(
    sql`select * from read_parquet(${files}, union_by_name = true, hive_partitioning = false) order by all`,
  );
}

async function manifestOf(partition: Partition): Promise<Manifest> {
  const published = await readManifest(runner.store, prefixOf(partition));
  if (!published) throw new Error('not published');
  return published.manifest;
}

function problems(ran: Ran): string {
  return ran.events
    .flatMap((event) =>
      event.type === 'invocation-finished' && event.error ? [event.error.message] : [],
    )
    .join('\n');
}

test('joins each day of a dataset with a CSV file, and skips what is done', async () => {
  await visits('2026-11-18', 40);
  await visits('2026-11-19', 30, 100);
  await users();
  const command = `join:sharded -- --left=visits --right=users.csv --on=user --to=named --how=left ${between}`;
  const first = await runner.run(command);
  expect(first.exitCode, problems(first)).toBe(0);
  const rows = await runner.read({ dataset: 'named', keys: day('2026-11-18').keys });
  expect(rows.slice(0, 3)).toEqual([
    { id: 7, user: 'u0', page: 1, right_page: null, name: null },
    { id: 14, user: 'u0', page: 2, right_page: null, name: null },
    { id: 21, user: 'u0', page: 0, right_page: null, name: null },
  ]);
  expect((await manifestOf({ dataset: 'named', keys: day('2026-11-18').keys })).counts).toEqual({
    left: 40,
    right: 4,
    matched: 15,
    matchedLeft: 10,
    unmatchedLeft: 30,
    matchedRight: 3,
    unmatchedRight: 1,
    out: 45,
  });
  const again = await runner.run(command);
  expect(again.leaves.filter((leaf) => !leaf.includes('join:sharded'))).not.toContainEqual(
    expect.stringMatching(/^done/),
  );
});

test.each(['plain', 'shards', 'hot', 'salted'])(
  'a full join by %s keeps rows that match nothing in a place of their own',
  async (strategy) => {
    await visits('2026-11-18', 40);
    await visits('2026-11-19', 30, 100);
    await users();
    const ran = await runner.run(
      `join:sharded -- --left=visits --right=users.csv --on=user --to=named --how=full --strategy=${strategy} --shards=3 ${between}`,
    );
    expect(ran.exitCode, problems(ran)).toBe(0);
    const rest = { dataset: 'named', keys: { unmatched: 'right' } };
    expect((await manifestOf(rest)).counts).toMatchObject({ unmatchedRight: 1, out: 1 });
    const expected = await runner.engine.rows(sql`
      select l.id, coalesce(l.user, r.user) as user, l.page, r.page as right_page, r.name
      from read_parquet(${literal(path.join(runner.folder, 'store/visits/**/*.parquet'))}, hive_partitioning = false) l
      full join read_csv(${literal(path.join(runner.folder, 'users.csv'))}, all_varchar = true) r on l.user = r.user
      order by all`);
    expect(await all('named')).toEqual(expected);
    expect(await readdir(path.join(runner.folder, 'store/joins/named'))).not.toContain('shards');
  },
);

test('several right sides with keys of their own, compressed JSON lines among them', async () => {
  await visits('2026-11-18', 40);
  await users();
  const pages = [0, 1].map((id) =>
    JSON.stringify({ id, meta: { title: `t${id}`, size: { w: id } } }),
  );
  await writeFile(path.join(runner.folder, 'pages.jsonl.gz'), gzipSync(pages.join('\n')));
  const ran = await runner.run(
    'join:sharded -- --left=visits/site=a/date=2026-11-18 --right=users.csv --on=user --right=pages.jsonl.gz --on=page=id ' +
      '--right-prefix=user_ --right-prefix=page_ --flatten --how=left --to=wide --strategy=shards --shards=2 ' +
      between,
  );
  expect(ran.exitCode, problems(ran)).toBe(0);
  const manifest = await manifestOf({ dataset: 'wide', keys: day('2026-11-18').keys });
  expect(manifest.schema.map(({ name }) => name)).toEqual([
    'id',
    'user',
    'page',
    'user_page',
    'user_name',
    'page_id',
    'page_meta_title',
    'page_meta_size_w',
  ]);
  expect(manifest.files.length).toBe(2);
  expect(manifest.counts).toMatchObject({
    left: 40,
    right: 4,
    right2: 2,
    unmatchedRight2: 0,
    out: 45,
  });
});

test('JSON lines as they are', async () => {
  await writeFile(path.join(runner.folder, 'a.csv'), 'id,v\n1,a\n2,b\n');
  await writeFile(path.join(runner.folder, 'b.jsonl'), '{"id":"1","w":"x"}\n{"id":"3","w":"y"}\n');
  const ran = await runner.run('join:sharded -- --left=a.csv --right=b.jsonl --on=id --to=j');
  expect(ran.exitCode, problems(ran)).toBe(0);
  expect(await all('j')).toEqual([{ id: '1', v: 'a', w: 'x' }]);
});

test.each([
  [
    'too short.csv.gz',
    gzipSync('id,w\n1,x\n').subarray(0, -6),
    'too short.csv.gz' + "' is truncated or damaged",
  ],
  [
    'fields.csv',
    Buffer.from('id,w\n1,x\n2,y,z\n'),
    "fields.csv': 1 record cannot be read, the first in line 3 (too many columns)",
  ],
  [
    'latin.csv',
    Buffer.from('id,w\n1,caf\xe9\n', 'latin1'),
    "latin.csv': 1 record cannot be read, the first in line 2 (not UTF-8)",
  ],
  [
    'broken.jsonl',
    Buffer.from('{"id":"1"}\n{"id":\n'),
    "broken.jsonl': 1 record cannot be read, the first in line 2 (not a JSON object)",
  ],
])('nothing is joined with a part of %s', async (name, bytes, expected) => {
  await writeFile(path.join(runner.folder, 'a.csv'), 'id,v\n1,a\n2,b\n');
  await writeFile(path.join(runner.folder, name), bytes);
  const ran = await runner.run([
    'join:sharded',
    '--',
    '--left=a.csv',
    `--right=${name}`,
    '--on=id',
    '--to=j',
  ]);
  expect(ran.exitCode).toBe(1);
  expect(problems(ran)).toContain(expected);
});

test('keys of different types are an error that says what to write', async () => {
  await visits('2026-11-18', 10);
  await users();
  const command = (on: string): string =>
    `join:sharded -- --left=visits --right=users.csv --on=${on} --to=named ${between}`;
  expect(problems(await runner.run(command('id=page')))).toContain(
    "'id' is BIGINT on the left and 'page' is VARCHAR on the right; say what to compare them as, for example --on=id=page::varchar",
  );
  const cast = await runner.run(command('id=page::bigint'));
  expect(cast.exitCode, problems(cast)).toBe(0);
  expect((await all('named')).map((row) => row['name'])).toEqual([
    'Ann',
    'Bob, B.',
    'Bobby',
    'Nobody',
  ]);
});

test('keys that cannot be read as the type asked for are counted and told of', async () => {
  await visits('2026-11-18', 10);
  await writeFile(
    path.join(runner.folder, 'pages.csv'),
    'id,name\n0,Home\nn/a,Lost\n-,Lost\n2,Shop\n',
  );
  const ran = await runner.run(
    `join:sharded -- --left=visits/site=a/date=2026-11-18 --right=pages.csv --on=page=id::bigint --to=named ${between}`,
  );
  expect(ran.exitCode, problems(ran)).toBe(0);
  const { counts } = await manifestOf({ dataset: 'named', keys: day('2026-11-18').keys });
  expect(counts).toMatchObject({
    right: 4,
    matchedRight: 2,
    unmatchedRight: 2,
    unreadableRight: 2,
  });
  expect(counts).not.toHaveProperty('unreadableLeft');
  expect(JSON.stringify(ran.events)).toContain(
    "2 rows of the right side cannot be joined: 'id' is no bigint, such as '-'",
  );
});

test('the same part again has the same bytes, whatever memory and threads it has', async () => {
  await visits('2026-11-18', 400_000);
  await users();
  const base = `--left=visits/site=a/date=2026-11-18 --right=users.csv --on=user --to=named --how=full ${between}`;
  await runner.run(`join:sharded -- ${base}`);
  const command = `join:shard -- ${base} --strategy=hot --hot-keys=3 --shard=2/3`;
  const shard = {
    dataset: 'joins/named/shards',
    keys: { ...day('2026-11-18').keys, shard: '00002-of-00003' },
  };
  const first = await runner.run(command);
  expect(first.exitCode, problems(first)).toBe(0);
  const before = await manifestOf(shard);
  // More than one row group, so that threads have something to share.
  expect(before.rows.out).toBeGreaterThan(122_880);
  for (const other of ['', ' --threads=1', ' --threads=3', ' --memory=100MB']) {
    const again = await runner.run(`${command}${other}`, { force: true });
    expect(again.exitCode, problems(again)).toBe(0);
    expect((await manifestOf(shard)).files[0]?.sha256, other).toBe(before.files[0]?.sha256);
  }
});

test('an empty side is joined like any other', async () => {
  await visits('2026-11-18', 0);
  await users();
  for (const how of ['inner', 'right', 'anti']) {
    const ran = await runner.run(
      `join:sharded -- --left=visits/site=a/date=2026-11-18 --right=users.csv --on=user --to=${how} --how=${how} ${between}`,
    );
    expect(ran.exitCode, problems(ran)).toBe(0);
  }
  expect((await all('right')).length).toBe(4);
  expect((await all('inner')).length).toBe(0);
});

test('join:unmatched writes the rows of either side that match nothing', async () => {
  await visits('2026-11-18', 40);
  await users();
  const ran = await runner.run(
    `join:unmatched -- --left=visits --right=users.csv --on=user --to=lost ${between}`,
  );
  expect(ran.exitCode, problems(ran)).toBe(0);
  expect((await all('lost/left')).length).toBe(30);
  expect(await all('lost/right')).toEqual([{ user: 'u9', page: '9', name: 'Nobody' }]);
});
