import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { directory, isApiError, type Specialist, type Ticket } from '../../api/index.ts';
import { t, tn } from '../../i18n/index.ts';
import { titleOf } from '../../lib/erased.ts';
import { navigate } from '../../lib/hash-location.ts';
import { reached } from '../../lib/history.ts';
import { useResource } from '../../lib/hooks.ts';
import { useKeys } from '../../lib/keys.ts';
import { lazy, Suspense } from '../../lib/lazy.tsx';
import { listAddressBack, neighbour } from '../../lib/neighbours.ts';
import { placeNames } from '../../lib/trees.ts';
import { Button, DueMark, Moment, PriorityMark, StatusTag, useNow, Who } from '../../parts/basics.tsx';
import { ErrorBox, isGone, Skeleton, toastError } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';
import { isStaff, ticketName, useSession } from '../../state/session.ts';
import { Gone } from '../gone.tsx';
import { type DialogName, type OpenDialog, StateNotice, TicketActions } from './actions.tsx';
import { HistorySection, VerifiedBadge } from './badge.tsx';
import { type Changing, ConflictDialog, useChange } from './change.tsx';
import type { Trees } from './event-line.tsx';
import { FactList, RatingSection, RequesterSection } from './facts.tsx';
import { NeedsSignIn } from './needs-sign-in.tsx';
import { RatingCard } from './rating.tsx';
import { RelatedSection } from './related.tsx';
import { ReplyBox } from './reply.tsx';
import { Timeline } from './timeline.tsx';
import { type TicketState, useTicket, useVerification, type Verification } from './use-ticket.ts';

type Loaded = ReturnType<typeof useTicket>;

/** Prints once all of the history is on the page; a menu that is open closes first. */
async function print(loaded: Loaded): Promise<void> {
  try {
    await loaded.loadAll();
    requestAnimationFrame(() => setTimeout(() => window.print()));
  } catch (error) {
    toastError(error);
  }
}

const TicketDialog = lazy(() => import('./dialogs.tsx'));

export default function TicketScreen({ number }: { number: number }) {
  const { me } = useSession();
  const loaded = useTicket(number);
  const changing = useChange(loaded.setTicket, () => void loaded.refresh());
  const [opened, setOpened] = useState<DialogName>();
  const staff = isStaff(me);
  const ticket = loaded.state?.ticket;
  const top = staff && (
    <>
      <span class="muted num sm grow">{ticketName(number)}</span>
      {ticket && <TicketActions ticket={ticket} onOpen={setOpened} onPrint={() => void print(loaded)} />}
    </>
  );
  const back = staff ? `#${listAddressBack()}` : '#/';
  if (loaded.error !== undefined && !loaded.state) {
    if (isGone(loaded.error)) return <Gone />;
    if (isApiError(loaded.error) && loaded.error.status === 401)
      return <NeedsSignIn number={number} error={loaded.error} />;
    return (
      <Shell top={top} back={back}>
        <main id="main" class="thread" tabIndex={-1}>
          <ErrorBox error={loaded.error} onRetry={loaded.retry} />
        </main>
      </Shell>
    );
  }
  const view = loaded.state && { state: loaded.state, loaded, changing, onOpen: setOpened };
  return (
    <Shell top={top} back={back}>
      {!view ? (
        <main id="main" class="thread" tabIndex={-1}>
          <Skeleton rows={5} look="messages" />
        </main>
      ) : staff ? (
        <StaffTicket {...view} />
      ) : (
        <CustomerTicket {...view} />
      )}
      {opened && ticket && (
        <Suspense fallback={null}>
          <TicketDialog
            name={opened}
            ticket={ticket}
            changing={changing}
            onTicket={after => {
              loaded.setTicket(after);
              void loaded.refresh();
            }}
            onClose={() => setOpened(undefined)}
          />
        </Suspense>
      )}
    </Shell>
  );
}

interface ViewProps {
  state: TicketState;
  loaded: Loaded;
  changing: Changing;
  onOpen: OpenDialog;
}

