import pLimit from 'p-limit';

export interface Window<Item> {
  /** How many items are worked on at once. */
  readonly concurrency: number;
  /** Of items that are under way or wait for an earlier one; a single item may have more. */
  readonly maxBytes: number;
  readonly bytesOf: (item: Item) => number;
}

/** Results that wait for a slow one before them, by items that are worked on at once. */
const WAITING = 4;

/** Works on several items at once and yields the results in the items' order, in bounded memory. */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  { concurrency, maxBytes, bytesOf }: Window<Item>,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const limit = pLimit(concurrency);
  const waiting: { readonly result: Promise<Result>; readonly bytes: number }[] = [];
  let held = 0;
  try {
    for await (const item of items) {
      const bytes = bytesOf(item);
      const isFull = (): boolean =>
        waiting.length >= concurrency * WAITING || held + bytes > maxBytes;
      for (let head = waiting[0]; head && isFull(); head = waiting[0]) {
        yield await head.result;
        waiting.shift();
        held -= head.bytes;
      }
      const result = limit(() => work(item));
      // Whoever waits for it hears of a failure; until then nobody does.
      result.catch(() => undefined);
      waiting.push({ result, bytes });
      held += bytes;
    }
    for (const { result } of waiting) yield await result;
  } finally {
    limit.clearQueue();
  }
}
