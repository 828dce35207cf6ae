/** Follows 'Fetch mail now' over all mailboxes by asking for each one's newest sweep. */
import type { Mailbox, Sweep } from '../api/index.ts';

export interface SweepCalls {
  list(): Promise<{ items: Mailbox[] }>;
  newest(mailbox: string): Promise<Sweep | undefined>;
  start(): Promise<unknown>;
  wait(ms: number): Promise<void>;
}

export interface MailboxProgress {
  mailbox: Mailbox;
  sweep: Sweep | undefined;
  over: boolean;
}

export interface Progress {
  mailboxes: MailboxProgress[];
  over: boolean;
}

export const ended = (sweep: Sweep | undefined): boolean => sweep?.state === 'done' || sweep?.state === 'failed';

export const newOnes = (sweep: Sweep | undefined): number => (sweep?.imported ?? 0) + (sweep?.replies ?? 0);

const EVERY = 800;
/** After this nobody goes on looking: a sweep has its own deadline on the server. */
const AT_MOST = 15 * 60_000;

/**
 * Starts a sweep and tells how it goes until each mailbox is over. A sweep that had ended before counts as none; one
 * under way is joined, as the server does.
 */
export async function followSweeps(calls: SweepCalls, tell: (progress: Progress) => void, signal: AbortSignal) {
  const mailboxes = (await calls.list()).items.filter(mailbox => mailbox.enabled);
  const before = new Map<string, string | undefined>();
  for (const mailbox of mailboxes) {
    const sweep = await calls.newest(mailbox.id);
    if (ended(sweep)) before.set(mailbox.id, sweep?.id);
  }
  let state: MailboxProgress[] = mailboxes.map(mailbox => ({ mailbox, sweep: undefined, over: false }));
  tell({ mailboxes: state, over: mailboxes.length === 0 });
  await calls.start();
  for (let waited = 0; waited < AT_MOST && !signal.aborted && state.some(m => !m.over); waited += EVERY) {
    await calls.wait(EVERY);
    state = await Promise.all(state.map(one => (one.over ? one : look(calls, one.mailbox, before))));
    if (!signal.aborted) tell({ mailboxes: state, over: state.every(m => m.over) });
  }
}

async function look(calls: SweepCalls, mailbox: Mailbox, before: Map<string, string | undefined>) {
  const newest = await calls.newest(mailbox.id);
  const ours = newest !== undefined && !(ended(newest) && newest.id === before.get(mailbox.id));
  return { mailbox, sweep: ours ? newest : undefined, over: ours && ended(newest) };
}

/** Share of the messages seen so far, 0..1. */
export function share(progress: Progress): number {
  const parts = progress.mailboxes.map(({ sweep, over }) => {
    if (over) return 1;
    return sweep?.found ? Math.min(1, (sweep.done ?? 0) / sweep.found) : 0;
  });
  return parts.length === 0 ? 1 : parts.reduce((sum, part) => sum + part, 0) / parts.length;
}