/** The dialog that asks which of two values counts, where somebody else was faster. */
function Conflicts({
  loaded,
  changing,
  people = [],
  trees,
}: Pick<ViewProps, 'loaded' | 'changing'> & { people?: readonly Specialist[]; trees: Trees }) {
  if (!changing.conflict) return null;
  const { current, change } = changing.conflict;
  return (
    <ConflictDialog
      conflict={changing.conflict}
      people={people}
      trees={trees}
      onKeep={() => {
        changing.close();
        void loaded.refresh();
      }}
      onForce={() => void changing.save(current, change)}
    />
  );
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

function Thread({ state, loaded, trees, now }: Omit<ViewProps, 'changing' | 'onOpen'> & { trees: Trees; now: Date }) {
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

/** Opens what a letter stands for beside the thread, where the caller may change it. */
const openFact = (letter: string) =>
  document.querySelector<HTMLElement>(`.side [data-letter="${letter}"] button`)?.click();

function useTicketKeys(number: number): void {
  const go = (step: 1 | -1) => {
    const next = neighbour(number, step);
    if (next !== undefined) navigate(`/t/${next}`);
  };
  const back = () => navigate(listAddressBack());
  useKeys({
    '[': () => go(-1),
    ']': () => go(1),
    u: back,
    Escape: back,
    a: () => openFact('a'),
    s: () => openFact('s'),
    p: () => openFact('p'),
    d: () => openFact('d'),
  });
}

function StaffTicket({ state, loaded, changing, onOpen }: ViewProps) {
  const now = useNow();
  const { ticket } = state;
  const trees = useTrees(ticket);
  const people = useResource(() => directory.specialists(), []).data?.items ?? [];
  const check = useVerification(state);
  useTicketKeys(ticket.number);
  const facts = { ticket, now, trees, people, changing };
  const more = (
    <>
      <RequesterSection ticket={ticket} trees={trees} onOpen={onOpen} />
      <RatingSection ticket={ticket} />
      <RelatedSection ticket={ticket} onOpen={onOpen} onChanged={() => void loaded.refresh()} />
      <HistorySection check={check} />
    </>
  );
  return (
    <div class="tk">
      <main id="main" class="thread" tabIndex={-1}>
        <StateNotice ticket={ticket} now={now} onOpen={onOpen} onTicket={() => void loaded.refresh()} />
        <StaffHead ticket={ticket} now={now} check={check}>
          <PhoneFacts {...facts}>{more}</PhoneFacts>
        </StaffHead>
        <Thread state={state} loaded={loaded} trees={trees} now={now} />
      </main>
      <aside class="side" aria-label={t('facts')}>
        <section class="first">
          <FactList {...facts} />
        </section>
        {more}
      </aside>
      <Conflicts loaded={loaded} changing={changing} people={people} trees={trees} />
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
      <Heading title={`${ticketName(ticket.number)} ${titleOf(ticket)}`}>
        <span dir="auto">{titleOf(ticket)}</span>
      </Heading>
      <div class="row">
        <StatusTag status={ticket.status} />
        {ticket.due_at && <DueMark ticket={ticket} now={now} long sentence />}
        <span>{t(`kind.${ticket.kind}`)}</span>
        <VerifiedBadge number={ticket.number} check={check} />
      </div>
      {children}
    </header>
  );
}

function PhoneFacts({ children, ...facts }: Parameters<typeof FactList>[0] & { children: ComponentChildren }) {
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
          {children}
        </div>
      )}
    </details>
  );
}

function CustomerTicket({ state, loaded, changing, onOpen }: ViewProps) {
  const { me } = useSession();
  const now = useNow();
  const { ticket, history } = state;
  const trees = useTrees(ticket);
  const check = useVerification(state);
  const place = placeNames(trees.organisation, ticket);
  const where = [place.company, place.site].filter(Boolean).join(', ');
  return (
    <main id="main" class="thread" tabIndex={-1}>
      <StateNotice ticket={ticket} now={now} onOpen={onOpen} onTicket={() => void loaded.refresh()} />
      <header class="own-head">
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
        <Heading title={`${ticketName(ticket.number)} ${titleOf(ticket)}`}>
          <span dir="auto">{titleOf(ticket)}</span>
        </Heading>
        <div class="row">
          <StatusTag status={ticket.status} />
          <span>{[ticket.assignee?.name ?? t('unassigned'), where].filter(Boolean).join(' · ')}</span>
          {ticket.due_at && ticket.status !== 'resolved' && ticket.status !== 'cancelled' && (
            <DueMark ticket={ticket} now={now} long sentence />
          )}
          {ticket.cc.length > 0 && <span>{t('cc.line', { addresses: ticket.cc.join(', ') })}</span>}
          <VerifiedBadge number={ticket.number} check={check} />
        </div>
        <TicketActions ticket={ticket} onOpen={onOpen} onPrint={() => void print(loaded)} />
      </header>
      <Steps ticket={ticket} started={reached(history, 'in_process')} now={now} />
      <RatingCard ticket={ticket} onRated={() => void loaded.refresh()} />
      <Thread state={state} loaded={loaded} trees={trees} now={now} />
      <Conflicts loaded={loaded} changing={changing} trees={trees} />
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
