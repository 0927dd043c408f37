import { describe, expect, test } from 'vitest';
import { leaseKey, readLease } from '../../lib/run/lease-record.ts';
import { LockedError } from '../../lib/run/locked.ts';
import type { Holding, Leases } from '../../lib/run/leases.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import { leasesOf, Time, waiter } from './leases-rig.ts';

const scope = 'stats/pageloads/site=a/date=2026-11-19/';

describe('a lease', () => {
  test('is one object while it is held, and none afterwards', async () => {
    const store = openMemoryStore();
    const holding = await held(leasesOf(store, 'run-1'));
    const { record } = (await readLease(store, scope)) ?? {};
    expect(record).toMatchObject({ run: 'run-1', host: 'run-1', pid: 1, scope, generation: 1 });
    await holding.giveBack();
    expect(await store.read(leaseKey(scope))).toBeUndefined();
  });

  test('continues the generations of what is published', async () => {
    const holding = await held(leasesOf(openMemoryStore(), 'run-1'), 6);
    expect(await holding.confirm(scope, 6)).toBe(7);
    // What came in between was published by somebody else, or by ourselves.
    expect(await holding.confirm(scope, 9)).toBe(10);
    expect(await holding.confirm(scope, 10)).toBe(11);
  });

  test('is shared within a run, until the last one gives it back', async () => {
    const store = openMemoryStore();
    const leases = leasesOf(store, 'run-1');
    const outer = await held(leases);
    const inner = await held(leases);
    await inner.giveBack();
    expect(await outer.confirm(scope, 0)).toBe(1);
    await outer.giveBack();
    expect(await store.read(leaseKey(scope))).toBeUndefined();
    expect(await (await held(leases)).confirm(scope, 1)).toBe(2);
  });

  test('is shared by the processes of a run, and given back by the one that took it', async () => {
    const store = openMemoryStore();
    const parent = await held(leasesOf(store, 'run-1'));
    const child = await held(leasesOf(store, 'run-1', { host: 'other' }));
    expect(await child.confirm(scope, 0)).toBe(1);
    expect(await child.confirm(scope, 1)).toBe(2);
    await child.giveBack();
    expect(await parent.confirm(scope, 2)).toBe(3);
    await parent.giveBack();
    expect(await store.read(leaseKey(scope))).toBeUndefined();
  });
});

