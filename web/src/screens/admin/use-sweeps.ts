import { useEffect } from 'preact/hooks';
import { type Mailbox, mailboxes, type Sweep } from '../../api/index.ts';
import { useResource } from '../../lib/hooks.ts';
import { underWay } from '../../lib/sweeps.ts';

const LOOK_EVERY = 1_500;

const endedSince = (mailbox: Mailbox, sweep: Sweep | undefined): boolean =>
  sweep?.ended_at != null && Date.parse(mailbox.last_sweep?.at ?? mailbox.created_at) < Date.parse(sweep.ended_at);

/** The newest sweeps of a mailbox, and when it is tried again: asked for anew while a sweep is under way. */
export function useSweeps(mailbox: Mailbox, limit: number) {
  const { data, error, loading, reload } = useResource(async () => {
    const { items } = await mailboxes.sweeps(mailbox.id, limit);
    // When it is tried again stands in the mailbox, which was read before that sweep ended.
    const now = endedSince(mailbox, items[0]) ? await mailboxes.open(mailbox.id) : mailbox;
    return { items, next: now.last_sweep?.next_attempt_at };
  }, [mailbox]);
  const newest = data?.items[0];
  const running = underWay(newest);
  useEffect(() => {
    if (!running || loading) return;
    const timer = setTimeout(reload, LOOK_EVERY);
    return () => clearTimeout(timer);
  }, [running, loading]);
  return { items: data?.items, newest, next: data?.next, error, reload };
}

export type Sweeps = ReturnType<typeof useSweeps>;
