import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Manifest } from '../../lib/dataset/manifest.ts';
import { readManifest } from '../../lib/dataset/published.ts';
import { publish } from '../../lib/dataset/publish.ts';
import { ConflictError } from '../../lib/store/conflict.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import type { Staging, Store } from '../../lib/store/store.ts';
import { startS3Server, type S3Server } from '../rig/s3-server/server.ts';
import {
  foreignEndpoint,
  openForeignS3,
  openS3Rig,
  patientLimits,
  type S3Rig,
} from '../store/s3-rig.ts';
import { draft, namesIn, prefix, publisher, sha256, textOf } from './drafts.ts';
import { Killed, mortalStore, Turns } from './turns.ts';

let s3: S3Server;
const rigs: S3Rig[] = [];

beforeAll(async () => {
  s3 = await startS3Server();
});

afterAll(async () => {
  for (const rig of rigs) await rig.remove();
  await s3.close();
});

/** An empty store, and how many orders of steps are tried on it. */
const stores: readonly [string, () => Promise<Store>, number][] = [
  ['memory', async () => openMemoryStore(), 200],
  ['memory, the etag being a hash', async () => openMemoryStore({ hashEtags: true }), 100],
  ['S3', () => emptyS3(), 8],
  ...(foreignEndpoint === '' ? [] : [foreign()]),
];

describe.each(stores)(
  'publishers of one partition at the same time: %s',
  (_name, open, numRuns) => {
    test('when they add, in any order of their steps nothing is lost or counted twice, and some may be killed anywhere', async () => {
      const kills = fc.array(fc.oneof(fc.constant(Infinity), fc.nat(50)), {
        minLength: 2,
        maxLength: 3,
      });
      await fc.assert(
        fc.asyncProperty(fc.nat(), kills, async (seed, killedAt) => {
          const store = await open();
          const staging = await store.openStaging('test');
          await addTo(store, staging, 'a');
          const turns = new Turns(killedAt.length, seed);
          const outcomes = await Promise.all(
            killedAt.map((call, id) => {
              const mortal = mortalStore(store, call, (made) => turns.step(made));
              return outcomeOf(addTo(mortal, staging, String(id))).finally(() => turns.leave());
            }),
          );

          const stored = await textOf(store, 'data.parquet');
          const content = idsIn(stored);
          const published = await readManifest(store, prefix);
          expect(published?.manifest.files[0]?.sha256).toBe(sha256(stored ?? ''));
          expect(new Set(content).size).toBe(content.length);
          const isIn = (id: number): boolean => content.includes(String(id));
          const wrong = outcomes.filter(
            (outcome, id) =>
              (outcome === 'published' && !isIn(id)) || (outcome === 'conflict' && isIn(id)),
          );
          expect(wrong).toEqual([]);

          // Whatever the dead left does not stand in the way of the next one, who also clears it away.
          await addTo(store, staging, 'z');
          expect(idsIn(await textOf(store, 'data.parquet'))).toBe(`${content}z`);
          expect(await namesIn(store)).toEqual(['_manifest.json', 'data.parquet']);
          await staging.close();
        }),
        { numRuns },
      );
    });

    test('when they replace by the same few contents, data and manifest agree in the end', async () => {
      const contents = fc.array(fc.constantFrom('old!', 'new!', 'mid'), {
        minLength: 2,
        maxLength: 4,
      });
      await fc.assert(
        fc.asyncProperty(fc.nat(), contents, async (seed, texts) => {
          const store = await open();
          const staging = await store.openStaging('test');
          await publish(store, await draft(staging, { 'data.parquet': 'old!' }), publisher());
          const turns = new Turns(texts.length, seed);
          const alive = mortalStore(store, Infinity, (made) => turns.step(made));
          await Promise.all(
            texts.map(async (text) => {
              const made = await draft(staging, { 'data.parquet': text });
              await publish(alive, made, publisher()).finally(() => turns.leave());
            }),
          );
          const published = await readManifest(store, prefix);
          const stored = (await textOf(store, 'data.parquet')) ?? '';
          expect(published?.manifest.files[0]?.sha256).toBe(sha256(stored));
          expect([...texts, 'old!']).toContain(stored);
          expect(await namesIn(store)).toEqual(['_manifest.json', 'data.parquet']);
          await staging.close();
        }),
        { numRuns },
      );
    });
  },
);

