import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import {
  type Can,
  type Categories,
  isApiError,
  KINDS,
  type Kind,
  PRIORITIES,
  type Priority,
  type Specialist,
  STATUSES,
  type Status,
  type Ticket,
  type TicketChange,
  tickets,
} from '../../api/index.ts';
import { t, tn } from '../../i18n/index.ts';
import { useWrite } from '../../lib/hooks.ts';
import { categoryName, nameOf, placeNames } from '../../lib/trees.ts';
import { Avatar, Button, DueMark, momentWords, PriorityMark, StatusTag, Who } from '../../parts/basics.tsx';
import { toast, toastError } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Dialog, type Option, Picker } from '../../parts/overlay.tsx';
import { useSession } from '../../state/session.ts';
import { DueDialog } from './due-dialog.tsx';
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
  return back;
}

interface Conflict {
  change: TicketChange;
  current: Ticket;
}

/** Saves a changed field at once; it can be undone for ten seconds. A stale version shows both values. */
export function useChange(onTicket: (ticket: Ticket) => void, onSaved: () => void) {
  const [conflict, setConflict] = useState<Conflict>();
  const write = useWrite((key, ticket: Ticket, change: TicketChange) =>
    tickets.change(ticket.number, ticket.version, change, key).catch(error => {
      if (isApiError(error) && error.status === 412 && error.problem.current) {
        setConflict({ change, current: error.problem.current });
        return undefined;
      }
      throw error;
    }),
  );
  const save = async (ticket: Ticket, change: TicketChange, undoing = false) => {
    setConflict(undefined);
    const after = await write.run(ticket, change);
    if (!after) return;
    onTicket(after);
    onSaved();
    if (undoing) toast(t('undone'));
    else toast(t('saved'), { undo: () => void save(after, inverse(ticket, change), true) });
  };
  const claiming = useWrite((key, number: number) => tickets.claim(number, key));
  const claim = async (number: number) => {
    const after = await claiming.run(number);
    if (after) onTicket(after);
    // Somebody else was faster, or it worked: either way there is something new to show.
    onSaved();
  };
  const error = write.error ?? claiming.error;
  useEffect(() => {
    if (error !== undefined) toastError(error);
  }, [error]);
  return { save, claim, claimBusy: claiming.busy, conflict, close: () => setConflict(undefined) };
}

type Changing = ReturnType<typeof useChange>;

interface FactsProps {
  ticket: Ticket;
  now: Date;
  trees: Trees;
  people: readonly Specialist[];
  changing: Changing;
}

interface FactProps {
  label: string;
  can: boolean | undefined;
  options: readonly Option[];
  chosen: string;
  onChoose: (id: string) => void;
  children: ComponentChildren;
}

/** A property: a list to choose from where the caller may change it, else its value alone. */
function Fact({ label, can, options, chosen, onChoose, children }: FactProps) {
  return (
    <>
      <dt>{label}</dt>
      <dd>
        {can ? (
          <Picker
            label={label}
            options={options}
            chosen={[chosen]}
            onChoose={id => id !== chosen && onChoose(id)}
            look="pick"
          >
            <span class="vh">{t('facts.change', { name: label })}</span>
            {children}
            <Icon name="down" />
          </Picker>
        ) : (
          children
        )}
      </dd>
    </>
  );
}

