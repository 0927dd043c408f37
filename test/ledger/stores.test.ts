import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLedger } from '../../lib/ledger/ledger.ts';
import { removeRun } from '../../lib/ledger/prune.ts';
import { listRuns, readEvents, readRun, runsIn } from '../../lib/ledger/read.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { openS3Rig } from '../store/s3-rig.ts';
import type { S3Rig } from '../store/s3-rig.ts';
import { all, eventsOf } from './events.ts';

let server: S3Server;
let rig: S3Rig;
beforeAll(async () => {
  server = await startS3Server();
  rig = await openS3Rig(server);
});
afterAll(async () => {
  await rig.remove();
  await server.close();
});

test('ledgers on S3, where nothing can grow, are read as elsewhere', async () => {
  const run = '20261120T060000Z-00000001';
  const events = eventsOf(run);
  const ledger = await openLedger(rig.store, run);
  for (const event of events) ledger.write(event);
  await ledger.close();
  const again = await openLedger(rig.store, '20261120T070000Z-00000001');
  for (const event of events.slice(0, 5)) again.write(event);
  await again.close();

  const other = rig.reopen();
  expect((await runsIn(other)).map((each) => each.run)).toEqual(['20261120T070000Z-00000001', run]);
  expect(await all(readEvents(other, run))).toEqual(events);
  expect((await readRun(other, run)).invocations).toHaveLength(3);
  expect((await all(listRuns(other))).map(({ exitCode }) => exitCode)).toEqual(['unfinished', 1]);

  expect(await removeRun(other, run, Date.now())).toBe(true);
  expect(await runsIn(other)).toHaveLength(1);
  expect(await removeRun(other, run, Date.now())).toBe(false);
});
