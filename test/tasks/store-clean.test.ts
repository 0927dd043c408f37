import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { publish } from '../../lib/dataset/publish.ts';
import { readManifest } from '../../lib/dataset/published.ts';
import type { Staging, Store } from '../../lib/store/store.ts';
import { clean } from '../../tasks/store.ts';
import { draft, prefix, publisher } from '../dataset/drafts.ts';
import { Killed, mortalStore } from '../dataset/turns.ts';
import { outcomes, runTasks } from '../rig/run.ts';
import { startS3Server, type S3Server } from '../rig/s3-server/server.ts';
import type { Bucket } from '../rig/s3-server/state.ts';
import { openS3Rig, patientLimits, type S3Rig } from '../store/s3-rig.ts';

let server: S3Server;
let rig: S3Rig;
let store: Store;
let staging: Staging;
let bucket: Bucket;

beforeEach(async () => {
  server = await startS3Server();
  rig = await openS3Rig(server, { limits: patientLimits });
  ({ store } = rig);
  staging = await store.openStaging('test');
  bucket = server.state.buckets.get('bucket') ?? bucket;
});

afterEach(async () => {
  await staging.close();
  await rig.remove();
  await server.close();
});

const day = 24 * 3600 * 1000;

/** The run's present, as it would be so many days from now. */
function inDays(days: number): { readonly store: Store; readonly now: number } {
  return { store, now: Date.now() + days * day };
}

describe('store:clean', () => {
  test('says so where nothing is left behind', async () => {
    const { events, report } = await runTasks([clean], 'store:clean', [], inDays(30));
    expect(report.status).toBe('done');
    expect(events).toContainEqual(expect.objectContaining({ message: 'nothing is left behind' }));
  });

  test('removes uploads that never ended and the remains of probes, once they are old', async () => {
    await store.write('events/site=a/x', Buffer.from('kept'));
    bucket.uploads.set('id', upload('some/prefix/a b'));
    bucket.uploads.set('elsewhere', upload('another/prefix/a'));
    await store.write('.pipe/probe/1', Buffer.from('x'));

    await runTasks([clean], 'store:clean', [], inDays(6.9));
    expect(bucket.uploads.size).toBe(2);
    const { events } = await runTasks([clean], 'store:clean', [], inDays(7.1));
    expect(outcomes(events)).toEqual([
      'store:clean --older-than=7 a b?uploadId=id: done',
      'store:clean --older-than=7 .pipe/probe/1: done',
      'store:clean --older-than=7: done',
    ]);
    expect([...bucket.uploads.keys()]).toEqual(['elsewhere']);
    expect([...bucket.objects.keys()]).toEqual(['some/prefix/events/site=a/x']);
  });

  test('removes the journal and the files of a publisher that died before its commit', async () => {
    await publish(store, await draft(staging, { 'data.parquet': 'old' }), publisher());
    const before = [...bucket.objects.keys()];
    await dieAt('write', await draft(staging, { 'p0.parquet': 'x', 'p1.parquet': 'y' }));
    await dieAt('upload', await draft(staging, { 'data.parquet': 'lost' }));
    expect(bucket.objects.size).toBe(before.length + 4);
    await runTasks([clean], 'store:clean', ['--older-than=1'], inDays(2));
    expect([...bucket.objects.keys()].toSorted()).toEqual(before.toSorted());
  });

  test('removes the leases of the dead, which nobody has written for long', async () => {
    await store.write('.pipe/leases/1.json', Buffer.from('{}'));
    await runTasks([clean], 'store:clean', [], inDays(6.9));
    expect(bucket.objects.size).toBe(1);
    await runTasks([clean], 'store:clean', [], inDays(7.1));
    expect(bucket.objects.size).toBe(0);
  });

  test('finishes the work of a publisher that died behind its commit', async () => {
    await publish(store, await draft(staging, { 'data.parquet': 'old' }), publisher('old'));
    const made = await draft(staging, { 'data.parquet': 'new' });
    const dying: Store = {
      ...mortalStore(store, Infinity),
      upload: async (...args) => {
        await store.upload(...args);
        throw new Killed();
      },
    };
    await expect(publish(dying, made, publisher('new'))).rejects.toBeInstanceOf(Killed);
    await runTasks([clean], 'store:clean', ['--older-than=1'], inDays(2));
    expect((await readManifest(store, prefix))?.manifest.command).toBe('new');
    expect(bucket.objects.size).toBe(2);
  });

  test('removes nothing that is not left behind', async () => {
    await store.write('events/site=a/x', Buffer.from('kept'));
    const { report } = await runTasks([clean], 'store:clean', ['events/site=a/x'], inDays(30));
    expect(report).toMatchObject({ status: 'failed' });
    expect(String(report.error)).toContain('is nothing that store:clean removes');
    expect(bucket.objects.size).toBe(1);
  });
});

/** Publishes with a store that dies at the last call of a kind, the commit. */
async function dieAt(
  call: 'write' | 'upload',
  made: Awaited<ReturnType<typeof draft>>,
): Promise<void> {
  let writes = 0;
  const die = (): Promise<never> => Promise.reject(new Killed());
  const dying: Store = {
    ...mortalStore(store, Infinity),
    // The first write is the journal.
    ...(call === 'write' && {
      write: (...args) => (++writes === 1 ? store.write(...args) : die()),
    }),
    ...(call === 'upload' && { upload: die }),
  };
  await expect(publish(dying, made, publisher())).rejects.toBeInstanceOf(Killed);
}

function upload(key: string) {
  return { key, initiated: new Date(), metadata: {}, parts: new Map() };
}
