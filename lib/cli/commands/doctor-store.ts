import { randomUUID } from 'node:crypto';
import { rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../errors.ts';
import { ConflictError } from '../../store/conflict.ts';
import { openStore } from '../../store/open.ts';
import { placeOf } from '../../store/place.ts';
import type { Store, WriteCondition } from '../../store/store.ts';
import { localEffects } from '../local-effects.ts';
import { s3Options } from '../s3.ts';
import type { Settings } from '../settings.ts';
import type { Check } from './doctor.ts';

/** Writes, reads, lists and removes an object, with and without conditions. Nothing is left behind. */
export async function* checkStore(settings: Settings, cwd: string): AsyncGenerator<Check> {
  const { store: uri, unsafePublish } = settings;
  const options = { cwd, effects: localEffects(), s3: s3Options(unsafePublish) };
  const store = await openStore(uri, options).catch((error: unknown) => messageOf(error));
  if (typeof store === 'string') {
    return yield { name: 'store', state: 'failed', found: store };
  }
  const place = placeOf(store.uri, cwd);
  const folder = store.uri.startsWith('file:') ? fileURLToPath(store.uri) : undefined;
  const isNew = folder !== undefined && (await stat(folder).catch(() => undefined)) === undefined;
  try {
    yield* checkObjects(store, { uri, place });
  } finally {
    if (isNew) await removeEmpty(folder);
  }
}

/** A store that was not there before is not there afterwards, unless somebody else has begun to use it. */
async function removeEmpty(folder: string): Promise<void> {
  for (const name of ['.pipe/probe', '.pipe/staging', '.pipe/locks', '.pipe', '.']) {
    await rmdir(join(folder, name)).catch(() => undefined);
  }
}

async function* checkObjects(
  store: Store,
  { uri, place }: { readonly uri: string; readonly place: string },
): AsyncGenerator<Check> {
  const key = `.pipe/probe/${randomUUID()}`;
  try {
    await writeAndRead(store, key);
    yield { name: 'store', state: 'ok', found: `${place}: writes, reads, lists and removes` };
  } catch (error) {
    const next = uri.startsWith('s3:') ? s3Next : 'choose another with --store=<uri> or PIPE_STORE';
    return yield { name: 'store', state: 'failed', found: messageOf(error), next };
  } finally {
    await store.remove([key]).catch(() => undefined);
  }
  yield await checkConditions(store, key);
}

const s3Next =
  'see what `aws sts get-caller-identity` and `aws s3 ls` say with the same environment; PIPE_S3_ENDPOINT names another server';

async function writeAndRead(store: Store, key: string): Promise<void> {
  await store.write(key, Buffer.from(key));
  const found = await store.read(key);
  if (!found || Buffer.from(found.bytes).toString() !== key) {
    throw new Error(`${store.uri} does not give back what was written`);
  }
  const listed: string[] = [];
  for await (const entry of store.list('.pipe/probe/')) listed.push(entry.key);
  if (!listed.includes(key)) throw new Error(`${store.uri} does not list what was written`);
  await store.remove([key]);
}

/** Of two runs that publish the same one must lose. */
async function checkConditions(store: Store, key: string): Promise<Check> {
  const name = 'conditional writes';
  try {
    const etag = await store.write(key, Buffer.from('1'), { ifAbsent: true });
    const isKept =
      (await isRefused(store, key, { ifAbsent: true })) &&
      (await isRefused(store, key, { ifMatch: '0'.repeat(32) }));
    await store.write(key, Buffer.from('2'), { ifMatch: etag });
    if (isKept) return { name, state: 'ok', found: 'of two that write at once one is refused' };
    return {
      name,
      state: 'failed',
      found: 'both of two that write at once are taken',
      next: oneRun,
    };
  } catch (error) {
    return { name, state: 'failed', found: messageOf(error), next: oneRun };
  } finally {
    await store.remove([key]).catch(() => undefined);
  }
}

const oneRun = 'use a store that keeps to conditions, or never let two runs write to this one';

async function isRefused(store: Store, key: string, condition: WriteCondition): Promise<boolean> {
  try {
    await store.write(key, Buffer.from('0'), condition);
    return false;
  } catch (error) {
    if (error instanceof ConflictError) return true;
    throw error;
  }
}
