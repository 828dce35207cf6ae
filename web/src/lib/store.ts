/** A value that components can watch. */
import { useLayoutEffect, useState } from 'preact/hooks';

interface Store<T> {
  get(): T;
  set(next: T): void;
  watch(then: () => void): () => void;
}

export function createStore<T>(first: T): Store<T> {
  let value = first;
  const watchers = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const watcher of [...watchers]) watcher();
    },
    watch(then) {
      watchers.add(then);
      return () => {
        watchers.delete(then);
      };
    },
  };
}

export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(store.get);
  useLayoutEffect(() => {
    const update = () => setValue(() => store.get());
    update();
    return store.watch(update);
  }, [store]);
  return value;
}