describe('a run that comes second', () => {
  test('waits until the lease is given back', async () => {
    const store = openMemoryStore();
    const first = await held(leasesOf(store, 'run-1'));
    let isHeld = false;
    const second = held(leasesOf(store, 'run-2', { staleMs: 1e9 })).finally(() => (isHeld = true));
    await turns(50);
    expect(isHeld).toBe(false);
    await first.giveBack();
    expect(await (await second).confirm(scope, 0)).toBe(1);
  });

  test('waits no longer than it may', async () => {
    const store = openMemoryStore();
    await held(leasesOf(store, 'run-1'));
    const time = new Time();
    const second = held(leasesOf(store, 'run-2', { staleMs: 1e9, waitMs: 60_000, time }));
    await expect(second).rejects.toThrow(/still being made by run run-1 .* after 1m\. .*--wait=/);
    await expect(second).rejects.toBeInstanceOf(LockedError);
    expect(time.ms).toBeGreaterThan(60_000);
    expect(time.ms).toBeLessThan(63_000);
  });

  test('gives up waiting when it is to stop', async () => {
    const store = openMemoryStore();
    await held(leasesOf(store, 'run-1'));
    const stop = new AbortController();
    const taken = leasesOf(store, 'run-2', { stop: stop.signal, staleMs: 1e9 }).take(
      wanted(),
      waiter,
    );
    await turns(5);
    stop.abort();
    expect(await taken).toEqual({ kind: 'stopped' });
  });

  test('may leave the work to an owner that is alive', async () => {
    const store = openMemoryStore();
    await held(leasesOf(store, 'run-1'));
    const leases = leasesOf(store, 'run-2', { ifRunning: 'skip', liveness: () => 'alive' });
    expect(await leases.take(wanted(), waiter)).toEqual({
      kind: 'left',
      reason: `'${scope}' is being made by run run-1 (process 1 on 'run-1')`,
    });
  });

  test('may fail, for good, where the owner is alive', async () => {
    const store = openMemoryStore();
    await held(leasesOf(store, 'run-1'));
    const leases = leasesOf(store, 'run-2', { ifRunning: 'fail', liveness: () => 'alive' });
    await expect(leases.take(wanted(), waiter)).rejects.toMatchObject({
      message: expect.stringMatching(/is being made by run run-1 .*--if-running=wait/),
      exitCode: 4,
      retryable: false,
    });
  });

  test('does not take an owner that nobody can ask for dead, nor for alive, before its heart beats', async () => {
    const store = openMemoryStore();
    await held(leasesOf(store, 'run-1'));
    const beating = { ...waiter };
    let looks = 0;
    const pause = async (): Promise<void> => {
      if (++looks === 3) await beat(store);
    };
    const leases = leasesOf(store, 'run-2', { ifRunning: 'skip', pause });
    expect(await leases.take(wanted(), beating)).toMatchObject({ kind: 'left' });
    expect(looks).toBe(3);
  });

  test('takes the lease over when it is told to, and the first one may publish no more', async () => {
    const store = openMemoryStore();
    const first = await held(leasesOf(store, 'run-1'));
    const second = await held(leasesOf(store, 'run-2', { ifRunning: 'take-over' }));
    await expect(first.confirm(scope, 0)).rejects.toThrow(LockedError);
    await expect(first.confirm(scope, 0)).rejects.toThrow(/taken over by run run-2/);
    expect(await second.confirm(scope, 0)).toBe(2);
    await first.giveBack();
    expect(await second.confirm(scope, 2)).toBe(3);
  });

  test('takes the lease of a dead process of its machine at once', async () => {
    const store = openMemoryStore();
    await held(leasesOf(store, 'run-1'));
    const time = new Time();
    await held(leasesOf(store, 'run-2', { time, liveness: () => 'dead' }));
    expect(time.ms).toBeLessThan(100);
  });

  test.each([-600_000, 0, 600_000])(
    'takes a lease whose heart has stood still for so long by its own watch, clocks being %d ms apart',
    async (skewMs) => {
      const store = openMemoryStore();
      await held(leasesOf(store, 'run-1', { skewMs }));
      const time = new Time();
      await held(leasesOf(store, 'run-2', { time, skewMs: -skewMs }));
      expect(time.ms).toBeGreaterThan(60_000);
      expect(time.ms).toBeLessThan(63_000);
    },
  );

  test('does not count time in which it stood still itself', async () => {
    const store = openMemoryStore();
    await held(leasesOf(store, 'run-1'));
    const time = new Time();
    let looks = 0;
    const pause = async (): Promise<void> => {
      time.ms += 3_600_000;
      if (++looks === 20) await beat(store);
      if (looks === 25) await store.remove([leaseKey(scope)]);
    };
    const second = await held(leasesOf(store, 'run-2', { time, pause }));
    expect(looks).toBe(25);
    expect(await second.confirm(scope, 0)).toBe(1);
  });
});

test('an owner that was taken for dead is out, also when its successor is gone', async () => {
  const store = openMemoryStore();
  const first = await held(leasesOf(store, 'run-1'));
  await (await held(leasesOf(store, 'run-2', { ifRunning: 'take-over' }))).giveBack();
  await expect(first.confirm(scope, 0)).rejects.toThrow(/taken over by another run/);
  expect(await (await held(leasesOf(store, 'run-3'))).confirm(scope, 0)).toBe(1);
});

test('several leases are taken all or none', async () => {
  const store = openMemoryStore();
  await held(leasesOf(store, 'run-1'));
  const leases = leasesOf(store, 'run-2', { ifRunning: 'skip', liveness: () => 'alive' });
  const both = new Map([
    ['a/', 0],
    [scope, 0],
  ]);
  expect(await leases.take(both, waiter)).toMatchObject({ kind: 'left' });
  expect(await store.read(leaseKey('a/'))).toBeUndefined();
});

test('what nobody can read is taken over in time', async () => {
  const store = openMemoryStore();
  await store.write(leaseKey(scope), Buffer.from('{"torn'));
  expect(await (await held(leasesOf(store, 'run-1'))).confirm(scope, 0)).toBe(1);
});

function wanted(published = 0): ReadonlyMap<string, number> {
  return new Map([[scope, published]]);
}

async function held(leases: Leases, published = 0): Promise<Holding> {
  const taken = await leases.take(wanted(published), waiter);
  if (taken.kind !== 'held') throw new Error(`the lease is ${taken.kind}`);
  return taken.holding;
}

/** Another heartbeat of whoever holds the lease. */
async function beat(store: ReturnType<typeof openMemoryStore>): Promise<void> {
  const { record } = (await readLease(store, scope)) ?? {};
  if (!record) throw new Error('nobody holds the lease');
  const bytes = Buffer.from(JSON.stringify({ ...record, beat: record.beat + 1 }));
  await store.write(leaseKey(scope), bytes);
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
