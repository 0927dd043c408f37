import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publish } from '../../lib/dataset/publish.ts';
import type { Manifest } from '../../lib/dataset/manifest.ts';
import { parseManifest } from '../../lib/dataset/parse-manifest.ts';
import { readManifest } from '../../lib/dataset/published.ts';
import { LockedError } from '../../lib/run/locked.ts';
import type { IfRunning } from '../../lib/run/leases.ts';
import { LEASES_PREFIX } from '../../lib/run/lease-record.ts';
import { ConflictError } from '../../lib/store/conflict.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import type { Staging, Store } from '../../lib/store/store.ts';
import { draft, namesIn, prefix, publisher, sha256 } from '../dataset/drafts.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { openS3Rig } from '../store/s3-rig.ts';
import { Killed, mortalStore, Turns } from '../dataset/turns.ts';
import { leasesOf, Time, waiter } from './leases-rig.ts';

interface Racer {
  readonly ifRunning: IfRunning;
  /** The call to the store at which it dies. */
  readonly killedAt: number;
  /** The call before which it stands still for long. */
  readonly stallsAt: number;
}

const racer: fc.Arbitrary<Racer> = fc.record({
  ifRunning: fc.constantFrom<IfRunning>('wait', 'take-over'),
  killedAt: fc.oneof({ weight: 3, arbitrary: fc.constant(Infinity) }, fc.nat(40)),
  stallsAt: fc.oneof(fc.constant(Infinity), fc.nat(25)),
});

let s3: S3Server;
beforeAll(async () => {
  s3 = await startS3Server();
});
afterAll(() => s3.close());

/** An empty store, and how many orders of steps are tried on it. */
const stores: readonly [string, number, () => Promise<Store>][] = [
  ['memory', 200, async () => openMemoryStore()],
  ['memory, the etag being a hash', 200, async () => openMemoryStore({ hashEtags: true })],
  ['S3', 10, async () => (await openS3Rig(s3)).store],
];

test.each(stores)(
  '%s: in any order of the steps of any runs (%d tried), each publish has a higher generation than the one before',
  async (_name, numRuns, open) => {
    let replaced = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(racer, { minLength: 2, maxLength: 4 }),
        async (seed, racers) => {
          const { store, committed, publishers } = recording(await open());
          const staging = await store.openStaging('test');
          const turns = new Turns(racers.length, seed);
          const outcomes = await Promise.all(
            racers.map((each, id) =>
              race(store, staging, turns, each, id).finally(() => turns.leave()),
            ),
          );
          refused += outcomes.filter((outcome) => outcome === 'refused').length;
          replaced += committed.length > 1 ? 1 : 0;

          expect(committed).toEqual([...new Set(committed)].sort((a, b) => a - b));
          // Who was replaced publishes before its successor, or not at all.
          expect(publishers).toEqual([...new Set(publishers)].sort((a, b) => a - b));
          const published = await readManifest(store, prefix);
          const isUndisturbed = racers.every(({ killedAt }) => killedAt === Infinity);
          // Who is refused was replaced by somebody who publishes, unless that one is killed.
          expect(committed.length).toBeGreaterThanOrEqual(isUndisturbed ? 1 : 0);
          const last = isUndisturbed ? published?.manifest.generation : committed.at(-1);
          expect(last).toBe(committed.at(-1));
          // What the dead left blocks nobody, and goes with the next one.
          const alone = new Turns(1, 0);
          const end = { ifRunning: 'wait', killedAt: Infinity, stallsAt: Infinity } as const;
          expect(await race(store, staging, alone, end, 9)).toBe('published');
          expect(await namesIn(store)).toEqual(['_manifest.json', 'data.parquet']);
          expect(await leasesIn(store)).toEqual([]);
          await staging.close();
        },
      ),
      { numRuns },
    );
    expect(replaced + refused).toBeGreaterThan(0);
  },
);

/** Takes the lease and publishes. The hearts of others stand still: whoever waits takes over soon. */
async function race(
  store: Store,
  staging: Staging,
  turns: Turns,
  { ifRunning, killedAt, stallsAt }: Racer,
  id: number,
): Promise<'published' | 'refused' | 'killed'> {
  let calls = 0;
  const mortal = mortalStore(store, killedAt, async (call) => {
    if (calls++ === stallsAt) await standStill(turns);
    return await turns.step(call);
  });
  const time = new Time();
  const pause = (): Promise<void> => turns.step(async () => void (time.ms += 1000));
  const leases = leasesOf(mortal, `run-${id}`, { ifRunning, staleMs: 5000, time, pause });
  try {
    const before = (await readManifest(mortal, prefix))?.manifest.generation ?? 0;
    const taken = await leases.take(new Map([[prefix, before]]), waiter);
    if (taken.kind !== 'held') throw new Error(`the lease is ${taken.kind}`);
    const { holding } = taken;
    const made = await draft(staging, { 'data.parquet': `content ${id}` });
    try {
      const confirm = (published: number): Promise<number> => holding.confirm(prefix, published);
      await publish(mortal, made, { ...publisher(`run ${id}`), confirm });
    } finally {
      await holding.giveBack();
    }
    return 'published';
  } catch (error) {
    if (error instanceof LockedError || error instanceof ConflictError) return 'refused';
    if (error instanceof Killed) return 'killed';
    throw error;
  } finally {
    await leases.close();
  }
}

/** While others do all that they have to do. */
async function standStill(turns: Turns): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await turns.step(() => Promise.resolve());
}

interface Recording {
  readonly store: Store;
  /** Generations. */
  readonly committed: number[];
  /** For each commit how many had taken the lease before its publisher did. */
  readonly publishers: number[];
}

/** A store that notes who takes the lease, and what is committed, in order. */
function recording(store: Store): Recording {
  const journals = new Map<string, Manifest>();
  const committed: number[] = [];
  const owners: string[] = [];
  const publishers: number[] = [];
  const recorder = mortalStore(store, Infinity);
  return {
    committed,
    publishers,
    store: {
      ...recorder,
      async write(key, bytes, condition) {
        if (key.startsWith(`${prefix}_manifest.next-`)) {
          const manifest = parseManifest(bytes, key);
          journals.set(manifest.files[0]?.sha256 ?? '', manifest);
        }
        const etag = await store.write(key, bytes, condition);
        const run = /^\{"host.*"run":"(run-\d)"/.exec(Buffer.from(bytes).toString())?.[1];
        if (run !== undefined && !owners.includes(run)) owners.push(run);
        return etag;
      },
      async upload(path, key, condition) {
        const text = await readFile(path, 'utf8');
        const etag = await store.upload(path, key, condition);
        const { generation = -1, command = '' } = journals.get(sha256(text)) ?? {};
        committed.push(generation);
        publishers.push(owners.indexOf(command.replace('run ', 'run-')));
        return etag;
      },
    },
  };
}

async function leasesIn(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(LEASES_PREFIX)) keys.push(key);
  return keys;
}
