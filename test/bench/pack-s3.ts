import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { engineId, openDuckDB } from '../../lib/engine/duckdb.ts';
import { openStore } from '../../lib/store/open.ts';
import { systemEffects } from '../../lib/store/owner.ts';
import { openS3Store } from '../../lib/store/s3/s3.ts';
import { harvestChunk, harvestList, harvestPack } from '../../tasks/harvest.ts';
import { runTasks } from '../rig/run.ts';
import { timed } from './pack.ts';
import type { Measured } from './pack.ts';
import { access, serve } from './s3-process.ts';

/** Of the SDK's own best. More at once make neither of the two faster. */
const CONCURRENCY = 64;

/** The SDK's speed does not change after so many. */
const MOST_PLAIN_GETS = 20_000;

/** Objects of 4 KiB packed from an S3 server on loopback, beside GETs by the plain SDK whose bodies nobody keeps. */
export async function benchPackS3(sizes: readonly number[]): Promise<readonly object[]> {
  const rows: object[] = [];
  for (const objects of sizes) rows.push(...(await measure(objects)));
  return rows;
}

async function measure(objects: number): Promise<readonly object[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-bench-'));
  const server = await serve(objects, folder);
  try {
    const plain = Math.min(objects, MOST_PLAIN_GETS);
    const sdk = await timed(() => getAll(server.endpoint, plain));
    const pack = await timed(() => packAll(server.endpoint, folder));
    return [rowOf('SDK, GET alone', plain, sdk), rowOf('harvest:pack', objects, pack)];
  } finally {
    server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function rowOf(what: string, objects: number, { seconds, cpuMs, peakBytes }: Measured): object {
  return {
    what,
    objects,
    'objects/s': Math.round(objects / seconds),
    'CPU ms/object': Math.round((cpuMs / objects) * 1000) / 1000,
    'peak RSS MiB': Math.round(peakBytes / 2 ** 20),
  };
}

async function getAll(endpoint: string, objects: number): Promise<void> {
  const client = new S3Client({
    ...access,
    endpoint,
    forcePathStyle: true,
    requestHandler: { httpAgent: { keepAlive: true, maxSockets: CONCURRENCY } },
  });
  const numbers = Array.from({ length: objects }, (_, n) => n);
  await pLimit(CONCURRENCY).map(numbers, async (n) => {
    const Key = `raw/${String(n).padStart(8, '0')}.json`;
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'bucket', Key }));
    await Body?.transformToByteArray();
  });
  client.destroy();
}

async function packAll(endpoint: string, folder: string): Promise<void> {
  const kill = (pid: number, signal: 0): unknown => process.kill(pid, signal);
  const effects = systemEffects({ hostname: hostname(), pid: process.pid, kill, now: Date.now });
  const place = { bucket: 'bucket', prefix: 'raw' };
  const spool = join(folder, 'spool');
  const args = { from: 's3://bucket/raw', to: 'docs', concurrency: String(CONCURRENCY) };
  const { report } = await runTasks(
    [harvestPack, harvestList, harvestChunk],
    'harvest:pack',
    args,
    {
      store: await openStore('store', { cwd: folder, effects }),
      openStore: async () => openS3Store(place, { ...access, endpoint, effects, spool }),
      cwd: folder,
      engineId: engineId(),
      openEngine: () => openDuckDB({ threads: 1 }),
      clock: Date.now,
    },
  );
  if (report.status !== 'done') {
    throw new Error(`the run ended ${report.status}`, { cause: report.error });
  }
}
