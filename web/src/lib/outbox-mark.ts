/** Whether anything waits to be sent: the little of the outbox that the first view needs. */
import { createStore } from './store.ts';

/** Before the person's id and the item's own, in localStorage. */
export const OUTBOX = 'chamada.outbox.';

/** Set for good by the first item of a page's life, so that what shows the outbox is loaded then. */
export const outboxUsed = createStore(false);

export const hasOutbox = (person: string): boolean =>
  Object.keys(localStorage).some(key => key.startsWith(`${OUTBOX}${person}.`));