test.each(stores)(
  '%s: killed behind its commit, which the same bytes published meanwhile did not forbid, a publisher is believed',
  async (_name, open) => {
    const store = await open();
    const staging = await store.openStaging('test');
    const publishText = async (text: string, by: Store): Promise<Manifest> =>
      publish(by, await draft(staging, { 'data.parquet': text }), publisher());
    await publishText('old', store);
    const dying: Store = {
      ...mortalStore(store, Infinity),
      async upload(path, key, condition) {
        await publishText('old', store);
        await store.upload(path, key, condition);
        throw new Killed();
      },
    };
    await expect(publishText('new!', dying)).rejects.toBeInstanceOf(Killed);
    const published = await readManifest(store, prefix);
    expect(published?.manifest.files[0]?.sha256).toBe(sha256('new!'));
    expect(await textOf(store, 'data.parquet')).toBe('new!');
    await staging.close();
  },
);

describe('one publisher killed at every step', () => {
  test.each([
    ['in place', { 'data.parquet': 'new' }],
    ['beside', { 'p0.parquet': 'new', 'p1.parquet': 'x' }],
  ])('%s: old or new is published, and the next publish succeeds', async (_name, files) => {
    const seen: (string | undefined)[] = [];
    for (let killedAt = 0, outcome = ''; outcome !== 'published'; killedAt++) {
      const store = openMemoryStore();
      const staging = await store.openStaging('test');
      const old = await publish(
        store,
        await draft(staging, { 'data.parquet': 'old' }),
        publisher('old'),
      );
      const made = await draft(staging, files, { replaces: old.commit });
      outcome = await outcomeOf(publish(mortalStore(store, killedAt), made, publisher('new')));

      const published = await readManifest(store, prefix);
      seen.push(published?.manifest.command);
      for (const { name, sha256: sum } of published?.manifest.files ?? []) {
        expect(sha256((await textOf(store, name)) ?? '')).toBe(sum);
      }
      const next = await draft(
        staging,
        { 'data.parquet': 'next' },
        { replaces: published?.etag ?? null },
      );
      await publish(store, next, publisher('next'));
      expect(await namesIn(store)).toEqual(['_manifest.json', 'data.parquet']);
      await staging.close();
    }
    // Old until the commit, new from then on.
    expect(seen.at(-1)).toBe('new');
    expect(seen).toEqual(seen.toSorted((a, b) => Number(a === 'new') - Number(b === 'new')));
    expect(new Set(seen)).toEqual(new Set(['old', 'new']));
  });
});

function foreign(): [string, () => Promise<Store>, number] {
  return [foreignEndpoint, () => openForeignS3(tmpdir(), randomUUID()), 40];
}

async function emptyS3(): Promise<Store> {
  const rig = await openS3Rig(s3, { limits: patientLimits });
  rigs.push(rig);
  return rig.store;
}

/** Adds an id to the content of the partition, as an ingest that merges does. The size stays the same. */
async function addTo(store: Store, staging: Staging, id: string): Promise<void> {
  const base = await readManifest(store, prefix);
  const content = base ? idsIn(await textOf(store, 'data.parquet')) : '';
  const replaces = base?.etag ?? null;
  const made = await draft(
    staging,
    { 'data.parquet': `${content}${id}`.padEnd(8, '.') },
    { replaces },
  );
  await publish(store, made, publisher());
}

function idsIn(content = ''): string {
  return content.replaceAll('.', '');
}

async function outcomeOf(work: Promise<unknown>): Promise<'published' | 'conflict' | 'killed'> {
  try {
    await work;
    return 'published';
  } catch (error) {
    if (error instanceof ConflictError) return 'conflict';
    if (error instanceof Killed) return 'killed';
    throw error;
  }
}
