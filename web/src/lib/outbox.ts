/**
 * What somebody sent and the server could not be asked to take: kept on this device under the person's id, one key of
 * localStorage each, and sent when the server answers again, with the Idempotency-Key of its first attempt. So it has one
 * effect, also after a reload, and from whichever tab. Only one's own words are stored, nothing read from the server.
 */
import { isApiError, isNetworkError, type NewMessage, type NewTicket, session, tickets } from '../api/index.ts';
import { currentSession, sessionEnded } from '../state/session.ts';
import { onBack } from './back.ts';
import { OUTBOX } from './outbox-mark.ts';
import { createStore } from './store.ts';

interface Common {
  /** The Idempotency-Key. */
  key: string;
  /** When it was sent by the person, in ms. */
  at: number;
  /** When it may first have left this device. The server remembers a key for a day from then. */
  tried?: number | undefined;
  /** Names of files that are stored already and go with it. */
  files: string[];
  /** Given back: by the person, or refused for this reason. What was typed goes into the editor. */
  back?: { code?: string | undefined; fields?: string[] | undefined; asked?: number } | undefined;
}

export interface WaitingMessage extends Common {
  kind: 'message';
  number: number;
  body: NewMessage;
}

export interface WaitingTicket extends Common {
  kind: 'ticket';
  body: NewTicket;
  /** The form as it was, which the editor understands. */
  form: unknown;
}

export type Waiting = WaitingMessage | WaitingTicket;

/** How often it is tried while the server is said to be there, and how long a key is trusted: an hour less than a day. */
const AGAIN_AFTER = 15_000;
const KEY_LIVES = 23 * 3_600_000;

const store = createStore<readonly Waiting[]>([]);
export const outbox = store;
/** The item that is on its way now; it can not be taken back. */
export const onItsWay = createStore<string | undefined>(undefined);

type Told = (number: number, kind: Waiting['kind']) => void;
const told = new Set<Told>();

/** Calls `then` for each item that arrived, with the ticket that it is part of. */
export function onDelivered(then: Told): () => void {
  told.add(then);
  return () => void told.delete(then);
}

const person = () => currentSession().me?.id;
const place = (owner: string, item: { key: string }) => `${OUTBOX}${owner}.${item.key}`;

function parse(text: string | null): Waiting[] {
  try {
    return text === null ? [] : [JSON.parse(text) as Waiting];
  } catch {
    return [];
  }
}

/** Reads the device anew: another tab may have sent some of it. */
export function reread(): void {
  const owner = person();
  const keys = owner ? Object.keys(localStorage).filter(key => key.startsWith(`${OUTBOX}${owner}.`)) : [];
  const items = keys.flatMap(key => parse(localStorage.getItem(key))).sort((a, b) => a.at - b.at);
  if (JSON.stringify(items) !== JSON.stringify(store.get())) store.set(items);
}

function write(owner: string, item: Waiting): boolean {
  try {
    localStorage.setItem(place(owner, item), JSON.stringify(item));
    return true;
  } catch {
    return false;
  } finally {
    reread();
  }
}

function drop(owner: string, item: Waiting): void {
  localStorage.removeItem(place(owner, item));
  reread();
}

/** Keeps it for later. False where it can not be kept: nobody's account, or a full or forbidden storage. */
export function keepForLater(item: Waiting): boolean {
  const owner = person();
  if (!owner) return false;
  watch();
  return write(owner, { ...item, tried: navigator.onLine ? item.at : undefined });
}

/** One tab at a time; where the browser has no locks, the key alone sees to it that nothing is done twice. */
async function alone(work: () => Promise<void>): Promise<void> {
  await (navigator.locks ? navigator.locks.request('chamada.outbox', work) : work());
}

const stillThere = (owner: string, item: Waiting): Waiting | undefined =>
  parse(localStorage.getItem(place(owner, item)))[0];

/** Takes it back into the editor. What is on its way by then stays. */
export async function takeBack(item: Waiting): Promise<void> {
  const owner = person();
  if (!owner || onItsWay.get() === item.key) return;
  await alone(async () => {
    const now = stillThere(owner, item);
    if (now) write(owner, { ...now, back: { ...now.back, asked: Date.now() } });
  });
}

/** Throws it away: what was given back and is in the editor now, or what nobody wants any more. */
export function discard(item: Waiting): void {
  const owner = person();
  if (owner) drop(owner, item);
}

const send = async (item: Waiting): Promise<number> =>
  item.kind === 'message'
    ? await tickets.message(item.number, item.body, item.key).then(() => item.number)
    : (await tickets.create(item.body, item.key)).number;

/** Whether to leave it where it is: nothing was decided about it. */
const undecided = (error: unknown): boolean =>
  isNetworkError(error) || (isApiError(error) && (error.status >= 500 || [401, 408, 425, 429].includes(error.status)));

/** True where the next one may follow. */
async function sendOne(owner: string, kept: Waiting): Promise<boolean> {
  const item = stillThere(owner, kept);
  if (!item || item.back) return true;
  const now = Date.now();
  if (now - (item.tried ?? now) > KEY_LIVES) {
    // It may have arrived long ago, and the server would not know the key any more.
    write(owner, { ...item, back: { code: 'waited_too_long' } });
    return true;
  }
  write(owner, { ...item, tried: item.tried ?? now });
  onItsWay.set(item.key);
  try {
    const number = await send(item);
    drop(owner, item);
    for (const then of [...told]) then(number, item.kind);
    return true;
  } catch (error) {
    if (undecided(error)) return false;
    const problem = isApiError(error) ? error.problem : undefined;
    write(owner, { ...item, back: { code: problem?.code ?? 'unknown', fields: problem?.errors?.map(e => e.code) } });
    return true;
  } finally {
    onItsWay.set(undefined);
  }
}

/** The cookie may be another's by now: another tab may have signed somebody else in. */
async function stillHere(owner: string): Promise<boolean> {
  try {
    return (await session.me()).id === owner;
  } catch (error) {
    if (isApiError(error) && error.status === 401) sessionEnded();
    return false;
  }
}

let running = false;

/** Sends what waits, the oldest first, until the server is away again. */
export async function flush(): Promise<void> {
  const owner = person();
  reread();
  if (running || !owner || currentSession().ended || !store.get().some(item => !item.back)) return;
  running = true;
  try {
    await alone(async () => {
      if (!(await stillHere(owner))) return;
      for (const item of store.get()) if (person() !== owner || !(await sendOne(owner, item))) return;
    });
  } finally {
    running = false;
  }
}

let watching = false;

/** Begins to look after the outbox; once for a page's life. */
export function watch(): void {
  if (watching) return;
  watching = true;
  reread();
  const go = () => void flush();
  onBack(go);
  addEventListener('storage', event => {
    if (event.key === null || event.key.startsWith(OUTBOX)) reread();
  });
  setInterval(() => navigator.onLine && go(), AGAIN_AFTER);
  go();
}
