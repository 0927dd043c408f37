import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { messageOf } from '../../lib/errors.ts';
import { tasksOf } from '../../lib/task/load.ts';
import * as snapshot from '../../tasks/snapshot.ts';
import { Runner } from './runner.ts';

let runner: Runner;
beforeEach(async () => {
  runner = await Runner.open(tasksOf(snapshot));
  await put('users.jsonl', '{"id":1,"tags":["a"]}\n{"id":2,"tags":[]}\n');
  await done('snapshot:full -- --dataset=users --key=id --from=users.jsonl --date=2026-11-01');
});
afterEach(() => runner.close());

async function put(name: string, content: string): Promise<void> {
  await writeFile(path.join(runner.folder, name), content);
}

async function done(command: string): Promise<string> {
  const ran = await runner.run(command);
  expect(ran.exitCode).toBe(0);
  return String(ran.output ?? '');
}

/** What is said of a command that must fail. */
async function failed(command: string): Promise<string> {
  const { exitCode, error, events } = await runner.run(command);
  expect(exitCode).not.toBe(0);
  const told = events.flatMap((event) =>
    event.type === 'invocation-finished' && event.error ? [event.error.message] : [],
  );
  return [...told, ...(error === undefined ? [] : [messageOf(error)])].join('\n');
}

const state = 'id,tags\n1,"[""a""]"\n2,[]\n';

test('a state is written as the name of the file says, compressed and in parts of JSON', async () => {
  expect(await done('snapshot:read -- --dataset=users')).toBe(state);
  await done('snapshot:read -- --dataset=users --to=out.csv.gz');
  const packed = await readFile(path.join(runner.folder, 'out.csv.gz'));
  expect(gunzipSync(packed).toString()).toBe(state);
  await done('snapshot:read -- --dataset=users --to=out.tsv');
  expect(await readFile(path.join(runner.folder, 'out.tsv'), 'utf8')).toContain('id\ttags\n');
  await done('snapshot:read -- --dataset=users --to=out.gz --format=jsonl');
  const lines = gunzipSync(await readFile(path.join(runner.folder, 'out.gz'))).toString();
  expect(lines).toBe('{"id":1,"tags":["a"]}\n{"id":2,"tags":[]}\n');
});

test('what is derived never takes the place of what somebody stored', async () => {
  await put('ids.sql', 'select id, 1 as one from records');
  await done('snapshot:full -- --dataset=orders --key=id --from=users.jsonl --date=2026-11-01');
  for (const to of ['users', 'orders']) {
    expect(await failed(`snapshot:derive -- --dataset=users --to=${to} --with=ids.sql`)).toContain(
      `--to: '${to}' holds sets that were not derived of 'users'; name another dataset`,
    );
    expect(await done(`snapshot:read -- --dataset=${to}`)).toBe(state);
  }
});

test('options of increments are refused for whole states', async () => {
  const daily = 'snapshot:daily -- --dataset=users --from=users.jsonl --date=2026-11-02';
  expect(await failed(`${daily} --deletes=op=D`)).toContain(
    "--deletes: 'op=D' is for increments, but the files are taken for whole states; add --as=increment",
  );
  expect(await failed(`${daily} --as=full --order=at`)).toContain(
    "--order: 'at' is for increments",
  );
});
