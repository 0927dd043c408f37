import type { Appender, Store } from '../store/store.ts';
import type { Attempt } from './bounds.ts';

/**
 * The store as an attempt sees it: once the run has gone on without the attempt, its writes throw,
 * so that what it still makes is never published. Cut off so, a publish is as after a crash: whole
 * or not at all, and the next one of that partition clears up.
 */
export function guardedStore(store: Store, attempt: Pick<Attempt, 'abandoned' | 'signal'>): Store {
  const check = (): void => {
    if (attempt.abandoned) throw attempt.signal.reason;
  };
  return {
    uri: store.uri,
    list: (prefix) => store.list(prefix),
    folders: (prefix) => store.folders(prefix),
    read: (key) => store.read(key),
    stream: (key) => store.stream(key),
    download: (key, staging, expected) => store.download(key, staging, expected),
    openStaging: (owner) => store.openStaging(owner),
    cleanStaging: () => store.cleanStaging(),
    foreign: () => store.foreign(),
    leftovers: (before) => store.leftovers(before),
    async write(key, bytes, condition): Promise<string> {
      check();
      return store.write(key, bytes, condition);
    },
    async append(key): Promise<Appender> {
      check();
      return store.append(key);
    },
    async upload(path, key, condition): Promise<string> {
      check();
      return store.upload(path, key, condition);
    },
    async remove(keys): Promise<void> {
      check();
      return store.remove(keys);
    },
    async removeLeftover(name): Promise<void> {
      check();
      return store.removeLeftover(name);
    },
  };
}
