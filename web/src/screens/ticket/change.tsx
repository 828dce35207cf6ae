/** Changing a ticket's fields: saved at once, undone for a while, and both values shown where somebody else was faster. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { isApiError, type Specialist, type Ticket, type TicketChange, tickets } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useWrite } from '../../lib/hooks.ts';
import { categoryName } from '../../lib/trees.ts';
import { Button, momentWords } from '../../parts/basics.tsx';
import { toast, toastError } from '../../parts/feedback.tsx';
import { Dialog } from '../../parts/overlay.tsx';
import { refreshCounts } from '../../state/counts.ts';
import type { Trees } from './event-line.tsx';

/** The change that brings a ticket back to what it was. */
function inverse(ticket: Ticket, change: TicketChange): TicketChange {
  const back: TicketChange = {};
  if ('status' in change) back.status = ticket.status;
  if ('priority' in change) back.priority = ticket.priority;
  if ('kind' in change) back.kind = ticket.kind;
  if ('due_at' in change) back.due_at = ticket.due_at;
  if ('assignee_id' in change) back.assignee_id = ticket.assignee?.id ?? null;
  if ('category_id' in change) back.category_id = ticket.category_id;
  if ('subcategory_id' in change) back.subcategory_id = ticket.subcategory_id;
  if ('title' in change) back.title = ticket.title;
  if ('cc' in change) back.cc = ticket.cc;
  return back;
}

interface Conflict {
  change: TicketChange;
  current: Ticket;
}

/** Saves a changed field at once; it can be undone for ten seconds. A stale version shows both values. */
export function useChange(onTicket: (ticket: Ticket) => void, onSaved: () => void) {
  const [conflict, setConflict] = useState<Conflict>();
  const raced = useRef(false);
  const write = useWrite((key, ticket: Ticket, change: TicketChange) =>
    tickets.change(ticket.number, ticket.version, change, key).catch(error => {
      if (isApiError(error) && error.status === 412 && error.problem.current) {
        raced.current = true;
        setConflict({ change, current: error.problem.current });
        return undefined;
      }
      throw error;
    }),
  );
  const saved = () => {
    onSaved();
    // Who has it, its status or its date: the numbers of the views may have changed.
    refreshCounts();
  };
  /** Whether there is nothing more to do: saved, or the person is asked which of two values counts. */
  const save = async (ticket: Ticket, change: TicketChange, undoing = false): Promise<boolean> => {
    setConflict(undefined);
    raced.current = false;
    const after = await write.run(ticket, change);
    if (!after) return raced.current;
    onTicket(after);
    saved();
    if (undoing) toast(t('undone'));
    else toast(t('saved'), { undo: () => void save(after, inverse(ticket, change), true) });
    return true;
  };
  const claiming = useWrite((key, number: number) => tickets.claim(number, key));
  const claim = async (number: number) => {
    const after = await claiming.run(number);
    if (after) onTicket(after);
    // Somebody else was faster, or it worked: either way there is something new to show.
    saved();
  };
  const error = write.error ?? claiming.error;
  useEffect(() => {
    if (error !== undefined) toastError(error);
  }, [error]);
  return {
    save,
    busy: write.busy,
    claim,
    claimBusy: claiming.busy,
    conflict,
    close: () => setConflict(undefined),
  };
}

export type Changing = ReturnType<typeof useChange>;

interface ConflictProps {
  conflict: Conflict;
  people: readonly Specialist[];
  trees: Trees;
  onKeep: () => void;
  onForce: () => void;
}

/** What it is now beside what one wanted: the person decides. */
export function ConflictDialog({ conflict, people, trees, onKeep, onForce }: ConflictProps) {
  const { change, current } = conflict;
  const rows = describe(change, current, people, trees);
  return (
    <Dialog title={t('conflict.title')} onClose={onKeep}>
      <p>{t('conflict.lead')}</p>
      <dl class="props conflict">
        {rows.map(row => (
          <>
            <dt>{row.label}</dt>
            <dd>{t('conflict.both', { theirs: row.theirs, yours: row.yours })}</dd>
          </>
        ))}
      </dl>
      <div class="actions">
        <Button onClick={onKeep}>{t('conflict.keep')}</Button>
        <Button look="primary" onClick={onForce}>
          {t('conflict.force')}
        </Button>
      </div>
    </Dialog>
  );
}

function describe(change: TicketChange, current: Ticket, people: readonly Specialist[], trees: Trees) {
  const now = new Date();
  const rows: { label: string; theirs: string; yours: string }[] = [];
  const moment = (at: string | null) => (at ? momentWords(new Date(at), now) : t('due.none'));
  const category = (ticket: Pick<Ticket, 'kind' | 'category_id' | 'subcategory_id'>) => {
    const { category: first, subcategory: second } = categoryName(trees.categories, ticket);
    return first && second ? t('facts.path', { first, second }) : (first ?? t('none'));
  };
  if (change.title) rows.push({ label: t('ticket.title'), theirs: current.title, yours: change.title });
  if (change.cc)
    rows.push({
      label: t('ticket.cc'),
      theirs: current.cc.join(', ') || t('none'),
      yours: change.cc.join(', ') || t('none'),
    });
  if (change.status)
    rows.push({
      label: t('ticket.status'),
      theirs: t(`status.${current.status}`),
      yours: t(`status.${change.status}`),
    });
  if (change.priority)
    rows.push({
      label: t('ticket.priority'),
      theirs: t(`priority.${current.priority}`),
      yours: t(`priority.${change.priority}`),
    });
  if (change.kind)
    rows.push({ label: t('ticket.kind'), theirs: t(`kind.${current.kind}`), yours: t(`kind.${change.kind}`) });
  if (change.due_at !== undefined)
    rows.push({ label: t('ticket.due'), theirs: moment(current.due_at ?? null), yours: moment(change.due_at) });
  if (change.assignee_id !== undefined)
    rows.push({
      label: t('ticket.assignee'),
      theirs: current.assignee?.name ?? t('unassigned'),
      yours: people.find(p => p.id === change.assignee_id)?.name ?? t('unassigned'),
    });
  if (change.category_id)
    rows.push({
      label: t('ticket.category'),
      theirs: category(current),
      yours: category({
        kind: current.kind,
        category_id: change.category_id,
        subcategory_id: change.subcategory_id ?? null,
      }),
    });
  return rows;
}
