import type { Store } from '../../lib/store/store.ts';

/** The process that made a call is dead. */
export class Killed extends Error {}

/**
 * Lets several processes take their steps one at a time, in an order that a seed chooses. A step
 * is taken only when every process waits for one, so that every order can come about.
 */
export class Turns {
  #running: number;
  #state: number;
  readonly #waiting: (() => void)[] = [];

  constructor(processes: number, seed: number) {
    this.#running = processes;
    this.#state = seed;
  }

  async step<T>(call: () => Promise<T>): Promise<T> {
    await new Promise<void>((go) => {
      this.#waiting.push(go);
      this.#next();
    });
    return await call();
  }

  /** One process has ended. */
  leave(): void {
    this.#running--;
    this.#next();
  }

  #next(): void {
    if (this.#running === 0 || this.#waiting.length < this.#running) return;
    // A linear congruential generator, as in Numerical Recipes.
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    const [go] = this.#waiting.splice((this.#state >>> 8) % this.#waiting.length, 1);
    go?.();
  }
}

/**
 * A store for a process that is killed when it makes its nth call: before it is made when
 * `killedAt` is even, right behind it when odd. `take` decides when a call is made.
 */
export function mortalStore(
  store: Store,
  killedAt: number,
  take: <T>(call: () => Promise<T>) => Promise<T> = (call) => call(),
): Store {
  let calls = 0;
  const step = async <T>(call: () => Promise<T>): Promise<T> => {
    const turn = 2 * calls++;
    if (turn >= killedAt) throw new Killed();
    const result = await take(call);
    if (turn + 1 >= killedAt) throw new Killed();
    return result;
  };
  return {
    uri: store.uri,
    list: (below) => itemByItem(step, () => store.list(below)),
    folders: (below) => itemByItem(step, () => store.folders(below)),
    stream: (key) => itemByItem(step, () => store.stream(key)),
    stat: (key) => step(() => store.stat(key)),
    read: (key) => step(() => store.read(key)),
    readRange: (key, range) => step(() => store.readRange(key, range)),
    write: (key, bytes, condition) => step(() => store.write(key, bytes, condition)),
    upload: (path, key, condition) => step(() => store.upload(path, key, condition)),
    remove: async (keys) => {
      for (const key of keys) await step(() => store.remove([key]));
    },
    append: (key) => store.append(key),
    download: (key, staging) => store.download(key, staging),
    openStaging: (owner) => store.openStaging(owner),
    cleanStaging: () => store.cleanStaging(),
    until() {
      return this;
    },
    foreign: () => store.foreign(),
    leftovers: (before) => store.leftovers(before),
    removeLeftover: (name) => store.removeLeftover(name),
  };
}

/** A listing is not made in one moment: every item is a step of its own. */
async function* itemByItem<T>(
  step: (call: () => Promise<IteratorResult<T>>) => Promise<IteratorResult<T>>,
  open: () => AsyncIterable<T>,
): AsyncGenerator<T> {
  const iterator = open()[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await step(() => iterator.next());
    if (done) return;
    yield value;
  }
}
