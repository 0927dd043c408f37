import type { Store } from '../../lib/store/store.ts';

/** A store that fails from its n-th change on, as after a crash. */
export function crashing(store: Store, after: number): Store {
  let changes = 0;
  const isChange = (name: string | symbol): boolean =>
    name === 'write' || name === 'upload' || name === 'remove';
  const proxy: Store = new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...args: readonly unknown[]): unknown => {
        if (isChange(name) && changes++ >= after) return Promise.reject(new Error('crash'));
        // The store as a run takes it is this one still.
        return name === 'until' ? proxy : Reflect.apply(method, target, args);
      };
    },
  });
  return proxy;
}
