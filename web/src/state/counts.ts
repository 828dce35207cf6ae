/** How many tickets each saved view holds. Asked for again when a list is, and now and then. */
import { useEffect } from 'preact/hooks';
import { type TicketCounts, tickets } from '../api/index.ts';
import { createStore, useStore } from '../lib/store.ts';

const store = createStore<TicketCounts | undefined>(undefined);
const EVERY = 60_000;

export function refreshCounts(): void {
  // Without numbers the views work as well.
  tickets.counts().then(store.set, () => undefined);
}

export function useCounts(wanted: boolean): TicketCounts | undefined {
  useEffect(() => {
    if (!wanted) return;
    refreshCounts();
    const timer = setInterval(() => document.visibilityState === 'visible' && refreshCounts(), EVERY);
    return () => clearInterval(timer);
  }, [wanted]);
  return useStore(store);
}
