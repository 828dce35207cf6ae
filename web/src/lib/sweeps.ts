/** Follows 'Fetch mail now' over all mailboxes by asking for each one's newest sweep. */
import { type Mailbox, type Sweep, serverNow } from '../api/index.ts';

interface SweepCalls {
  list(): Promise<{ items: Mailbox[] }>;
  newest(mailbox: string): Promise<Sweep | undefined>;
  start(): Promise<unknown>;
  wait(ms: number): Promise<void>;
}

interface MailboxProgress {
  mailbox: Mailbox;
  sweep: Sweep | undefined;
  over: boolean;
  /** Over for whoever waits, though nobody heard how it ended. */
  lost: boolean;
}

export interface Progress {
  mailboxes: MailboxProgress[];
  over: boolean;
}

export const ended = (sweep: Sweep | undefined): boolean => sweep?.state === 'done' || sweep?.state === 'failed';

const BEGUN_WITHIN = 10 * 60_000;

/** Asked for so long ago that nobody will begin it any more: its event was given up. The schedule asks anew. */
export const neverBegun = (sweep: Sweep | undefined): boolean =>
  sweep?.state === 'asked' && serverNow() - Date.parse(sweep.asked_at) > BEGUN_WITHIN;

export const underWay = (sweep: Sweep | undefined): boolean =>
  sweep !== undefined && !ended(sweep) && !neverBegun(sweep);

/** Whether it ended otherwise than well. */
export const troubled = ({ sweep, lost }: MailboxProgress): boolean => lost || sweep?.state === 'failed';

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
  let state: MailboxProgress[] = mailboxes.map(mailbox => ({ mailbox, sweep: undefined, over: false, lost: false }));
  tell({ mailboxes: state, over: mailboxes.length === 0 });
  await calls.start();
  for (let waited = 0; waited < AT_MOST && !signal.aborted && state.some(m => !m.over); waited += EVERY) {
    await calls.wait(EVERY);
    state = await Promise.all(state.map(one => (one.over ? one : look(calls, one.mailbox, before))));
    if (!signal.aborted) tell({ mailboxes: state, over: state.every(m => m.over) });
  }
  if (!signal.aborted && state.some(m => !m.over))
    tell({ mailboxes: state.map(one => (one.over ? one : { ...one, over: true, lost: true })), over: true });
}

async function look(calls: SweepCalls, mailbox: Mailbox, before: Map<string, string | undefined>) {
  const newest = await calls.newest(mailbox.id);
  const ours = newest !== undefined && !(ended(newest) && newest.id === before.get(mailbox.id));
  const lost = ours && neverBegun(newest);
  return { mailbox, sweep: ours ? newest : undefined, over: ours && (lost || ended(newest)), lost };
}

/** Share of the messages seen so far, 0..1. */
export function share(progress: Progress): number {
  const parts = progress.mailboxes.map(({ sweep, over }) => {
    if (over) return 1;
    return sweep?.found ? Math.min(1, (sweep.done ?? 0) / sweep.found) : 0;
  });
  return parts.length === 0 ? 1 : parts.reduce((sum, part) => sum + part, 0) / parts.length;
}
