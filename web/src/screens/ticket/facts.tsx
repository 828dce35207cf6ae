import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import {
  type Can,
  type Categories,
  KINDS,
  type Kind,
  PRIORITIES,
  type Priority,
  type Specialist,
  STATUSES,
  type Status,
  type Ticket,
  type TicketChange,
} from '../../api/index.ts';
import { t, tn } from '../../i18n/index.ts';
import { addressOf, knownAs } from '../../lib/erased.ts';
import { listAddress, parseList } from '../../lib/list-query.ts';
import { categoryName, nameOf, placeNames } from '../../lib/trees.ts';
import { Avatar, Button, DueMark, PriorityMark, StatusTag, Who } from '../../parts/basics.tsx';
import { Icon } from '../../parts/icon.tsx';
import { type Option, Picker } from '../../parts/overlay.tsx';
import { useSession } from '../../state/session.ts';
import type { OpenDialog } from './actions.tsx';
import type { Changing } from './change.tsx';
import { DueDialog } from './due-dialog.tsx';
import type { Trees } from './event-line.tsx';
import { StarLine } from './rating.tsx';

interface FactsProps {
  ticket: Ticket;
  now: Date;
  trees: Trees;
  people: readonly Specialist[];
  changing: Changing;
}

interface FactProps {
  label: string;
  /** The letter that opens it. */
  letter?: string;
  can: boolean | undefined;
  options: readonly Option[];
  chosen: string;
  onChoose: (id: string) => void;
  children: ComponentChildren;
}

/** A property: a list to choose from where the caller may change it, else its value alone. */
function Fact({ label, letter, can, options, chosen, onChoose, children }: FactProps) {
  return (
    <>
      <dt>{label}</dt>
      <dd data-letter={letter}>
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
          letter="s"
          can={can.status}
          options={STATUSES.map(id => ({ id, text: t(`status.${id}`), content: <StatusTag status={id} /> }))}
          chosen={ticket.status}
          onChoose={id => save({ status: id as Status })}
        >
          <StatusTag status={ticket.status} />
        </Fact>
        <Fact
          label={t('ticket.assignee')}
          letter="a"
          can={can.assign}
          options={assigneeOptions(people)}
          chosen={ticket.assignee?.id ?? ''}
          onChoose={id => save({ assignee_id: id === '' ? null : id })}
        >
          <Who person={ticket.assignee} />
        </Fact>
        <Fact
          label={t('ticket.priority')}
          letter="p"
          can={can.priority}
          options={PRIORITIES.map(id => ({ id, text: t(`priority.${id}`), content: <PriorityMark priority={id} /> }))}
          chosen={ticket.priority}
          onChoose={id => save({ priority: id as Priority })}
        >
          <PriorityMark priority={ticket.priority} />
        </Fact>
        <dt>{t('ticket.due')}</dt>
        <dd data-letter="d">
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

export function RequesterSection({ ticket, trees, onOpen }: { ticket: Ticket; trees: Trees; onOpen: OpenDialog }) {
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
        <Avatar id={requester.id} name={knownAs(requester)} large />
        <span>
          <a class="plain" href={`#${requesterList(requester.id)}`} title={t('requester.tickets')}>
            {knownAs(requester)}
          </a>
          <br />
          <span class="muted xs">{addressOf(requester.email)}</span>
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
        {(ticket.cc.length > 0 || ticket.can.cc) && (
          <>
            <dt>{t('ticket.cc')}</dt>
            <dd>
              {ticket.cc.join(', ') || t('none')}
              {ticket.can.cc && (
                <Button look="ghost icon small" icon="edit" label={t('action.cc')} onClick={() => onOpen('cc')} />
              )}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

/** All tickets of somebody. */
const requesterList = (requester: string) => listAddress({ ...parseList('status=all'), requester });

/** How it was rated, in the words of screen readers and in stars. */
export function RatingSection({ ticket }: { ticket: Ticket }) {
  const { rating } = ticket;
  if (!rating) return null;
  return (
    <section>
      <h2>{t('rating')}</h2>
      <StarLine stars={rating.stars} />
      {rating.comment && (
        <p class="words gap-s" dir="auto">
          {rating.comment}
        </p>
      )}
    </section>
  );
}
