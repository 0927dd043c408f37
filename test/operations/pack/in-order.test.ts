import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { all } from './all.ts';
import { inOrder } from '../../../lib/operations/pack/in-order.ts';

async function* upTo(count: number): AsyncGenerator<number> {
  for (let n = 0; n < count; n++) yield n;
}

test('results keep the order, with bounded work at once', async () => {
  let [running, most] = [0, 0];
  const window = { concurrency: 5, maxBytes: Infinity, bytesOf: () => 1 };
  const results = inOrder(upTo(200), window, async (n) => {
    most = Math.max(most, ++running);
    await setTimeout((n * 7) % 5);
    running -= 1;
    return n;
  });
  expect(await all(results)).toEqual([...Array(200).keys()]);
  expect(most).toBe(5);
});

test('no more bytes are held than that, but for a single item', async () => {
  let [held, most, alone] = [0, 0, 0];
  const bytesOf = (n: number): number => (n === 10 ? 500 : 30);
  const results = inOrder(upTo(30), { concurrency: 50, maxBytes: 100, bytesOf }, async (n) => {
    held += bytesOf(n);
    if (n === 10) alone = held;
    else most = Math.max(most, held);
    await setTimeout(1);
    return n;
  });
  for await (const n of results) held -= bytesOf(n);
  expect([most, alone]).toEqual([90, 500]);
});

test('an error comes in its place, and what has not begun never does', async () => {
  const begun: number[] = [];
  const results = inOrder(
    upTo(1000),
    { concurrency: 2, maxBytes: Infinity, bytesOf: () => 1 },
    async (n) => {
      begun.push(n);
      await setTimeout(1);
      if (n === 3) throw new Error('three');
      return n;
    },
  );
  const seen: number[] = [];
  await expect(
    (async () => {
      for await (const n of results) seen.push(n);
    })(),
  ).rejects.toThrow('three');
  expect(seen).toEqual([0, 1, 2]);
  const { length } = begun;
  await setTimeout(10);
  expect(begun.length).toBeLessThanOrEqual(length + 2);
});
