import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setsOf } from '../../../lib/dataset/snapshot.ts';
import type { Engine } from '../../../lib/engine/engine.ts';
import { sql } from '../../../lib/engine/sql.ts';
import type { Sql } from '../../../lib/engine/sql.ts';
import { mergeSets } from '../../../lib/operations/merge/merge.ts';
import { tasksOf } from '../../../lib/task/load.ts';
import * as snapshot from '../../../tasks/snapshot.ts';
import { Runner } from '../../tasks/runner.ts';

let runner: Runner;
beforeEach(async () => {
  runner = await Runner.open(tasksOf(snapshot));
});
afterEach(() => runner.close());

async function store(day: number, ids: readonly number[]): Promise<void> {
  const lines = ids.map((id) => `${String(id).padStart(3, '0')},v${id % 10 === 0 ? day : 0}`);
  await writeFile(path.join(runner.folder, 'dump.csv'), ['id,v', ...lines, ''].join('\n'));
  const command = `snapshot:diff -- --dataset=d --key=id --from=dump.csv --date=2026-11-0${day}`;
  expect((await runner.run(`${command} --bucket-rows=5 --allow-shrink`)).exitCode).toBe(0);
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => n);
}

const wrong: Readonly<Record<string, (query: Sql) => Sql>> = {
  loses: (query) => sql`select * from (${query}) offset 1`,
  doubles: (query) => sql`(${query}) union all (select * from (${query}) limit 1)`,
};

test.each(Object.entries(wrong))('an engine that %s a record is found out', async (_, change) => {
  for (const day of [1, 2, 3]) await store(day, upTo(39 + day));
  const { engine } = runner;
  const wrongly: Engine = {
    id: engine.id,
    rows: (query) => engine.rows(query),
    stream: (query) => engine.stream(query),
    write: (query, file, options) => engine.write(change(query), file, options),
    execute: (statement) => engine.execute(statement),
    interrupt: () => engine.interrupt(),
    close: () => engine.close(),
  };
  const staging = await runner.store.openStaging('test');
  const effects = {
    engines: [wrongly] as const,
    store: runner.store,
    staging,
    publish: () => Promise.reject(new Error('it was published')),
    log: () => undefined,
  };
  const options = { dataset: 'd', when: 'always', readsPerDay: 1, bucketSize: {} } as const;
  const merge = mergeSets(effects, await setsOf(runner.store, 'd'), options);
  await expect(merge).rejects.toThrow('records after the merge, but');
  await staging.close();
});

test.each(['v', 'file_index'])(
  'the last of several changes counts, of a column %s',
  async (name) => {
    const days = ['1,a\n2,a\n3,a\n', '1,b\n2,b\n3,a\n', '1,b\n2,c\n3,c\n4,d\n', '1,b\n3,d\n4,d\n'];
    for (const [index, rows] of days.entries()) {
      await writeFile(path.join(runner.folder, 'dump.csv'), `id,${name}\n${rows}`);
      const command = `snapshot:diff -- --dataset=d --key=id --from=dump.csv --date=2026-11-0${index + 1}`;
      expect((await runner.run(`${command} --bucket-rows=2`)).exitCode).toBe(0);
    }
    expect((await runner.run('snapshot:merge -- --dataset=d --when=always')).exitCode).toBe(0);
    const { output } = await runner.run('snapshot:read -- --dataset=d');
    expect(Buffer.from(output ?? '').toString()).toBe(`id,${name}\n1,b\n3,d\n4,d\n`);
  },
);

test('buckets of which most records have gone are joined', async () => {
  await store(1, upTo(60));
  await store(
    2,
    upTo(60).filter((id) => id % 4 === 0 || id > 55),
  );
  const before = await runner.run('snapshot:read -- --dataset=d');
  await runner.run('snapshot:merge -- --dataset=d --when=always --bucket-rows=5');
  const [full, merged] = await setsOf(runner.store, 'd');
  expect(full?.buckets).toHaveLength(12);
  expect(merged?.buckets.map(({ file }) => file.rows)).toEqual([5, 5, 4, 4]);
  const after = await runner.run('snapshot:read -- --dataset=d');
  expect(String(after.output)).toBe(String(before.output));
  expect((await runner.run('snapshot:verify -- --dataset=d')).exitCode).toBe(0);
});
