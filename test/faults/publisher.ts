import { createHash, randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { readManifest } from '../../lib/dataset/published.ts';
import { publish } from '../../lib/dataset/publish.ts';
import { ConflictError } from '../../lib/store/conflict.ts';
import { openLocalStore } from '../../lib/store/local.ts';
import { draft, prefix, publisher } from '../dataset/drafts.ts';
import { testEffects } from '../store/system.ts';

/**
 * A process that publishes versions of one partition until it is killed, each made from the one
 * before. The folder of the store is its argument; it prints the number of each version it has
 * published. A version is its number, random bytes and a checksum of both.
 */
const store = openLocalStore(process.argv[2] ?? '', testEffects());
await store.cleanStaging();
process.stdout.write('ready\n');

for (;;) {
  const base = await readManifest(store, prefix);
  const number = base ? (await lastNumber()) + 1 : 1;
  const staging = await store.openStaging('publisher');
  const made = await draft(staging, { 'data.parquet': '' }, { replaces: base?.etag ?? null });
  for (const { path } of made.files) writeFileSync(path, version(number));
  try {
    await publish(store, made, publisher(`version ${number}`));
    process.stdout.write(`${number}\n`);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
  await staging.close();
}

async function lastNumber(): Promise<number> {
  const stored = await store.read(`${prefix}data.parquet`);
  return Number(Buffer.from(stored?.bytes ?? []).toString('latin1', 0, 8));
}

/** Many versions have the same size, so that sizes alone do not tell them apart. */
function version(number: number): string {
  const size = randomInt(2) === 0 ? 1000 : randomInt(400_000);
  const body = `${String(number).padStart(8, '0')} ${'x'.repeat(size)} ${randomInt(1e9, 9e9)} `;
  return body + createHash('sha256').update(body).digest('hex');
}
