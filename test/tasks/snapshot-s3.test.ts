import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { engineId, openDuckDB } from '../../lib/engine/duckdb.ts';
import { tasksOf } from '../../lib/task/load.ts';
import * as snapshot from '../../tasks/snapshot.ts';
import { runTasks } from '../rig/run.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { openS3Rig, patientLimits } from '../store/s3-rig.ts';
import type { S3Rig } from '../store/s3-rig.ts';

let server: S3Server;
let rig: S3Rig;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server.close());
beforeEach(async () => {
  rig = await openS3Rig(server, { limits: patientLimits });
});
afterEach(() => rig.remove());

async function run(task: string, ...args: readonly string[]): Promise<string> {
  const { report, events } = await runTasks(
    tasksOf(snapshot),
    `snapshot:${task}`,
    ['--dataset=d', ...args],
    {
      store: rig.store,
      openStore: (uri) => rig.open(uri),
      engineId: engineId(),
      openEngine: () => openDuckDB({ threads: 1 }),
    },
  );
  const errors = events.flatMap((event) =>
    event.type === 'invocation-finished' && event.error ? [event.error.message] : [],
  );
  expect(errors).toEqual([]);
  return String(report.output ?? '');
}

/** The data files that were fetched since the last call. */
function fetched(): readonly string[] {
  const keys = server.requests.flatMap(
    (request) => /^GET \S*?(d\/date=[^?\s]+\.parquet)/.exec(decodeURIComponent(request))?.[1] ?? [],
  );
  server.requests.length = 0;
  return [...new Set(keys)].toSorted();
}

test('dumps come from S3 and states go there; a record costs one file of each set', async () => {
  const dumps = await rig.open('s3://bucket/dumps');
  const lines = Array.from({ length: 50 }, (_, n) => `${100 + n},a`);
  await dumps.write('1.csv', Buffer.from(['id,v', ...lines, ''].join('\n')));
  await dumps.write('2.csv', Buffer.from(['id,v', ...lines.with(7, '107,b'), ''].join('\n')));
  await run(
    'diff',
    '--key=id',
    '--from=s3://bucket/dumps/1.csv',
    '--date=2026-11-01',
    '--bucket-rows=10',
  );
  await run('diff', '--from=s3://bucket/dumps/2.csv', '--date=2026-11-02', '--bucket-rows=10');
  await run('read', '--to=s3://bucket/out/state.csv');
  const state = await (await rig.open('s3://bucket/out')).read('state.csv');
  expect(Buffer.from(state?.bytes ?? []).toString()).toContain('\n107,b\n108,a\n');
  fetched();
  expect(await run('get', '--key=107')).toBe('{"id":"107","v":"b"}\n');
  expect(fetched()).toHaveLength(1);
  expect(await run('get', '--key=133')).toBe('{"id":"133","v":"a"}\n');
  // The increment has no such keys.
  expect(fetched()).toHaveLength(1);
  expect(await run('get', '--key=107', '--history')).toContain(
    '"date":"2026-11-02","change":"changed"',
  );
  expect(fetched()).toHaveLength(2);
  await run('merge', '--when=always', '--bucket-rows=10');
  // The one bucket with a change, and the change.
  expect(fetched()).toHaveLength(2);
  await run('verify');
});
