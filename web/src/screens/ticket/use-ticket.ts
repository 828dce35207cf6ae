import { useEffect, useRef, useState } from 'preact/hooks';
import { isApiError, session, type Ticket, tickets } from '../../api/index.ts';
import { checkChain } from '../../lib/chain.ts';
import { navigate } from '../../lib/hash-location.ts';
import { fromPage, type History, lastSeq, visible, withOlder, withPage } from '../../lib/history.ts';
import { forgetTicketKey, keepExpiredKey, ticketKey } from '../../lib/secrets.ts';
import { currentSession, signedIn } from '../../state/session.ts';

export interface TicketState {
  ticket: Ticket;
  history: History;
  /** The last entry, as told with the entries themselves: after a saved change the ticket is ahead of what is loaded. */
  head: { seq: number; hash: string };
}

const headOf = (ticket: Ticket) => ({ seq: ticket.last_seq, hash: ticket.head_hash });

/** Keys that opened a ticket here, in memory alone: where one stops to work meanwhile, it still gets its person a new link. */
const usedKeys = new Map<number, string>();

/** Whether a refusal means that the link which opened the page works no longer. */
const isShut = (error: unknown, number: number): boolean =>
  isApiError(error) && (error.status === 401 || error.status === 404) && !currentSession().me && usedKeys.has(number);

/** Exchanges the key that a link carried, once; true where the link has run out and another page takes over. */
async function useKey(number: number, again?: string): Promise<boolean> {
  const key = ticketKey(number) ?? again;
  if (!key) return false;
  try {
    const answer = await session.byTicketKey(number, key);
    forgetTicketKey();
    usedKeys.set(number, key);
    await signedIn(answer);
    return false;
  } catch (error) {
    if (isApiError(error) && error.code === 'key_expired') {
      forgetTicketKey();
      keepExpiredKey({ number, key });
      navigate('/link', { replace: true });
      return true;
    }
    // Somebody signed in may see the ticket without the key.
    if (isApiError(error) && error.status === 401 && currentSession().me) {
      forgetTicketKey();
      return false;
    }
    throw error;
  }
}

const LOOK_EVERY = 30_000;

/** A ticket with the part of its history that is loaded; looks for news while the page is in sight. */
export function useTicket(number: number) {
  const [state, setState] = useState<TicketState>();
  const [error, setError] = useState<unknown>();
  const [news, setNews] = useState(0);
  const current = useRef<TicketState | undefined>(undefined);
  current.current = state;

  const load = async (first: boolean, reopened = false) => {
    try {
      if (first && (await useKey(number))) return;
      const page = await tickets.open(number);
      const before = current.current;
      setState({
        ticket: page.ticket,
        history: before && !first ? withPage(before.history, page) : fromPage(page),
        head: headOf(page.ticket),
      });
      setError(undefined);
      setNews(0);
    } catch (failure) {
      if (!first && !reopened && isShut(failure, number)) return await reopen(failure);
      setError(failure);
    }
  };

  /** Tries the link once more, which leads to the page that offers a new one where it has run out. */
  const reopen = async (failure: unknown) => {
    const key = usedKeys.get(number);
    usedKeys.delete(number);
    try {
      if (await useKey(number, key)) return;
      await load(false, true);
    } catch {
      setError(failure);
    }
  };

  const head = state?.head.seq;
  useEffect(() => {
    // Somebody who came by a link has no account that could remember it.
    if (head === undefined || !currentSession().me) return;
    // Without its mark the ticket stays unread: nothing to tell anybody.
    tickets.markRead(number, head).catch(() => undefined);
  }, [number, head]);

  useEffect(() => {
    setState(undefined);
    setError(undefined);
    void load(true);
  }, [number]);

  /** Entries of others that are there and not on the page yet. */
  const unseen = async () => {
    const here = current.current;
    if (!here) return [];
    try {
      return (await tickets.since(number, lastSeq(here.history))).items.filter(visible);
    } catch (failure) {
      if (isShut(failure, number)) void reopen(failure);
      throw failure;
    }
  };

  useEffect(() => {
    const look = () => {
      if (document.visibilityState === 'visible' && navigator.onLine)
        unseen().then(
          items => setNews(items.length),
          () => undefined,
        );
    };
    const timer = setInterval(look, LOOK_EVERY);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [number]);

  const loadOlder = async () => {
    const here = current.current;
    if (!here?.history.older) return;
    const page = await tickets.older(number, here.history.older);
    setState(now => now && { ...now, history: withOlder(now.history, page) });
  };

  /** All of it: what is printed begins at the beginning. */
  const loadAll = async () => {
    let history = current.current?.history;
    while (history?.older) history = withOlder(history, await tickets.older(number, history.older));
    const items = history?.entries ?? [];
    setState(now => now && { ...now, history: withOlder(now.history, { items }) });
  };

  return {
    state,
    error,
    news,
    unseen,
    loadOlder,
    loadAll,
    refresh: () => load(false),
    retry: () => load(state === undefined),
    setTicket: (ticket: Ticket) => setState(now => now && { ...now, ticket }),
  };
}

export interface Verification {
  valid: boolean;
  entries: number;
  head: string;
  firstBad?: number | undefined;
  at: Date;
}

/**
 * The server's verdict together with what this browser can check itself: that every loaded entry is linked to the one
 * before and that the last one is the ticket's head. Either can say no.
 */
export function useVerification(state: TicketState | undefined): Verification | undefined {
  const [result, setResult] = useState<Verification>();
  const count = state?.history.entries.length;
  useEffect(() => {
    if (!state) return;
    let alive = true;
    const { ticket, history, head } = state;
    Promise.all([tickets.verify(ticket.number), checkChain(history.entries, head)]).then(
      ([server, here]) => {
        if (!alive) return;
        const bad = [server.first_bad_seq, here.firstBad].filter((seq): seq is number => typeof seq === 'number');
        setResult({
          valid: server.valid && here.valid,
          entries: server.entries,
          head: server.head_hash,
          firstBad: bad.length > 0 ? Math.min(...bad) : undefined,
          at: new Date(),
        });
      },
      () => alive && setResult(undefined),
    );
    return () => {
      alive = false;
    };
  }, [state?.head.hash, count, state?.ticket.number]);
  return result;
}
