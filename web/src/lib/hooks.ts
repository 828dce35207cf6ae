/** Reading from and writing to the server from components. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { isApiError, isNetworkError, newKey } from '../api/index.ts';
import { onBack } from './back.ts';

interface Resource<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  reload: () => void;
  set: (data: T) => void;
}

/** Whether the same may well work once the network, the server or the session is back. */
const passing = (error: unknown): boolean => isNetworkError(error) || (isApiError(error) && error.status === 401);

/** Reads when `deps` change. What was read before stays until the new answer is there. */
export function useResource<T>(load: (signal: AbortSignal) => Promise<T>, deps: readonly unknown[]): Resource<T> {
  const [state, setState] = useState<{ data?: T; error?: unknown; loading: boolean }>({ loading: true });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setState(before => ({ ...before, loading: true }));
    load(abort.signal).then(
      data => {
        if (!abort.signal.aborted) setState({ data, loading: false });
      },
      error => {
        if (!abort.signal.aborted) setState(before => ({ ...before, error, loading: false }));
      },
    );
    return () => abort.abort();
  }, [...deps, turn]);
  const latest = useRef(state);
  latest.current = state;
  // What is under way may have been refused already.
  const again = () => {
    if (latest.current.loading || passing(latest.current.error)) setTurn(before => before + 1);
  };
  useLayoutEffect(() => onBack(again), []);
  const set = useCallback((data: T) => setState({ data, loading: false }), []);
  return {
    data: state.data,
    error: state.error,
    loading: state.loading,
    reload: () => setTurn(before => before + 1),
    set,
  };
}

interface Write<A extends unknown[], R> {
  run: (...args: A) => Promise<R | undefined>;
  busy: boolean;
  /** Without an answer so far: it goes out by itself when the network is back. */
  waiting: boolean;
  error: unknown;
  clear: () => void;
  /** Gives these arguments the key that they had before. */
  recall: (key: string, ...args: A) => void;
}

const RETRY_AFTER = 5_000;

const networkBack = () =>
  new Promise<void>(done => {
    const end = () => {
      clearTimeout(timer);
      leave();
      done();
    };
    const timer = setTimeout(end, RETRY_AFTER);
    const leave = onBack(end);
  });

/**
 * A write with its Idempotency-Key: the same arguments keep their key until they succeed, so that repeating after a lost
 * answer has one effect; other arguments get a new one. Without network it waits and repeats by itself, unless `later`
 * takes it over: what that returns is then the result.
 */
export function useWrite<A extends unknown[], R>(
  call: (key: string, ...args: A) => Promise<R>,
  later?: (key: string, ...args: A) => R | undefined,
): Write<A, R> {
  const kept = useRef<{ args: string; key: string } | undefined>(undefined);
  const alive = useRef(true);
  const running = useRef(false);
  const [state, setState] = useState<{ busy: boolean; waiting: boolean; error?: unknown }>({
    busy: false,
    waiting: false,
  });
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);

  const run = async (...args: A): Promise<R | undefined> => {
    if (running.current) return undefined;
    running.current = true;
    const digest = JSON.stringify(args);
    if (kept.current?.args !== digest) kept.current = { args: digest, key: newKey() };
    setState({ busy: true, waiting: false });
    try {
      const result = await persist(kept.current.key, args);
      kept.current = undefined;
      if (alive.current) setState({ busy: false, waiting: false });
      return result;
    } catch (error) {
      if (alive.current) setState({ busy: false, waiting: false, error });
      return undefined;
    } finally {
      running.current = false;
    }
  };
  const persist = async (key: string, args: A): Promise<R> => {
    for (;;) {
      try {
        return await call(key, ...args);
      } catch (error) {
        if (!isNetworkError(error) || !alive.current) throw error;
        const taken = later?.(key, ...args);
        if (taken !== undefined) return taken;
        setState({ busy: true, waiting: true });
        await networkBack();
      }
    }
  };
  const recall = (key: string, ...args: A) => {
    kept.current = { args: JSON.stringify(args), key };
  };
  const clear = () => setState(before => ({ ...before, error: undefined }));
  return { run, ...state, error: state.error, clear, recall };
}
