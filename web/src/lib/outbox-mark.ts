/** The little of the outbox that the first view needs: whether anything waits, and what shows it once that is loaded. */
import type { ComponentType } from 'preact';
import { createStore } from './store.ts';

/** Before the person's id and the item's own, in localStorage. */
export const OUTBOX = 'chamada.outbox.';

/** Set by the outbox itself, which the screens that send bring along: without a connection nothing more can be loaded. */
export const outboxBar = createStore<ComponentType | undefined>(undefined);

export const hasOutbox = (person: string): boolean =>
  Object.keys(localStorage).some(key => key.startsWith(`${OUTBOX}${person}.`));
