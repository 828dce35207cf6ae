/** A list that grows page by page. */
import { useRef, useState } from 'preact/hooks';
import type { Page } from '../api/index.ts';
import { useResource } from './hooks.ts';

/** An answer may hold no row and still name a cursor: go on some pages before showing an empty list. */
const EMPTY_PAGES = 4;

export async function nextRows<T>(fetchPage: (cursor?: string) => Promise<Page<T>>, cursor?: string): Promise<Page<T>> {
  let page = await fetchPage(cursor);
  for (let turn = 0; turn < EMPTY_PAGES && page.items.length === 0 && page.next_cursor; turn += 1)
    page = await fetchPage(page.next_cursor);
  return page;
}

export function usePages<T>(
  fetchPage: (cursor: string | undefined, signal?: AbortSignal) => Promise<Page<T>>,
  deps: readonly unknown[],
) {
  const [more, setMore] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  // Which list the rows belong to: a page of an earlier one may still be on its way.
  const generation = useRef(0);
  const first = useResource(signal => {
    generation.current += 1;
    setMore({ busy: false });
    return nextRows(cursor => fetchPage(cursor, signal));
  }, deps);
  const cursor = first.data?.next_cursor ?? undefined;

  const loadMore = async () => {
    const before = first.data;
    if (!before || !cursor || more.busy || first.loading) return;
    const ours = generation.current;
    setMore({ busy: true });
    try {
      const page = await nextRows(next => fetchPage(next), cursor);
      if (ours !== generation.current) return;
      first.set({ items: [...before.items, ...page.items], next_cursor: page.next_cursor });
      setMore({ busy: false });
    } catch (error) {
      if (ours === generation.current) setMore({ busy: false, error });
    }
  };
  return { ...first, rows: first.data?.items, hasMore: cursor !== undefined, more, loadMore };
}
