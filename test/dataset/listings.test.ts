import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listPartition } from '../../lib/dataset/catalog.ts';
import { Listings } from '../../lib/dataset/listings.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import type { Store } from '../../lib/store/store.ts';

test('tells of any partition in any order what a listing of it alone would', async () => {
  const sites = fc.constantFrom('a', 'a+b', 'b', 'c');
  const days = fc.integer({ min: 10, max: 28 });
  const prefixes = fc
    .tuple(sites, days)
    .map(([site, day]) => `d/site=${site}/date=2026-11-${day}/`);
  const steps = fc.array(fc.tuple(prefixes, fc.constantFrom('ask', 'write', 'remove')), {
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(prefixes), steps, async (before, after) => {
      const store = openMemoryStore();
      for (const prefix of before) await store.write(`${prefix}_manifest.json`, Buffer.from('{}'));
      const listings = new Listings(store);
      for (const [prefix, step] of after) {
        if (step === 'write') await store.write(`${prefix}data.parquet`, Buffer.from(step));
        if (step === 'remove') await store.remove([`${prefix}_manifest.json`]);
        if (step !== 'ask') listings.forget(prefix);
        expect(await listings.find(prefix)).toMatchObject(await listPartition(store, prefix));
      }
    }),
  );
});

test('lists one partition alone when no other is asked for', async () => {
  const { store, lists } = counting(await filled(50, 10));
  await new Listings(store).find('d/site=s007/date=2026-11-19/');
  expect(lists).toEqual(['d/site=s007/date=2026-11-19/']);
});

test.each([
  ['site by site', (site: number, day: number) => site * 100 + day],
  ['day by day', (site: number, day: number) => day * 100 + site],
  ['in no order', (site: number, day: number) => (site * 7919 + day * 104_729) % 1009],
])('asked %s it reads a dataset once', async (_name, order) => {
  const { store, lists } = counting(await filled(50, 10));
  const listings = new Listings(store);
  const asked = Array.from({ length: 500 }, (_, at) => [Math.floor(at / 10), at % 10] as const);
  asked.sort(([a, b], [c, d]) => order(a, b) - order(c, d));
  for (const [site, day] of asked) {
    expect((await listings.find(prefixAt(site, day))).manifest?.bytes).toBe(2);
  }
  expect(lists.filter((prefix) => prefix === 'd/')).toHaveLength(1);
  expect(lists.length).toBeLessThan(10);
});

test('gives up on reading through what hardly anybody asks for', async () => {
  const { store, lists, entries } = counting(await filled(2000, 30));
  const listings = new Listings(store);
  // The last day of every fortieth site: some 2,400 objects lie between one and the next.
  for (let site = 0; site < 2000; site += 40) await listings.find(prefixAt(site, 29));
  expect(lists.length).toBeLessThan(60);
  expect(entries()).toBeLessThan(20_000);
});

test('a listing that fails is begun anew', async () => {
  const inner = await filled(3, 10);
  let failures = 1;
  const store: Pick<Store, 'list'> = {
    async *list(prefix) {
      if (prefix === 'd/' && failures-- > 0) throw new Error('lost');
      yield* inner.list(prefix);
    },
  };
  const listings = new Listings(store);
  await listings.find(prefixAt(0, 0));
  await expect(listings.find(prefixAt(0, 1))).rejects.toThrow('lost');
  expect((await listings.find(prefixAt(0, 1))).manifest?.bytes).toBe(2);
});

function prefixAt(site: number, day: number): string {
  return `d/site=s${String(site).padStart(3, '0')}/date=2026-11-${10 + day}/`;
}

/** Partitions of one object each. */
async function filled(sites: number, days: number): Promise<Store> {
  const store = openMemoryStore();
  for (let site = 0; site < sites; site++) {
    for (let day = 0; day < days; day++) {
      await store.write(`${prefixAt(site, day)}_manifest.json`, Buffer.from('{}'));
    }
  }
  return store;
}

function counting(inner: Store): {
  readonly store: Pick<Store, 'list'>;
  /** The prefixes that were listed. */
  readonly lists: string[];
  readonly entries: () => number;
} {
  const lists: string[] = [];
  let entries = 0;
  const store: Pick<Store, 'list'> = {
    async *list(prefix) {
      lists.push(prefix);
      for await (const entry of inner.list(prefix)) {
        entries++;
        yield entry;
      }
    },
  };
  return { store, lists, entries: () => entries };
}
