/**
 * Location hook for wouter that keeps the query inside the fragment (`#/?status=new`). Wouter's own hash hook moves the
 * query to the URL proper, from where it would reach server logs; in the fragment it stays in the browser.
 */
import { useLayoutEffect, useState } from 'preact/hooks';

const raw = () => `/${location.hash.replace(/^#?\/?/, '')}`;

export const currentPath = (): string => raw().split('?')[0] ?? '/';

const currentQuery = (): string => {
  const at = raw().indexOf('?');
  return at < 0 ? '' : raw().slice(at + 1);
};

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  const url = `#${to.startsWith('/') ? to : `/${to}`}`;
  if (options.replace) history.replaceState(null, '', url);
  else history.pushState(null, '', url);
  dispatchEvent(new Event('hashchange'));
}

function useHash<T>(read: () => T): T {
  const [value, setValue] = useState(read);
  useLayoutEffect(() => {
    const update = () => setValue(read);
    addEventListener('hashchange', update);
    update();
    return () => removeEventListener('hashchange', update);
  }, []);
  return value;
}

export const useHashLocation = Object.assign((): [string, typeof navigate] => [useHash(currentPath), navigate], {
  hrefs: (href: string) => `#${href}`,
});

export const useHashQuery = (): string => useHash(currentQuery);
