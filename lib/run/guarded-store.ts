import type {
  Appender,
  ByteRange,
  Content,
  Entry,
  ForeignObjects,
  Leftover,
  Staging,
} from '../store/store.ts';
import type { Store, Stored, WriteCondition } from '../store/store.ts';
import type { Attempt } from './bounds.ts';

/**
 * The store as an attempt sees it: once the run has gone on without the attempt, its writes throw,
 * so that what it still makes is never published. Cut off so, a publish is as after a crash: whole
 * or not at all, and the next one of that partition clears up.
 */
export class GuardedStore implements Store {
  readonly #whole: Store;
  readonly #attempt: Pick<Attempt, 'abandoned' | 'signal'>;
  readonly #changed: (key: string) => void;
  #until: Store | undefined;

  /** `changed` is told of every key that may hold something else now. */
  constructor(
    store: Store,
    attempt: Pick<Attempt, 'abandoned' | 'signal'>,
    changed: (key: string) => void = () => undefined,
  ) {
    this.#whole = store;
    this.#attempt = attempt;
    this.#changed = changed;
  }

  get uri(): string {
    return this.#whole.uri;
  }

  list(prefix: string): AsyncIterable<Entry> {
    return this.#store.list(prefix);
  }

  folders(prefix: string): AsyncIterable<string> {
    return this.#store.folders(prefix);
  }

  stat(key: string): Promise<Entry | undefined> {
    return this.#store.stat(key);
  }

  read(key: string): Promise<Stored | undefined> {
    return this.#store.read(key);
  }

  stream(key: string): AsyncIterable<Uint8Array> {
    return this.#store.stream(key);
  }

  readRange(key: string, range: ByteRange): Promise<Stored | undefined> {
    return this.#store.readRange(key, range);
  }

  async write(key: string, bytes: Uint8Array, condition?: WriteCondition): Promise<string> {
    return this.#change([key], (store) => store.write(key, bytes, condition));
  }

  async append(key: string): Promise<Appender> {
    return this.#open().append(key);
  }

  async upload(path: string, key: string, condition?: WriteCondition): Promise<string> {
    return this.#change([key], (store) => store.upload(path, key, condition));
  }

  download(key: string, staging: Staging, expected?: Content): Promise<string> {
    return this.#store.download(key, staging, expected);
  }

  async remove(keys: readonly string[]): Promise<void> {
    return this.#change(keys, (store) => store.remove(keys));
  }

  openStaging(owner: string): Promise<Staging> {
    return this.#store.openStaging(owner);
  }

  cleanStaging(): Promise<number> {
    return this.#store.cleanStaging();
  }

  leftovers(before: Date): AsyncIterable<Leftover> {
    return this.#store.leftovers(before);
  }

  async removeLeftover(name: string): Promise<void> {
    return this.#open().removeLeftover(name);
  }

  until(signal: AbortSignal): Store {
    return new GuardedStore(this.#whole.until(signal), this.#attempt, this.#changed);
  }

  foreign(): ForeignObjects {
    return this.#store.foreign();
  }

  /** What the attempt asks for ends with it. Made when something is asked for: signals cost. */
  get #store(): Store {
    return (this.#until ??= this.#whole.until(this.#attempt.signal));
  }

  /** What failed may have happened all the same. */
  async #change<Result>(
    keys: readonly string[],
    change: (store: Store) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await change(this.#open());
    } finally {
      for (const key of keys) this.#changed(key);
    }
  }

  /** The store, for a change to it. */
  #open(): Store {
    if (this.#attempt.abandoned) throw this.#attempt.signal.reason;
    return this.#store;
  }
}