export function FactList({ ticket, now, trees, people, changing }: FactsProps) {
  const [dating, setDating] = useState(false);
  const { me } = useSession();
  const save = (change: TicketChange) => void changing.save(ticket, change);
  const { can } = ticket;
  const claimable = can.claim && ticket.assignee?.id !== me?.id;
  return (
    <>
      <dl class="props">
        <Fact
          label={t('ticket.status')}
          can={can.status}
          options={STATUSES.map(id => ({ id, text: t(`status.${id}`), content: <StatusTag status={id} /> }))}
          chosen={ticket.status}
          onChoose={id => save({ status: id as Status })}
        >
          <StatusTag status={ticket.status} />
        </Fact>
        <Fact
          label={t('ticket.assignee')}
          can={can.assign}
          options={assigneeOptions(people)}
          chosen={ticket.assignee?.id ?? ''}
          onChoose={id => save({ assignee_id: id === '' ? null : id })}
        >
          <Who person={ticket.assignee} />
        </Fact>
        <Fact
          label={t('ticket.priority')}
          can={can.priority}
          options={PRIORITIES.map(id => ({ id, text: t(`priority.${id}`), content: <PriorityMark priority={id} /> }))}
          chosen={ticket.priority}
          onChoose={id => save({ priority: id as Priority })}
        >
          <PriorityMark priority={ticket.priority} />
        </Fact>
        <dt>{t('ticket.due')}</dt>
        <dd>
          {can.due ? (
            <button type="button" class="pick" aria-haspopup="dialog" onClick={() => setDating(true)}>
              <span class="vh">{t('facts.change', { name: t('ticket.due') })}</span>
              <DueMark ticket={ticket} now={now} long />
              <Icon name="down" />
            </button>
          ) : (
            <DueMark ticket={ticket} now={now} long />
          )}
        </dd>
        <Fact
          label={t('ticket.kind')}
          can={can.classify}
          options={KINDS.map(id => ({ id, text: t(`kind.${id}`) }))}
          chosen={ticket.kind}
          onChoose={id => save({ kind: id as Kind, category_id: null, subcategory_id: null })}
        >
          {t(`kind.${ticket.kind}`)}
        </Fact>
        <CategoryFact ticket={ticket} categories={trees.categories} can={can} save={save} />
      </dl>
      {claimable && (
        <Button busy={changing.claimBusy} icon="user" onClick={() => void changing.claim(ticket.number)}>
          {t('ticket.claim')}
        </Button>
      )}
      {dating && (
        <DueDialog
          value={ticket.due_at ?? null}
          clearable
          onClose={() => setDating(false)}
          onChoose={due => {
            setDating(false);
            save({ due_at: due });
          }}
        />
      )}
    </>
  );
}

function assigneeOptions(people: readonly Specialist[]): Option[] {
  return [
    { id: '', text: t('unassigned') },
    ...people.map(person => ({
      id: person.id,
      text: person.name,
      content: (
        <span class="who">
          <Avatar id={person.id} name={person.name} />
          <span>
            {person.name} <span class="muted xs">{tn('facts.pending', person.pending)}</span>
          </span>
        </span>
      ),
    })),
  ];
}

interface CategoryProps {
  ticket: Ticket;
  categories: Categories | undefined;
  can: Can;
  save: (change: TicketChange) => void;
}

function CategoryFact({ ticket, categories, can, save }: CategoryProps) {
  const tree = categories?.[ticket.kind] ?? [];
  const name = categoryName(categories, ticket);
  const options = tree
    .filter(category => !category.retired)
    .flatMap(category => {
      const leaves = (category.subcategories ?? []).filter(leaf => !leaf.retired);
      const first = nameOf(category.names);
      if (leaves.length === 0) return [{ id: `${category.id}/`, text: first }];
      return leaves.map(leaf => ({
        id: `${category.id}/${leaf.id}`,
        text: t('facts.path', { first, second: nameOf(leaf.names) }),
      }));
    });
  // Without a tree there is nothing to choose and nothing to show.
  if (options.length === 0 && !name.category) return null;
  return (
    <Fact
      label={t('ticket.category')}
      can={can.classify}
      options={options}
      chosen={ticket.category_id ? `${ticket.category_id}/${ticket.subcategory_id ?? ''}` : ''}
      onChoose={id => {
        const [category, subcategory] = id.split('/');
        save({ category_id: category || null, subcategory_id: subcategory || null });
      }}
    >
      <span>
        {name.category ?? t('none')}
        {name.subcategory && (
          <>
            <br />
            <span class="muted">{name.subcategory}</span>
          </>
        )}
      </span>
    </Fact>
  );
}

export function RequesterSection({ ticket, trees }: { ticket: Ticket; trees: Trees }) {
  const place = placeNames(trees.organisation, ticket);
  const rows: [string, string | undefined][] = [
    [t('place.corporation_id'), place.corporation],
    [t('place.company_id'), place.company],
    [t('place.site_id'), place.site],
    [t('place.cost_centre_id'), place.costCentre],
  ];
  const { requester } = ticket;
  return (
    <section>
      <h2>{t('ticket.requester')}</h2>
      <div class="who person">
        <Avatar id={requester.id} name={requester.name || requester.email} large />
        <span>
          {requester.name || requester.email}
          <br />
          <span class="muted xs">{requester.email}</span>
        </span>
      </div>
      <dl class="props gap">
        {rows.map(
          ([label, value]) =>
            value && (
              <>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </>
            ),
        )}
        {ticket.cc.length > 0 && (
          <>
            <dt>{t('ticket.cc')}</dt>
            <dd>{ticket.cc.join(', ')}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

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
