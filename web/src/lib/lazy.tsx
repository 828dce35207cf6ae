/** Screens that are loaded when first opened. Preact's core has no Suspense; this is what is needed of it. */
import { type ComponentChildren, type ComponentType, createContext, h } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { allTexts } from '../i18n/index.ts';
import { ErrorBox } from '../parts/feedback.tsx';

const Fallback = createContext<ComponentChildren>(null);

export const Suspense = ({ fallback, children }: { fallback: ComponentChildren; children: ComponentChildren }) => (
  <Fallback.Provider value={fallback}>{children}</Fallback.Provider>
);

export function lazy<P extends object>(load: () => Promise<{ default: ComponentType<P> }>) {
  let loaded: ComponentType<P> | undefined;
  return function Lazy(props: P) {
    const [turn, setTurn] = useState(0);
    const [error, setError] = useState<unknown>();
    const fallback = useContext(Fallback);
    useEffect(() => {
      if (loaded) return;
      setError(undefined);
      Promise.all([load(), allTexts()]).then(
        ([module]) => {
          loaded = module.default;
          setTurn(before => before + 1);
        },
        () => setError(new Error('not loaded')),
      );
    }, [turn]);
    if (loaded) return h(loaded, props);
    if (error !== undefined) return <ErrorBox error={error} onRetry={() => setTurn(turn + 1)} />;
    return <>{fallback}</>;
  };
}
