import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { directory, isApiError, type Ticket } from '../../api/index.ts';
import { t, tn } from '../../i18n/index.ts';
import { reached } from '../../lib/history.ts';
import { useResource } from '../../lib/hooks.ts';
import { placeNames } from '../../lib/trees.ts';
import { Button, DueMark, Moment, PriorityMark, StatusTag, useNow, Who } from '../../parts/basics.tsx';
import { ErrorBox, isGone, Skeleton } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';
import { isStaff, ticketName, useSession } from '../../state/session.ts';
import { Gone } from '../gone.tsx';
import { HistorySection, VerifiedBadge } from './badge.tsx';
import type { Trees } from './event-line.tsx';
import { ConflictDialog, FactList, RequesterSection, useChange } from './facts.tsx';
import { NeedsSignIn } from './needs-sign-in.tsx';
import { ReplyBox } from './reply.tsx';
import { Timeline } from './timeline.tsx';
import { type TicketState, useTicket, useVerification, type Verification } from './use-ticket.ts';

type Loaded = ReturnType<typeof useTicket>;

export default function TicketScreen({ number }: { number: number }) {
  const { me } = useSession();
  const loaded = useTicket(number);
  const staff = isStaff(me);
  const top = staff && <span class="muted num sm grow">{ticketName(number)}</span>;
  if (loaded.error !== undefined && !loaded.state) {
    if (isGone(loaded.error)) return <Gone />;
    if (isApiError(loaded.error) && loaded.error.status === 401)
      return <NeedsSignIn number={number} error={loaded.error} />;
    return (
      <Shell top={top} back="#/">
        <main id="main" class="thread" tabIndex={-1}>
          <ErrorBox error={loaded.error} onRetry={loaded.retry} />
        </main>
      </Shell>
    );
  }
  return (
    <Shell top={top} back="#/">
      {!loaded.state ? (
        <main id="main" class="thread" tabIndex={-1}>
          <Skeleton rows={5} look="messages" />
        </main>
      ) : staff ? (
        <StaffTicket state={loaded.state} loaded={loaded} />
      ) : (
        <CustomerTicket state={loaded.state} loaded={loaded} />
      )}
    </Shell>
  );
}

interface ViewProps {
  state: TicketState;
  loaded: Loaded;
}

const EMPTY: Trees = { organisation: undefined, categories: undefined };

/** Names of places and categories: asked for where the ticket has any, or where one may choose them. */
function useTrees(ticket: Ticket): Trees {
  const { me } = useSession();
  const needed =
    me !== undefined && (ticket.can.classify === true || ticket.company_id !== null || ticket.category_id !== null);
  const trees = useResource(async () => {
    if (!needed) return EMPTY;
    const [organisation, categories] = await Promise.all([directory.organisation(), directory.categories()]);
    return { organisation, categories };
  }, [needed]);
  return trees.data ?? EMPTY;
}

function News({ loaded }: { loaded: Loaded }) {
  if (loaded.news === 0) return null;
  return (
    <div class="news" role="status">
      <Button look="primary" icon="refresh" onClick={() => void loaded.refresh()}>
        {tn('ticket.news', loaded.news)}
      </Button>
    </div>
  );
}

function Thread({ state, loaded, trees, now }: ViewProps & { trees: Trees; now: Date }) {
  const { ticket, history } = state;
  return (
    <>
      <Timeline ticket={ticket} history={history} now={now} trees={trees} onOlder={loaded.loadOlder} />
      <News loaded={loaded} />
      {loaded.error !== undefined && <ErrorBox error={loaded.error} onRetry={loaded.refresh} />}
      {ticket.can.message && (
        <ReplyBox
          key={ticket.number}
          ticket={ticket}
          unseen={loaded.unseen}
          onSent={loaded.refresh}
          onShow={loaded.refresh}
        />
      )}
    </>
  );
}

function StaffTicket({ state, loaded }: ViewProps) {
  const now = useNow();
  const { ticket } = state;
  const trees = useTrees(ticket);
  const people = useResource(() => directory.specialists(), []).data?.items ?? [];
  const check = useVerification(state);
  const changing = useChange(loaded.setTicket, () => void loaded.refresh());
  const facts = { ticket, now, trees, people, changing };
  return (
    <div class="tk">
      <main id="main" class="thread" tabIndex={-1}>
        <StaffHead ticket={ticket} now={now} check={check}>
          <PhoneFacts {...facts} check={check} />
        </StaffHead>
        <Thread state={state} loaded={loaded} trees={trees} now={now} />
      </main>
      <aside class="side" aria-label={t('facts')}>
        <section class="first">
          <FactList {...facts} />
        </section>
        <RequesterSection ticket={ticket} trees={trees} />
        <HistorySection check={check} />
      </aside>
      {changing.conflict && (
        <ConflictDialog
          conflict={changing.conflict}
          people={people}
          trees={trees}
          onKeep={() => {
            changing.close();
            void loaded.refresh();
          }}
          onForce={() => changing.conflict && void changing.save(changing.conflict.current, changing.conflict.change)}
        />
      )}
    </div>
  );
}

