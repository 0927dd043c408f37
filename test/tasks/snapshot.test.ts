import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { messageOf } from '../../lib/errors.ts';
import { tasksOf } from '../../lib/task/load.ts';
import * as snapshot from '../../tasks/snapshot.ts';
import { Runner } from './runner.ts';
import type { Ran } from './runner.ts';

let runner: Runner;
beforeEach(async () => {
  runner = await Runner.open(tasksOf(snapshot));
});
afterEach(() => runner.close());

async function put(name: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path.join(runner.folder, name), content);
}

function errorOf({ error, events }: Ran): string {
  const failed = events.flatMap((event) =>
    event.type === 'invocation-finished' && event.error ? [event.error.message] : [],
  );
  return [...failed, ...(error === undefined ? [] : [messageOf(error)])].join('\n');
}

/** Runs a command that must go through, and returns what it prints. */
async function done(command: string | readonly string[]): Promise<string> {
  const ran = await runner.run(command);
  expect(errorOf(ran)).toBe('');
  return String(ran.output ?? '');
}

async function failed(command: string | readonly string[]): Promise<string> {
  const ran = await runner.run(command);
  expect(ran.exitCode).not.toBe(0);
  return errorOf(ran);
}

const read = (day: string): Promise<string> =>
  done(`snapshot:read -- --dataset=users --as-of=${day}`);

async function storeThreeDays(): Promise<void> {
  await put('1.csv', 'id,name,age\n1,Ann,30\n2,Bob,40\n3,"Cy\nlon",50\n');
  await put('2.csv', 'id,name,age,op\n2,Rob,41,U\n4,Dan,,U\n1,,,D\n');
  await put('3.csv', 'id,name,age,op\n4,Dan,1,U\n4,Dan,2,U\n1,"",3,U\n');
  await done('snapshot:full -- --dataset=users --key=id --from=1.csv --date=2026-11-01');
  const options = '--dataset=users --deletes=op=D --bucket-rows=1';
  await done(`snapshot:increment -- ${options} --from=2.csv --date=2026-11-02`);
  await done(`snapshot:increment -- ${options} --from=3.csv --date=2026-11-03`);
}

const states = {
  '2026-11-01': 'id,name,age\n1,Ann,30\n2,Bob,40\n3,"Cy\nlon",50\n',
  '2026-11-02': 'id,name,age\n2,Rob,41\n3,"Cy\nlon",50\n4,Dan,\n',
  '2026-11-03': 'id,name,age\n1,"",3\n2,Rob,41\n3,"Cy\nlon",50\n4,Dan,2\n',
};

describe('a full set and increments', () => {
  test('read back as of every day, before and after a merge', async () => {
    await storeThreeDays();
    for (const [day, text] of Object.entries(states)) expect(await read(day)).toBe(text);
    await done('snapshot:merge -- --dataset=users --when=always --date=2026-11-02');
    for (const [day, text] of Object.entries(states)) expect(await read(day)).toBe(text);
    await done('snapshot:merge -- --dataset=users --when=always');
    for (const [day, text] of Object.entries(states)) expect(await read(day)).toBe(text);
    expect(await read('2026-11-09')).toBe(states['2026-11-03']);
  });
});

describe('diff', () => {
  test('stores dumps that read back as they were', async () => {
    for (const [day, text] of Object.entries(states)) {
      await put('dump.csv.gz', gzipSync(text));
      await done(`snapshot:diff -- --dataset=users --key=id --from=dump.csv.gz --date=${day}`);
    }
    for (const [day, text] of Object.entries(states)) expect(await read(day)).toBe(text);
  });
});

test('what is asked for twice is done once', async () => {
  await storeThreeDays();
  expect(await failed('snapshot:full -- --dataset=users --from=1.csv --date=2026-11-02')).toContain(
    'comes too late',
  );
  const again = await runner.run(
    'snapshot:full -- --dataset=users --key=id --from=1.csv --date=2026-11-01',
  );
  expect(again.leaves[0]).toMatch(/^skipped/);
});
