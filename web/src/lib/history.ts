/** The entries of a ticket as loaded so far, and what can be told from them. */
import type { AnyEntry, Entry, Page, TicketPage } from '../api/index.ts';

export interface History {
  entries: AnyEntry[];
  older: string | null;
}

export const fromPage = (page: TicketPage): History => ({ entries: page.entries, older: page.older_cursor ?? null });

export const visible = (entry: AnyEntry): entry is Entry => entry.hidden !== true;

/** Joins what is there with a newer answer. Where a gap would stay between them, the newer one stands alone. */
export function withPage(before: History, page: TicketPage): History {
  const newFirst = page.entries[0]?.seq ?? 1;
  const oldLast = before.entries.at(-1)?.seq ?? 0;
  if (newFirst > oldLast + 1) return fromPage(page);
  const kept = before.entries.filter(entry => entry.seq < newFirst);
  return { entries: [...kept, ...page.entries], older: kept.length > 0 ? before.older : (page.older_cursor ?? null) };
}

/** Older entries, in whatever order they came, before those that are there. */
export function withOlder(before: History, page: Page<AnyEntry>): History {
  const first = before.entries[0]?.seq ?? Number.MAX_SAFE_INTEGER;
  const older = page.items.filter(entry => entry.seq < first).sort((a, b) => a.seq - b.seq);
  return { entries: [...older, ...before.entries], older: page.next_cursor ?? null };
}

export const lastSeq = (history: History): number => history.entries.at(-1)?.seq ?? 0;

/** When the ticket last reached a status, as far as the loaded entries tell. */
export function reached(history: History, status: string): string | undefined {
  return history.entries
    .filter(visible)
    .findLast(entry => (entry.type === 'status' || entry.type === 'reopened') && entry.data?.to === status)?.at;
}

/** The files that came with an entry. */
export const attached = (entry: Entry) => entry.data?.attachments ?? [];