interface HeadProps {
  ticket: Ticket;
  now: Date;
  check: Verification | undefined;
  children?: ComponentChildren;
}

function StaffHead({ ticket, now, check, children }: HeadProps) {
  return (
    <header>
      <Heading title={`${ticketName(ticket.number)} ${ticket.title}`}>
        <span dir="auto">{ticket.title}</span>
      </Heading>
      <div class="row">
        <StatusTag status={ticket.status} />
        {ticket.due_at && <DueMark ticket={ticket} now={now} long sentence />}
        <span>{t(`kind.${ticket.kind}`)}</span>
        <VerifiedBadge check={check} />
      </div>
      {children}
    </header>
  );
}

function PhoneFacts({ check, ...facts }: Parameters<typeof FactList>[0] & { check: Verification | undefined }) {
  const [open, setOpen] = useState(false);
  const { ticket } = facts;
  return (
    <details class="facts" onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>
        <Who person={ticket.assignee} />
        <span class="muted">·</span>
        <PriorityMark priority={ticket.priority} />
        <Icon name="down" />
      </summary>
      {open && (
        <div class="facts-in">
          <FactList {...facts} />
          <RequesterSection ticket={ticket} trees={facts.trees} />
          <HistorySection check={check} />
        </div>
      )}
    </details>
  );
}

function CustomerTicket({ state, loaded }: ViewProps) {
  const { me } = useSession();
  const now = useNow();
  const { ticket, history } = state;
  const trees = useTrees(ticket);
  const check = useVerification(state);
  const place = placeNames(trees.organisation, ticket);
  const where = [place.company, place.site].filter(Boolean).join(', ');
  return (
    <main id="main" class="thread" tabIndex={-1}>
      <header>
        <p class="muted sm num">
          {me && (
            <>
              <a class="plain muted" href="#/">
                {t('nav.mine')}
              </a>
              {' / '}
            </>
          )}
          {ticketName(ticket.number)}
        </p>
        <Heading title={`${ticketName(ticket.number)} ${ticket.title}`}>
          <span dir="auto">{ticket.title}</span>
        </Heading>
        <div class="row">
          <StatusTag status={ticket.status} />
          <span>{[ticket.assignee?.name ?? t('unassigned'), where].filter(Boolean).join(' · ')}</span>
          {ticket.due_at && ticket.status !== 'resolved' && ticket.status !== 'cancelled' && (
            <DueMark ticket={ticket} now={now} long sentence />
          )}
          <VerifiedBadge check={check} />
        </div>
      </header>
      <Steps ticket={ticket} started={reached(history, 'in_process')} now={now} />
      <Thread state={state} loaded={loaded} trees={trees} now={now} />
    </main>
  );
}

/** Opened, in process, resolved: how far the ticket is, for the one who waits. */
function Steps({ ticket, started, now }: { ticket: Ticket; started: string | undefined; now: Date }) {
  const resolved = ticket.status === 'resolved' ? (ticket.resolved_at ?? undefined) : undefined;
  const working = ticket.status !== 'new';
  const steps =
    ticket.status === 'cancelled'
      ? [
          { name: t('steps.opened'), at: ticket.created_at, done: true },
          { name: t('status.cancelled'), at: undefined, done: true },
        ]
      : [
          { name: t('steps.opened'), at: ticket.created_at, done: true },
          { name: t(ticket.status === 'on_hold' ? 'status.on_hold' : 'status.in_process'), at: started, done: working },
          { name: t('status.resolved'), at: resolved, done: ticket.status === 'resolved' },
        ];
  const current = steps.findLastIndex(step => step.done);
  return (
    <ol class="steps" aria-label={t('steps')}>
      {steps.map((step, index) => (
        <li key={step.name} class={step.done ? 'done' : ''} aria-current={index === current ? 'step' : undefined}>
          <b>{step.name}</b>
          {step.done && step.at ? <Moment at={step.at} now={now} /> : !step.done && <span>{t('steps.ahead')}</span>}
        </li>
      ))}
    </ol>
  );
}
